"""Reading: search, recall and contexts, in order, as generators of effects."""
