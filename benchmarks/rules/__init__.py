"""Whether what a user laid down is still in the context after many compactions, beside the memories it replaces."""
