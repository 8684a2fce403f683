"""Facts in sentences: figures, states and wishes, and which newer one supersedes an older. Pure."""
