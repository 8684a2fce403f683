"""An original opened for a model only as far as it matters: the sentences for its question, or what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from tiermem.compression.opening import Detail, opened
from tiermem.compression.reading.clauses import material_of
from tiermem.flows.effects import Compute, Flow
from tiermem.messages import Message
from tiermem.search import answers
from tiermem.text.clipping import Count
from tiermem.text.documents import ROLE

DETAILS: Final = ("auto", "line", "gist", "passages", "original")
TRIES: Final = 4  # a text made safe to quote may have a few tokens more than it was given room for


def wanted(query: str, detail: str) -> Detail | None:
    """The level that is meant: with a question passages, without one, or where all is asked for, None."""
    if detail in {"line", "gist", "passages"}:
        return detail  # type: ignore[return-value]
    return "passages" if query and detail != "original" else None


def matter(
    found: Sequence[Message], ref: str, before: str, query: str, detail: Detail, budget: int, count: Count
) -> Flow[str]:
    """What of *found*, opened by *ref* of the session *before*, matters for *query*, as one block within *budget*
    tokens; "" where nothing fits."""
    named = [(ref if one.role == ROLE else f"{before}m{one.sequence}", one) for one in found]
    text: str = yield Compute(partial(_fitting, named, f"{before}{ref}", query, detail, budget, count))
    return text


def _fitting(
    named: Sequence[tuple[str, Message]], ref: str, query: str, detail: Detail, budget: int, count: Count
) -> str:
    material = material_of(named, count)
    room = budget - count(answers.excerpted("", ref, detail))
    for _ in range(TRIES):
        refs, text, told = opened(named, query, detail, max(1, room), count, material)
        block = answers.excerpted(text, ref, told)
        over = count(block) - budget
        if not refs or not text or over <= 0:
            return block if refs and text else ""
        room -= over + 1
    return ""
