"""How well each message answers a question: look-ups, scores and the threshold. Pure numbers."""
