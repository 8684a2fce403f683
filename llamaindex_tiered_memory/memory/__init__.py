"""LlamaIndex's memory: `TieredChatMemory`, its options, dumps, chat stores and what it loads."""
