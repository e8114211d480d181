"""How fast the desk answers, with how many matters and clerks."""
