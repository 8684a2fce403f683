"""What the graph of a user's names brings to a search, and what it costs."""
