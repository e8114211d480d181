"""Commands that suggest departments for texts."""
