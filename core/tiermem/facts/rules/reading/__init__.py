"""Which sentences of a message lay something down."""
