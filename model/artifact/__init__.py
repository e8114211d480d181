"""Model folders: what is written, what is checked before a line of it is believed."""
