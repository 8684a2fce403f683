"""What the agents of both frameworks need: the view of a call, what is remembered between calls, the limit."""
