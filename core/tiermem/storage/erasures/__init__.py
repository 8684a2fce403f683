"""Erasing, as rows: sessions and items taken from their user, and single messages made tombstones."""
