"""What a run will take of a card's memory and of time, before anyone starts it (`cointeract train --plan`)."""
