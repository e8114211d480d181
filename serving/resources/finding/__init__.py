"""Search, similar matters, clusters."""
