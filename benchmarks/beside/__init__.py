"""This tree beside an older commit: what a question, an add, a turn and a step cost in both."""
