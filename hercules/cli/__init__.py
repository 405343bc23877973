"""The command line. Its modules import typer alone; each command imports what it runs."""
