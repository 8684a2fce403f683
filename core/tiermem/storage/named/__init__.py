"""Names by sentence, kept: a row for each stretch of messages that was read."""
