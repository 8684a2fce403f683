"""Statements whose facts are known, and how well the rules read them."""
