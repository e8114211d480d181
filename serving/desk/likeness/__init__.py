"""Duplicates of a matter and matters that many people bring."""
