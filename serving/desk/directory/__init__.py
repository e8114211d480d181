"""The directory of a running service: importing a list, renamings, successors."""
