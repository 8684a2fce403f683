"""All development sets in one table: recall, contexts, what a block says itself, silence; by one command."""
