"""Looking around in a database: who and what there is, a page at a time, and why messages are shown as they are."""
