"""What is counted of a user's talk: a row a conversation, and sums over all of them."""
