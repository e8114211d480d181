"""Full-text search over matters, on SQLite and PostgreSQL alike."""
