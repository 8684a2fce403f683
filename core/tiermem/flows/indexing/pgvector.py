"""The table that pgvector searches, seen to in the background: what somebody removed there is put back.

Its rows are written and removed with those of `tiermem_vector`, so it lacks nothing unless somebody changed it by other
means. Where each question scores all of a session that is seen at once; where an index names some of very many, a
stretch is looked at after each question (`index/outside/rounds.py`).
"""

from __future__ import annotations

from functools import partial

from tiermem.flows.effects import Flow, Transact
from tiermem.flows.services import Core
from tiermem.index.outside.kinds import HNSW, RAM
from tiermem.storage.embedded.vectors import Watermark
from tiermem.storage.pgvector import extension, rows
from tiermem.storage.sessions import SessionRow

STRETCH = 2_000  # messages that are looked at in one transaction


def step(core: Core, row: SessionRow, mark: Watermark) -> Flow[bool]:
    """Look at the next stretch of a session; True where there is more to look at."""
    if core.vector_index == HNSW and mark.probe and mark.key not in core.indexed:
        yield Transact(partial(extension.indexed, key=mark.key, dimensions=len(mark.probe) // 2))
        core.indexed.add(mark.key)
    place = (int(row.pk), mark.key)
    above = core.rounds.due(place)
    if above is None:
        return False
    mended = yield Transact(partial(rows.mend, pk=place[0], key=mark.key, above=above, messages=STRETCH))
    return core.rounds.compared(place, above + STRETCH, mark.through or 0, missing=any(mended))


def behind(core: Core, pk: int, mark: Watermark) -> bool:
    """Whether the background has something to look at in a session."""
    return core.vector_index != RAM and core.rounds.due((int(pk), mark.key)) is not None
