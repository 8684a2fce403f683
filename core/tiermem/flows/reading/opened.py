"""What a reference stands for: a message, a summary, or a chunk of the user's documents."""

from __future__ import annotations

import re
from functools import partial

from tiermem.flows.effects import Flow, Read
from tiermem.flows.writing import decide
from tiermem.knowledge import adding
from tiermem.messages import Message
from tiermem.records import Original
from tiermem.settings import Scope

_CHUNK = re.compile(r"d(\d{1,18})")
_NOTED = ("source", "chunk", "chunks", "start", "end")


def expand(scope: Scope, ref: str) -> Flow[Original]:
    """`review.expand`, and for "d12" that chunk, with where it is from in its note.

    Raises:
        UnknownReference: neither this session nor this user's documents know it.
    """
    match = _CHUNK.fullmatch(ref) if isinstance(ref, str) else None
    if match:
        found, hidden = yield Read(partial(adding.chunk, scope=scope, number=int(match[1])))
        if found is not None:
            return _chunk(ref, found, hidden)
    return (yield from decide.expand(scope, ref))


def _chunk(ref: str, found: Message, hidden: bool) -> Original:  # private
    note = {"hidden": [ref]} if hidden else {}
    note |= {name: found.state[name] for name in _NOTED if name in found.state}
    return Original(ref=ref, messages=(found,), note=note | {"title": found.name or ""})
