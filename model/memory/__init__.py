"""The resolved cases that a model remembers, found by their vectors."""
