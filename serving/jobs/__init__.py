"""Use-cases with plain arguments, for the command line, the API and background jobs alike."""
