"""The main job on real input: import a long conversation, restore it, ask what was said long ago.

`--data` names a folder with `apollo13.jsonl.gz` and `apollo13-questions-dev.jsonl` (NASA's Apollo 13 air-to-ground
voice transcription, public domain; not part of this repository).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from benchmarks import report
from benchmarks.answers import conversation
from benchmarks.answers.conversation import Conversation, Question
from benchmarks.answers.peers import SESSION, Asked, copied, everyone
from benchmarks.models import tokens
from tiermem import Memory, Message, Session, Shown

MESSAGES, QUESTIONS = "apollo13.jsonl.gz", "apollo13-questions-dev.jsonl"
BATCH = 500  # as `tiermem import`
COLUMNS = ("memory", "asked in", "answering", "any prompt", "tokens", "all tokens", "failed", "load s", "ask s", "note")


@dataclass(frozen=True)
class Row:
    """What one memory came to: questions whose evidence is all there, and mean tokens of prompts."""

    name: str
    where: str
    answering: int
    anywhere: int
    tokens: float
    all_tokens: float
    failed: int
    loading: float
    asking: float
    note: str

    def cells(self, questions: int) -> tuple[str, ...]:
        """As the table shows it."""
        hits = (f"{self.answering}/{questions}", f"{self.anywhere}/{questions}")
        sizes = (f"{self.tokens:,.0f}", f"{self.all_tokens:,.0f}")
        times = (f"{self.loading:.1f}", f"{self.asking:.2f}")
        return (self.name, self.where, *hits, *sizes, str(self.failed), *times, self.note)


def run(data: Path, budget: int, *, markdown: bool) -> list[Row]:
    """Print both tables.

    Raises:
        FileNotFoundError: the data are not there.
    """
    asked = conversation.read(data / MESSAGES, data / QUESTIONS)
    with TemporaryDirectory(prefix="tiermem-bench-") as name:
        folder = Path(name)
        stored = folder / "tiermem.db"
        print(report.versions())
        report.show("Import at default settings", ("what", "value"), imported(asked, stored), markdown=markdown)
        rows = []
        for peer in everyone(stored):
            rows.append(measured(peer, asked, budget, folder))
            print(f"{peer.name}, {peer.where}: {rows[-1].anywhere} of {len(asked.questions)}", flush=True)
    cells = [row.cells(len(asked.questions)) for row in rows]
    title = f"{len(asked.questions)} questions, {budget:,} tokens a prompt for what the memory contributes"
    report.show(title, COLUMNS, cells, markdown=markdown)
    return rows


def imported(asked: Conversation, stored: Path) -> list[tuple[str, str]]:
    """Import into *stored* at default settings, and what came of it."""
    started = time.perf_counter()
    with Memory.open(stored) as memory:
        session = memory.session(SESSION)
        for first in range(0, len(asked.messages), BATCH):
            session.add(asked.messages[first : first + BATCH])
        seconds = time.perf_counter() - started
        stats, checked = session.stats(), session.verify()
    rows = [
        ("messages", f"{stats.messages:,}"),
        ("tokens of the texts (o200k)", f"{sum(tokens(one.text) for one in asked.messages):,}"),
        ("tokens with roles and names", f"{stats.tokens:,}"),
        ("window before / after", f"{stats.tokens:,} / {stats.window_tokens:,}"),
        ("compacted / covered / verbatim", f"{stats.compacted:,} / {stats.covered:,} / {stats.verbatim:,}"),
        ("summaries / decisions", f"{stats.summaries} / {stats.decisions}"),
        ("verify", "clean" if checked.ok else "; ".join(checked.problems)),
        ("import", f"{seconds:.1f} s, {1000 * seconds / len(asked.messages):.2f} ms a message"),
    ]
    return [*rows, *restored(asked.messages, stored)]


def restored(given: Sequence[Message], stored: Path) -> list[tuple[str, str]]:
    """Restore everything in a copy, and compare SHA-256 one by one with what was given."""
    with Memory.open(copied(stored, "restored.db")) as memory:
        session = memory.session(SESSION)
        started = time.perf_counter()
        session.restore()
        seconds = time.perf_counter() - started
        same = sum(a.sha256 == b.sha256 for a, b in zip(given, _window(session), strict=True))
        equal = digest(given) == digest(_window(session))
    return [
        (
            "restored byte for byte",
            f"{same:,} of {len(given):,}, SHA-256 of the whole {'equal' if equal else 'DIFFERS'}",
        ),
        ("restore", f"{seconds:.2f} s"),
    ]


def _window(session: Session) -> list[Message]:
    """The window, in which every message must be an original now.

    Raises:
        AssertionError: something is still shown as something else.
    """
    shown = session.stats()
    if shown.verbatim != shown.messages:
        raise AssertionError(f"only {shown.verbatim} of {shown.messages} are {Shown.VERBATIM} after restore")
    return list(session.view().messages)


def digest(messages: Iterable[Message]) -> str:
    """SHA-256 over the canonical bytes of all *messages*, in order."""
    total = hashlib.sha256()
    for one in messages:
        total.update(one.canonical)
    return total.hexdigest()


def measured(peer: Asked, asked: Conversation, budget: int, folder: Path) -> Row:
    """Load *peer* and ask it every question."""
    started = time.perf_counter()
    peer.load(asked, budget, folder)
    loaded = time.perf_counter()
    prompts = [_prompts(peer, question) for question in asked.questions]
    finished = time.perf_counter()
    pairs = [(question, sent) for question, sent in zip(asked.questions, prompts, strict=True) if sent]
    return Row(
        peer.name,
        peer.where,
        sum(asked.answered(question, sent[-1]) for question, sent in pairs),
        sum(asked.answered(question, "\n".join(sent)) for question, sent in pairs),
        fmean([tokens(sent[-1]) for _, sent in pairs] or [0]),
        fmean([sum(map(tokens, sent)) for _, sent in pairs] or [0]),
        len(prompts) - len(pairs),
        loaded - started,
        (finished - loaded) / len(prompts),
        peer.note,
    )


def _prompts(peer: Asked, question: Question) -> list[str]:
    """What the model received; nothing where the turn failed, which counts as a question without its evidence."""
    try:
        return peer.ask(question.text)
    except Exception as error:  # a memory that fails one turn is asked the other questions all the same
        print(f"{peer.name}, {question.id}: {type(error).__name__}: {error}", flush=True)
        return []
