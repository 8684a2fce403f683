"""All of an answer as plain values, told by a child process: with nothing but what the trees have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Answering:
    """The verbs of a child that tell all of an answer; a part of `benchmarks.beside.child.Work`."""

    memory: Any

    def talk(self, file: str, talks: str, number: int) -> None:
        """Open *file* with the first *number* conversations of *talks*, a session each."""
        from benchmarks.recall import conversations
        from tiermem import Memory

        self.memory = Memory.open(file)
        self.told = conversations.read(Path(talks))[:number]
        for place, talk in enumerate(self.told):
            session = self.memory.session(f"s{place}", namespace="anna")
            session.add(talk.messages)
            session.index()

    def questions(self) -> list[str]:
        """Those of the conversations, in turns."""
        several = [[one.text for one in talk.questions] for talk in self.told]
        return [one for together in zip(*several, strict=False) for one in together]

    def hide(self, first: int, last: int) -> None:
        """Forget messages of the first session."""
        session = self.memory.session("s0", namespace="anna")
        for number in range(first, last):
            session.forget(f"m{number}")

    def answers(self, question: str, budgets: Sequence[int]) -> Mapping[str, list[Any]]:
        """All that is answered to *question*, by verb and budget, as plain values."""
        session = self.memory.session("s0", namespace="anna")
        said: dict[str, list[Any]] = {}
        for within in ("conversation", "user"):
            reach: Any = {"within": within}
            for budget in budgets:
                whole = session.context(question, budget, **reach)
                said[f"context {budget} {within}"] = _context(whole)
                block = session.recall(question, budget // 2, **reach)
                said[f"recall {budget // 2} {within}"] = [block.text, block.tokens, block.likely, *_hits(block.hits)]
            said[f"search {within}"] = _hits(session.search(question, k=10, explain=True, **reach))
        steady = session.context(question, budgets[0], steady=True)
        brief = session.context(question, budgets[1], until="sufficient", levels=True)
        return said | {"steady": _context(steady), "sufficient": _context(brief)}


def _context(context: Any) -> list[Any]:
    pieces = [
        [
            one.kind,
            one.tier,
            one.tokens,
            one.shown,
            one.refs,
            one.clipped,
            one.score,
            one.message.role,
            one.message.text,
        ]
        for one in context.pieces
    ]
    return [*pieces, context.tokens, context.asked, str(context.likely), *_hits(context.hits)]


def _hits(hits: Any) -> list[Any]:
    return [(*_found(one), one.superseded_by, one.conflicts_with, one.holds, one.current, one.reason) for one in hits]


def _found(hit: Any) -> tuple[Any, ...]:
    said = hit.message.id, str(hit.message.when)
    return hit.ref, hit.score, [*hit.why.items()], hit.home, hit.session, hit.source, *said
