"""The starter cases, and what the model trained on them can do."""
