"""Words of a user of very many messages, which stay in the database: how they are stored and what a question has."""
