"""`python -m cointeract` is the `cointeract` command."""

from cointeract.cli import main

main()
