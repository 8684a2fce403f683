"""What a vector database of the user's offers to the archive: `VectorStore`."""
