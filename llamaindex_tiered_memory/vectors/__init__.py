"""A `BasePydanticVectorStore` of LlamaIndex behind the archive."""
