"""The conversations of a user: turns, newest first; what each is about; what the user talks about. CountedTalk."""
