"""How English states facts, of people and of things. Pure."""
