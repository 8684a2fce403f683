"""What a memory still knows of a long conversation: ours and the frameworks' own, asked the same questions."""
