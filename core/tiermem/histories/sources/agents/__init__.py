"""Frameworks of agents and memories, and what watches them."""
