"""From tables of cases to models: reading, training, evaluating, comparing, keeping."""
