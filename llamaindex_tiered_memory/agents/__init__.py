"""LlamaIndex's agents: `TieredFunctionAgent`, its run, and tools whose results are bounded."""
