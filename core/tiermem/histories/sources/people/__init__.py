"""Programs in which people talk with one another, and plain tables and transcripts."""
