"""Messages as they are stored, one row each."""
