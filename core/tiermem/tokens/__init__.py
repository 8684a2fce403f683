"""Tokens: counting them, and estimating where no tokenizer is at hand. Pure."""
