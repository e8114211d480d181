"""Figures of a model on cases it has not seen, and the report of them."""
