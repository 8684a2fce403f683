"""How a question reads the words of a user of very many messages."""
