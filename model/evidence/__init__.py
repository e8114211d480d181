"""Why the first answer: the words that weighed, similar cases, duties, and what would change it."""
