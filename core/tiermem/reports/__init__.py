"""What tiermem says of its own state."""
