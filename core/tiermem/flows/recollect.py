"""Finding: every message scored by its words, the stretch of talk around it and its vector; the best ones read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tiermem.flows import windows
from tiermem.flows.archive import spoken
from tiermem.flows.core import Core
from tiermem.flows.effects import Compute, Embed, Flow, Read
from tiermem.index.postings import WordIndex
from tiermem.index.vectors import VectorIndex
from tiermem.recall import ranking
from tiermem.recall.dates import nearness
from tiermem.recall.ranking import Asked
from tiermem.recall.words import query_terms
from tiermem.records import Hit, Shown
from tiermem.settings import Scope
from tiermem.storage import archive, decisions, search
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import paint

NEAREST = 200  # messages that vector search nominates
TAIL = 5_000  # unindexed messages that one question reads as they are; more wait for the index


def find(core: Core, scope: Scope, query: str, k: int) -> Flow[list[Hit]]:
    """The *k* messages that answer *query* best, with the parts of their scores. Hidden ones are never found."""
    row, _ = yield from windows.load(core, scope)
    best = yield from scores(core, scope, row, query, k)
    found = yield from windows.bodies(core, row, (sequence for sequence, _, _ in best))
    return [Hit(message=found[s], score=score, why=why) for s, score, why in best if s in found]


def scores(
    core: Core, scope: Scope, row: SessionRow, query: str, limit: int, without: frozenset[int] = frozenset()
) -> Flow[list[tuple[int, float, dict[str, float]]]]:
    """(sequence, score, parts) of the *limit* best messages worth a page of context, best first."""
    question = yield Compute(lambda: ranking.telling(query_terms(query)))
    if not row.pk or not query.strip() or limit <= 0:
        return []
    index, counted = yield from _words(core, row, question)
    vectors = yield from _vectors(core, scope, row, query)
    hidden = yield Read(lambda c: _hidden(c, row))

    def compute() -> list[tuple[int, float, dict[str, float]]]:
        talk = index.talk(row.messages)
        postings = index.postings(question, row.messages, counted)
        asked = Asked(question, vectors, core.lexical, nearness(query, talk.said))
        out = without.union(*(range(first, last + 1) for first, last in hidden))
        return ranking.rank(talk, postings, asked, limit, out)

    made: list[tuple[int, float, dict[str, float]]] = yield Compute(compute)
    return made


def _words(core: Core, row: SessionRow, question: Sequence[str]) -> Flow[tuple[WordIndex, Mapping[str, int]]]:
    """All words of the session; of a very long one, those of messages that hold the question's rarest terms."""
    if row.messages > ranking.WHOLE:
        return (yield from _nominated(row, question))
    index = core.words.get(row.pk) or core.words.put(row.pk, WordIndex())
    above = index.last
    if above < row.indexed:
        rows = yield Read(lambda c: archive.words(c, row.pk, above))
        yield Compute(lambda: index.add(rows))
    first = max(index.last, row.indexed) + 1
    if first <= row.messages:
        tail = yield Read(lambda c: log.read(c, row.pk, first, min(first + TAIL - 1, row.messages)))
        yield Compute(lambda: index.add(spoken(tail)))
    return index, {}


def _nominated(row: SessionRow, question: Sequence[str]) -> Flow[tuple[WordIndex, Mapping[str, int]]]:
    index = WordIndex()
    counted = yield Read(lambda c: search.frequencies(c, row.pk, question))
    wanted = ranking.rarest(counted)
    rows = yield Read(lambda c: search.nominate(c, row.pk, wanted, ranking.CANDIDATES))
    tail = yield Read(lambda c: log.read(c, row.pk, max(row.indexed, row.messages - TAIL) + 1, row.messages))
    yield Compute(lambda: index.add([*rows, *spoken(tail)]))
    return index, counted


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
    core.embed_error = ""
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
