"""What the profiles of many users say, and what one costs."""
