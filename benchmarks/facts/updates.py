"""What contexts say of values that are out of date: questions of BEAM about updates and contradictions.

    python -m benchmarks.facts.updates beam-100K.jsonl.gz beam-500K.jsonl.gz [--show]

Of a question's evidence the newest message has what holds now, those before have what held. Counted is, by budget, how
often the newest is in view, or what it says stands behind an older one; how many older ones are quoted, and how many of
these are marked; and all other marks, which `--show` prints, to be read: none of these may be wrong.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.recall.conversations import Conversation, Question, read
from tiermem import Context, Memory, Session

KINDS = ("knowledge_update", "contradiction_resolution")
BUDGETS = (1_024, 4_096)
_NOTE = re.compile(r" \((?:superseded by|corrected by) (?:[^\[\]\n]*/)?m\d+[^\n]*\)$", re.MULTILINE)


def asked(conversation: Conversation, session: Session) -> Iterator[tuple[Question, int, Context]]:
    """Each question of the two kinds, with its context at each budget."""
    for question in conversation.questions:
        if question.category in KINDS and question.evidence:
            for budget in BUDGETS:
                yield question, budget, session.context(question.text, budget)


def counted(conversation: Conversation, question: Question, context: Context) -> tuple[Counter[str], list[str]]:
    """The counts of one context, and the marks that are about something else."""
    places = {one.id: f"m{number}" for number, one in enumerate(conversation.messages, start=1)}
    evidence = sorted((places[ident] for ident in question.evidence), key=lambda ref: int(ref[1:]))
    newest, older = evidence[-1], evidence[:-1]
    marks = {hit.ref: hit for hit in context.hits if hit.superseded_by or hit.conflicts_with}
    to = {ref: hit.superseded_by or hit.conflicts_with for ref, hit in marks.items()}
    seen = {ref for piece in context.pieces for ref in piece.refs}
    quoted = {hit.ref for hit in context.hits}
    written = sum(len(_NOTE.findall(piece.message.text)) for piece in context.pieces if piece.kind == "recalled")
    counts = Counter(
        questions=1,
        current=newest in seen or any(to.get(ref) == newest for ref in older),
        quoted=sum(ref in quoted for ref in older),
        marked=sum(ref in to for ref in older),
        others=sum(ref not in older for ref in to),
        written=written,
        marks=len(to),
    )
    said = [f"{ref}: {hit.message.text[:700]!r}\n    -> {_told(hit)}" for ref, hit in marks.items() if ref not in older]
    return counts, said


def _told(hit: object) -> str:
    return " ".join(
        f"{name}={value!r}"
        for name in ("superseded_by", "conflicts_with", "holds")
        if (value := getattr(hit, name, ""))
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What contexts say of values that are out of date")
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--show", action="store_true", help="the marks that are about something else")
    chosen = parser.parse_args(arguments)
    counts: dict[tuple[str, str, int], Counter[str]] = {}
    shown: dict[str, None] = {}
    spent = 0.0
    for path in chosen.data:
        for conversation in read(path):
            with Memory.open(":memory:", enable_context_management=False) as memory:
                session = memory.session(conversation.id)
                session.add(conversation.messages)
                session.index()
                began = time.process_time()
                for question, budget, context in asked(conversation, session):
                    key = (path.name.split(".")[0], question.category, budget)
                    found, said = counted(conversation, question, context)
                    counts.setdefault(key, Counter()).update(found)
                    shown |= dict.fromkeys(f"{conversation.id} {one}" for one in said)
                spent += time.process_time() - began
    print(
        "| set | kind | budget | questions | current in view or told | older quoted | of these marked | other marks "
        "| notes written |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for key, one in counts.items():
        row = [
            *key,
            one["questions"],
            one["current"],
            one["quoted"],
            one["marked"],
            one["others"],
            f"{one['written']}/{one['marks']}",
        ]
        print(f"| {' | '.join(map(str, row))} |")
    print(f"{spent:.1f} s CPU of contexts")
    if chosen.show:
        print("\n".join(shown))


if __name__ == "__main__":
    main()
