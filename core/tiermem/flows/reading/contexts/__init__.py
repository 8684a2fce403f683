"""Contexts: what a model should read now, put together from the window, summaries and hits."""
