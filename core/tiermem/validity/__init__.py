"""What is known of a user, and when it holds: facts of all conversations, and those that an application states."""
