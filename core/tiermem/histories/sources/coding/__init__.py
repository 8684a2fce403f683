"""Agents that write code, and keep what was said and done in files."""
