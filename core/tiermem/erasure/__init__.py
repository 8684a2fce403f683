"""Erasing: what was said is removed, with all that was derived of it, and the receipt that proves it."""
