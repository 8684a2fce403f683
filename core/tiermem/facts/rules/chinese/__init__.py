"""What is laid down in Chinese."""
