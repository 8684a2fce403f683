"""A server of the Model Context Protocol: the memory tools, documents and profile of one user, for any client."""
