"""Matters: registering, listing, deciding, handling, their history."""
