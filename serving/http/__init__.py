"""What every request passes: access, limits, problems, and the service behind it."""
