"""Tables of cases and texts: files, columns and cells read; results written."""
