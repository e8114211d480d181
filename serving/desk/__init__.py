"""What people do with a matter: take it in, decide, return, merge, follow it until it is solved."""
