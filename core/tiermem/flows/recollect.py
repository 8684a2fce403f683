"""Finding: candidates from keywords and vectors, the unindexed tail as it is, exact scores, neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tiermem.flows import windows
from tiermem.flows.archive import searchable
from tiermem.flows.core import Core
from tiermem.flows.effects import Compute, Embed, Flow, Read
from tiermem.index.vectors import VectorIndex
from tiermem.recall import ranking
from tiermem.recall.ranking import Terms
from tiermem.recall.words import query_terms, terms
from tiermem.records import Hit, Shown
from tiermem.settings import Scope
from tiermem.storage import archive, decisions, search
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import paint

NEAREST = 200  # messages that vector search nominates
TAIL = 5_000  # unindexed messages that are searched as they are; more wait for the index


def find(core: Core, scope: Scope, query: str, k: int) -> Flow[list[Hit]]:
    """The *k* messages that answer *query* best, with the parts of their scores. Hidden ones are never found."""
    row, _ = yield from windows.load(core, scope)
    scored = yield from scores(core, scope, row, query)
    best = scored[:k]
    found = yield from windows.bodies(core, row, (sequence for sequence, _, _ in best))
    return [Hit(message=found[s], score=score, why=why) for s, score, why in best if s in found]


def scores(core: Core, scope: Scope, row: SessionRow, query: str) -> Flow[list[tuple[int, float, dict[str, float]]]]:
    """(sequence, score, parts) of everything worth a page of context, best first."""
    question = yield Compute(lambda: query_terms(query))
    if not row.pk or not query.strip():
        return []
    words = yield from _words(row, question)
    vectors = yield from _vectors(core, scope, row, query)
    hidden = yield Read(lambda c: _hidden(c, row))
    ranked = yield Compute(lambda: ranking.rank(words, vectors, row.messages, lexical=core.lexical))
    return [one for one in ranked if one[1] >= ranking.LEAST and not _inside(hidden, one[0])]


def _words(row: SessionRow, question: Sequence[str]) -> Flow[dict[int, float]]:
    tail = yield Read(lambda c: log.read(c, row.pk, max(row.indexed, row.messages - TAIL) + 1, row.messages))
    counted = yield Read(lambda c: search.frequencies(c, row.pk, question))
    wanted = ranking.prune(counted)
    size, mean = yield Read(lambda c: archive.average_length(c, row.pk))
    nominated = yield Read(lambda c: search.nominate(c, row.pk, wanted, ranking.CANDIDATES))

    def compute() -> dict[int, float]:
        fresh = [Terms(one.sequence, terms(searchable(one))) for one in tail]
        known = [Terms(sequence, found.split()) for sequence, _, found in nominated]
        frequencies = _with_tail(counted, fresh, question)
        return ranking.bm25(question, known + fresh, frequencies, size + len(fresh), mean)

    made: dict[int, float] = yield Compute(compute)
    return made


def _with_tail(counted: Mapping[str, int], fresh: Sequence[Terms], question: Sequence[str]) -> dict[str, int]:
    sets = [set(one.terms) for one in fresh]
    return {term: counted.get(term, 0) + sum(term in one for one in sets) for term in question}


def _vectors(core: Core, scope: Scope, row: SessionRow, query: str) -> Flow[dict[int, float]]:
    """Nothing while the embedder fails: the words alone still find."""
    if not row.embedded:
        return {}
    try:
        embedded = yield Embed([query], scope, query=True)
    except Exception as error:  # noqa: BLE001  # user code; `stats` and the context say so
        core.embed_error = f"{type(error).__name__}: {error}"
        core.embed_failed_at = core.now().timestamp()
        return {}
    index = core.vectors.get((row.pk, core.embedder_name))
    if index is None or index.dimensions != len(embedded[0]):
        index = core.vectors.put((row.pk, core.embedder_name), VectorIndex(len(embedded[0])))
    if index.last < row.embedded:
        above = index.last
        rows = yield Read(lambda c: archive.vectors(c, row.pk, core.embedder_name, above))
        yield Compute(lambda: _extend(index, rows))
    found: dict[int, float] = yield Compute(lambda: index.search(embedded[0], NEAREST))
    return found


def _extend(index: VectorIndex, rows: tuple[list[int], list[bytes]]) -> None:
    fitting = [(s, v) for s, v in zip(*rows, strict=True) if len(v) == 2 * index.dimensions]
    index.add([s for s, _ in fitting], [v for _, v in fitting])


def _hidden(connection: Any, row: SessionRow) -> list[tuple[int, int]]:
    made = decisions.journal(connection, row.pk, kinds=("hide", "restore"))
    if not any(one.kind == "hide" for one in made):
        return []
    return [(p.first, p.last) for p in paint(1, row.messages, made, {}) if p.shown is Shown.HIDDEN]


def _inside(ranges: Sequence[tuple[int, int]], sequence: int) -> bool:
    return any(first <= sequence <= last for first, last in ranges)
