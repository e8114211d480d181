"""Whether the process runs and answers."""
