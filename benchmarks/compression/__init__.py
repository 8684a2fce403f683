"""What compression keeps of a conversation, by ratio."""
