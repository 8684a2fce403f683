"""Flows: what is done, in order: generators that ask for effects, and what drives them."""
