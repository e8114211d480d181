"""How often the answer is right, beside other methods on the same texts."""
