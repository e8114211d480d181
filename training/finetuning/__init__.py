"""Training the encoder itself, resumable."""
