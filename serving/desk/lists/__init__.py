"""Lists of matters: what is wanted, in which order, page by page."""
