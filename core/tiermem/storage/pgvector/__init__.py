"""Vectors of passages as pgvector searches them, inside a PostgreSQL database."""
