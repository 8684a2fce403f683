"""The command line: `tiermem`."""
