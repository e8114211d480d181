"""Directories of departments: read from a table, inferred from cases, grown with them."""
