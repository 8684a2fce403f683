"""Text: terms for the index, sentences, entities, splitting, clipping, cleaning. Pure."""
