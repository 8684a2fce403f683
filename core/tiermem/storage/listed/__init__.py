"""What there is, a page at a time: users, sessions, what came in lately. Every query reads a bounded number of rows."""
