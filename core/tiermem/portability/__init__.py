"""A user's data on the move: everything held of one user as a file, and from such a file into a database."""
