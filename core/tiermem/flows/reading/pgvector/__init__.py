"""How near passages are, asked of pgvector instead of an index in RAM."""
