"""A text read for compression: clauses, their layers, details, and what of a sentence can be left out. Pure."""
