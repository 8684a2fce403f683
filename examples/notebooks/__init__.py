"""Two notebooks, and what runs them."""
