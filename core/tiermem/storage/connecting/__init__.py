"""How a database is reached: who waits for a connection, what errors mean, and what became of a commit."""
