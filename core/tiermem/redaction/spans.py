"""Which characters of a text leave it, and what stands in their place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class EntitySpan(NamedTuple):
    """Characters `start` to `end` of a text, the end left out, and what they are: "EMAIL_ADDRESS"."""

    start: int
    end: int
    kind: str


def merged(spans: Iterable[EntitySpan], length: int) -> list[EntitySpan]:
    """*spans* of a text of *length* characters in order, none within another; where some overlap, all that they cover
    leaves, as what the longest of them is.

    Raises:
        ValueError: one begins or ends outside of the text, or is empty.
    """
    made: list[EntitySpan] = []
    longest = 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not 0 <= span.start < span.end <= length:
            raise ValueError(f"characters {span.start} to {span.end} are no part of a text of {length}")
        size = span.end - span.start
        if made and span.start < made[-1].end:
            kind = span.kind if size > longest else made[-1].kind
            made[-1] = EntitySpan(made[-1].start, max(made[-1].end, span.end), kind)
            longest = max(longest, size)
        else:
            made.append(EntitySpan(*span))
            longest = size
    return made


def replaced(text: str, spans: Sequence[EntitySpan], instead: Callable[[str, str], str]) -> str:
    """*text* with `instead(kind, words)` in place of each of *spans*, which are in order and do not overlap."""
    parts, at = [], 0
    for start, end, kind in spans:
        parts += [text[at:start], instead(kind, text[start:end])]
        at = end
    return "".join([*parts, text[at:]])
