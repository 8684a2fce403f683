"""What is said twice is quoted once: in two sessions of a user, and in a block that was quoted before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tiermem.messages import Message
from tiermem.records import Hit
from tiermem.search import passages
from tiermem.search.quoting.wording import quotable, spoken
from tiermem.text import late
from tiermem.text.readable import speaker

_REFERENCE = late.compile(r"(?:\[(?:[^\[\]\n]*/)?m\d+(?:-m\d+)?\] )?")
_NOTE = late.compile(
    r"(?: \((?:(?:superseded|corrected) by|conflicts with) (?:[^\[\]\n]*/)?[mf]\d+(?:; now [^\n]*)?\))?$", re.MULTILINE
)


def once(hits: Sequence[Hit], shown: Iterable[Message] = ()) -> list[Hit]:
    """*hits*, best first, without those of another conversation that say word for word what a better hit says, or a
    message *shown* anyway."""
    if all(hit.home for hit in hits):
        return [*hits]
    said: dict[tuple[str, str], str | None] = {_saying(message): None for message in shown}
    kept: list[Hit] = []
    for hit in hits:
        where = None if hit.home else hit.session
        if hit.source or said.setdefault(_saying(hit.message), where) == where:
            kept.append(hit)
    return kept


def _saying(message: Message) -> tuple[str, str]:
    return speaker(message), " ".join(quotable(message).split())


def told(hit: Hit, block: str) -> bool:
    """Whether *block*, which was quoted before, has all that *hit* says, as a line of its own: nobody can forge one.

    In which session it was said does not matter.
    """
    if hit.source:
        said = passages.chunk_line(hit.message.sequence, hit.source, quotable(hit.message))
    else:
        said = passages.told_line(hit.message, spoken(hit.message))
    start = block.find(said)
    while start >= 0:
        before = block[block.rfind("\n", 0, start) + 1 : start]
        if _REFERENCE.fullmatch(before) and _NOTE.match(block, start + len(said)):
            return True
        start = block.find(said, start + 1)
    return False
