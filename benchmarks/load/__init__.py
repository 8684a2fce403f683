"""How much load a database and its processes take before they break, and what that means for many users."""
