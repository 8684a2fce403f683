"""Faces: what an application holds of a user, one that blocks and one with `await`."""
