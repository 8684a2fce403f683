"""Times: spans of time in English and Chinese text, and how near they lie. Pure."""
