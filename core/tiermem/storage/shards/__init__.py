"""Whose row each is, for servers that lay tables out by user: one number, in every key and in every condition."""
