"""One matter: taking it in, deciding, returning, merging, closing."""
