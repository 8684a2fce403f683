"""LangGraph's store: `TieredMemoryStore` over the items of a memory."""
