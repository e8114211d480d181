"""Deadlines: the rules, the files they come from, the days that count."""
