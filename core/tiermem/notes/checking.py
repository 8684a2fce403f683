"""What may stand in a note: lines of text, lists of them, references. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from tiermem.errors import InvalidMessage, brief_repr
from tiermem.validity.telling import text_of

LONGEST_NAME = 200  # characters of what a note goes by
LONGEST_LINE = 1_000  # of a line in it
MOST = 40  # steps, preconditions, related things or sources


def line(given: Any, name: str, most: int = LONGEST_LINE, *, needed: bool = True) -> str:
    """*given* on one line.

    Raises:
        InvalidMessage: it is no text, too long, or empty where something is *needed*.
    """
    if not needed and isinstance(given, str) and not given.strip():
        return ""
    return text_of(given, name, most=most)


def lines(given: Any, name: str, *, needed: bool = False) -> tuple[str, ...]:
    """*given*, some texts, each on one line.

    Raises:
        InvalidMessage: it is one text, or none of them, or too many.
    """
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise InvalidMessage(f"{name} must be a list of texts, not {brief_repr(given)}")
    found = tuple(line(one, f"{name} {number}") for number, one in enumerate(given, 1))
    if len(found) > MOST or (needed and not found):
        raise InvalidMessage(f"{name} must be {1 if needed else 0} to {MOST} texts, not {len(found)}")
    return found


def share(given: Any, name: str) -> float | None:
    """A number from 0 to 1, or None where nobody says one.

    Raises:
        InvalidMessage: it is something else.
    """
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= 1:
        raise InvalidMessage(f"{name} must be a number from 0 to 1, not {brief_repr(given)}")
    return float(given)


def key_of(name: str) -> str:
    """The form by which two names are one: width, case and blanks make no other thing of it."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
