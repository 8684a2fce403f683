"""Databases of other programs: their rows as JSON, for the readers of such rows."""
