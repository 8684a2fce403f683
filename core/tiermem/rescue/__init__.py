"""What can still be read of a damaged database, in a fresh one."""
