"""LangChain's chains: message history, classic memory, and both retrievers."""
