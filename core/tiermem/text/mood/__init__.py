"""How somebody feels, told by the words they use."""
