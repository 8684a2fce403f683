"""The messages that an extractor is asked about at once."""

from __future__ import annotations

from collections.abc import Iterable

from tiermem.messages import Message


class ExtractionBatch(list[Message]):
    """Messages of one conversation, in order, as whoever extracts facts is given them: a list like any other.

    Args:
        messages: those that are read, and before them a few that were read already and say what is spoken of.
        first: number of the first of which facts are wanted.
        known: what is known of the user so far, a line each ("user · home: Oslo"), so that a newer value gets the same
            attribute.
    """

    def __init__(self, messages: Iterable[Message] = (), first: int = 1, known: Iterable[str] = ()) -> None:
        super().__init__(messages)
        self.first = first
        self.known = tuple(known)
