"""Indexes in memory: postings of words, vectors, and the caches that hold them."""
