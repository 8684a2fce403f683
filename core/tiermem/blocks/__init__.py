"""What providers and frameworks call the same: kinds of content blocks, what is read in each, and roles. Pure."""
