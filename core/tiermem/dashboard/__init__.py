"""A screen on what a database holds: pages served to a browser on this machine, and one session as a file."""
