"""Databases and vector stores: a move from one to another, and the same questions of several."""
