"""A `VectorStore` of LangChain behind the archive."""
