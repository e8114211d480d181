"""Statistics and the risk of a return."""
