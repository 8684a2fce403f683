"""Writing: adding, compacting, summarising, deciding, committing."""
