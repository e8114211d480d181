"""The models of a home, which of them serves, and the units on trial."""
