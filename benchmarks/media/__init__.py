"""What pictures in a conversation cost, and whether they are found by their captions."""
