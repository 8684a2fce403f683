"""What readers of histories share: files, conversations, trees, blocks of words, steps, times; and the protocol."""
