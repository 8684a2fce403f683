"""Indexing: words and vectors of what was added, from a watermark."""
