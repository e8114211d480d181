"""How alike two matters are: fingerprints, comparison, lookup keys and groups."""
