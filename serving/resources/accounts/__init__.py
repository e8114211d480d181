"""Logging in, people, tokens."""
