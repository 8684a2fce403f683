"""The chain of a session: each message and each decision carries a hash that rests on all before it."""
