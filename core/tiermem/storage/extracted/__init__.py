"""What extractors read of messages, as rows."""
