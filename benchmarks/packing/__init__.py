"""Programs that build the tables which the package carries."""
