"""Asking the model, and what the model is."""
