"""What the lines of a profile say, in which order, and what was decided about them. Pure."""
