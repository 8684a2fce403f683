"""What is laid down in English."""
