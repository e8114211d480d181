"""The fronts: command line, API, console."""
