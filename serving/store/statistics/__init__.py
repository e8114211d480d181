"""Counts over all matters, kept in memory as arrays."""
