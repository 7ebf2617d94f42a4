"""The `cointeract` command: thin, no logic of its own."""
