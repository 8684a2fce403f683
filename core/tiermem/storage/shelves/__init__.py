"""The rows of `tiermem_shelf`."""
