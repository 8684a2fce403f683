"""What levels of detail bring to small contexts."""
