"""Search: how a question and a message match, are scored, chosen, and quoted. Pure."""
