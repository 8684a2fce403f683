"""How names and times are stored."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b


def encoded(name: str) -> bytes:
    """The stored form of a name: exact, also with lone surrogates."""
    return name.encode("utf-8", "surrogatepass")


def decoded(name: bytes) -> str:
    """The inverse of `encoded`; what is damaged is shown by its bytes, so that it hides no other name."""
    try:
        return bytes(name).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return bytes(name).decode("utf-8", "backslashreplace")


def key_of_names(*parts: bytes) -> bytes:
    """The key of a user (`owners.key_of`), by the names of tenant and user as they are stored."""
    return blake2b(b"".join(b"%d:%b" % (len(part), part) for part in parts), digest_size=16).digest()


def moment(stored: object) -> datetime | None:
    """A time as it is stored, or None where it is damaged: no words hang on it."""
    try:
        return datetime.fromisoformat(stored)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return None
