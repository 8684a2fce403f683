"""Collections of conversations."""
