"""What clerks and departments do with a matter, and the rules they follow."""
