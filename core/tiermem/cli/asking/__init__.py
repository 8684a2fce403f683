"""What a command does that asks of a chat how well it is remembered."""
