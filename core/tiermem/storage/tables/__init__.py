"""Tables that need a file of their own; the others are in `storage/schema.py`."""
