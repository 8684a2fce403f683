"""Summaries: what a model is asked for and what is accepted, and the summary by rules. Pure."""
