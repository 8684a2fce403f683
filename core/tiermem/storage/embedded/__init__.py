"""Vectors of passages, as rows."""
