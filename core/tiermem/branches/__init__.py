"""Forks of a conversation, and going back in it: what was said is shared, nothing is copied and nothing is lost."""
