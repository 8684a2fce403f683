"""The bytes of media: stored once a user, put back into messages, gone with the last message that refers to them."""
