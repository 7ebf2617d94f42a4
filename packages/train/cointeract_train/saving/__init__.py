"""A run's state on disk: written by all processes together, whole or not at all, and read back by any number of them."""
