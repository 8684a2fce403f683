"""Who compares vectors with a question: the choices of `Memory.open(vector_index=…)`."""

RAM = "ram"  # `index/vectors.py`, filled from the database
EXACT, HNSW = "pgvector-exact", "pgvector-hnsw"  # the database itself
KINDS = (RAM, EXACT, HNSW)
