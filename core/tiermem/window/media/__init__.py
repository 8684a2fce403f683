"""Media in what is shown: in words, once a context, or with their bytes again."""
