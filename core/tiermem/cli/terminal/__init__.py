"""What the commands print with: text made harmless, tables, JSON documents."""
