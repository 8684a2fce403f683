"""Which words tell what talk is about."""
