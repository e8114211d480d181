"""Pages for the people who use it: templates and static files."""
