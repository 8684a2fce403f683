"""Whether names that are near those of a question help to find what answers it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

from benchmarks.recall.conversations import Conversation, Question
from benchmarks.report import show
from tiermem import Memory, Session
from tiermem.graph import Graph, Near
from tiermem.text.entities import entities

KS = (10, 20, 40)
NEAR, HOPS = 3, 2
Find = Callable[[Session, Graph, Question, Sequence[Near], int], list[str]]


def plain(session: Session, graph: Graph, question: Question, near: Sequence[Near], k: int) -> list[str]:
    """The best k as they are."""
    return [hit.message.id for hit in session.search(question.text, k)]


def names_along(session: Session, graph: Graph, question: Question, near: Sequence[Near], k: int) -> list[str]:
    """The best k for the question with the near names behind it."""
    asked = " ".join([question.text, *(one.name for one in near)])
    return [hit.message.id for hit in session.search(asked, k)]


def messages_along(session: Session, graph: Graph, question: Question, near: Sequence[Near], k: int) -> list[str]:
    """The best four fifths of k, then what relates the near names, then the others."""
    found = plain(session, graph, question, near, k)
    sources = dict.fromkeys(ref for one in near for step in one.path for ref in step.sources)
    told = [session.expand(ref).messages[0].id for ref in sources]
    return list(dict.fromkeys([*found[: k * 4 // 5], *told, *found]))[:k]


PLAIN, TOO = "as it is", "of speakers too"
WAYS: dict[str, Find] = {
    PLAIN: plain,
    "near names": names_along,
    "near messages": messages_along,
    f"near names, {TOO}": names_along,
    f"near messages, {TOO}": messages_along,
}


def near_to(graph: Graph, question: Question, speakers: Iterable[str], *, without: Iterable[str]) -> list[Near]:
    """The names nearest to those that *question* names, but for those who speak; nothing is near those *without*."""
    said_by, skipped = ({name.casefold() for name in names} for names in (speakers, without))
    named = [name for name in entities(question.text) if name.casefold() not in skipped]
    found = [one for name in named for one in graph.near(name, HOPS, 20) if one.name.casefold() not in said_by]
    best = {one.name: one for one in sorted(found, key=lambda one: one.score)}
    return sorted(best.values(), key=lambda one: -one.score)[:NEAR]


def asked(
    data: Iterable[Conversation],
) -> tuple[dict[str, dict[tuple[str, int], list[float]]], dict[tuple[str, str], list[bool]]]:
    """By kind and by (way, k) the share of evidence for each question; and by (kind, way) whether anything was near."""
    shares: dict[str, dict[tuple[str, int], list[float]]] = {}
    reached: dict[tuple[str, str], list[bool]] = {}
    for one in data:
        with Memory.open(":memory:") as memory:
            session, graph = memory.session("s", "anna"), memory.graph("anna")
            session.add(list(one.messages))
            session.index()
            speakers = {message.name for message in one.messages if message.name}
            for question in (question for question in one.questions if question.evidence):
                near = near_to(graph, question, speakers, without=speakers)
                every = near_to(graph, question, speakers, without=())
                for way, find in WAYS.items():
                    close = every if way.endswith(TOO) else near
                    reached.setdefault((question.category, way), []).append(bool(close) and way != PLAIN)
                    for k in KS:
                        found = {*find(session, graph, question, close, k)}
                        share = len(found & {*question.evidence}) / len(question.evidence)
                        shares.setdefault(question.category, {}).setdefault((way, k), []).append(share)
    return shares, reached


def recall(data: Iterable[Conversation], *, markdown: bool) -> None:
    """Prints a line for each kind of question and each way."""
    shares, reached = asked(data)
    rows = []
    for kind in sorted(shares):
        for way in WAYS:
            means = [f"{100 * statistics.fmean(shares[kind][way, k]):.1f}" for k in KS]
            rows.append([kind, str(len(reached[kind, way])), way, str(sum(reached[kind, way])), *means])
    show(
        "Recall", ["questions", "number", "asked", "with near names", *(f"of {k}" for k in KS)], rows, markdown=markdown
    )
