"""What each program writes: one file a program."""
