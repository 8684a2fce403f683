"""Forks as rows: what they share, and what of a journal they begin with."""
