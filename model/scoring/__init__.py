"""From a batch of texts to calibrated probabilities and ranked units."""
