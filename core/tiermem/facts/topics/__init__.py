"""What a text may state facts of, told by single words, long before a clause of it is read. Pure."""
