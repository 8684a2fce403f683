"""LangChain's agents: the middleware, and how a session follows an agent's state."""
