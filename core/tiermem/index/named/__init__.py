"""Names by sentence, as they are kept."""
