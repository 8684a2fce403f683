"""What an import came to: what is stored, what was left out and why, what was passed over and refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from tiermem.cli.terminal.screen import counted, line, table
from tiermem.histories.bringing import Arrival
from tiermem.histories.parts.conversation import Conversation
from tiermem.histories.reading import FileRead

NAMED = 5  # files that are named; the others are counted


@dataclass(slots=True)
class ImportReport:
    """What an import came to, over all files."""

    by_source: dict[str, Counter[str]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    undated: int = 0
    lent: int = 0
    sessions: list[dict[str, Any]] = field(default_factory=list)

    def add(self, file: FileRead) -> None:
        """Counts what was left out of *file*, or why it was not read."""
        if file.refused:
            (self.passed if file.passed else self.refused).append(file.refused if not file.passed else file.file)
        for one in file.conversations:
            self.left_out.update(one.left_out)
            self.undated += one.undated
            self.lent += one.lent
            self.unread.update(one.unread)

    def keep(self, one: Conversation, brought: Arrival) -> None:
        """Counts what became of a conversation."""
        counts = self.by_source.setdefault(one.source, Counter())
        counts.update(
            conversations=1, added=brought.added, known=brought.known, forks=len(brought.forks),
            differing=brought.differing,
        )  # fmt: skip
        self.sessions.append(
            {"session": brought.session, "forks": brought.forks, "source": one.source, "title": one.title,
             "added": brought.added, "known": brought.known, "differing": brought.differing}
        )  # fmt: skip


def tell(screen: Console, tally: ImportReport) -> None:
    """Print what became of the conversations, and what was left out and why."""
    if tally.by_source:
        rows = [
            (name, one["conversations"], one["forks"], one["added"], one["known"])
            for name, one in tally.by_source.items()
        ]
        screen.print(table(["source", "conversations#", "forks#", "messages added#", "there already#"], rows))
    for words in _told(tally):
        screen.print(Text(words), soft_wrap=True)


def _told(tally: ImportReport) -> Iterator[str]:
    """The sentences below the table."""
    if differing := sum(one["differing"] for one in tally.by_source.values()):
        yield f"{counted(differing, 'message')} that were there are told otherwise in the file: left as they were"
    unread = ", ".join(map(line, tally.unread))
    names = f" (what stands in {unread} is no time that is understood)" if unread else ""
    if tally.lent:
        yield f"{counted(tally.lent, 'message')} without a time, counted as said with the one before or after{names}"
    if tally.undated:
        yield f"{counted(tally.undated, 'message')} without a time; they count as said now{names}"
    for reason, number in tally.left_out.most_common():
        yield f"Left out: {number:,} × {line(reason)}"
    if tally.passed:
        names = ", ".join(map(line, tally.passed[:NAMED])) + (", …" if len(tally.passed) > NAMED else "")
        yield f"Passed over: {counted(len(tally.passed), 'file')} without a conversation: {names}"
    yield from (f"Refused: {line(words)}" for words in tally.refused)
