"""A text as it is read: folded, masked, cut into words, its places recognised."""
