"""How Chinese states facts, of people and of things. Pure."""
