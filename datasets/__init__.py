"""Data only: topics, the directory of departments, places, lexicons and the starter cases."""
