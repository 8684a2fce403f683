"""What the doctor saw, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tiermem.cli.terminal.screen import counted, facts, line

if TYPE_CHECKING:
    from tiermem.doctor import Checkup


def tell(screen: Console, found: Checkup) -> None:
    """What was seen, what serves, what to do."""
    screen.print(facts(_seen(found)))
    screen.print(Text(f"\nWhat serves: {found.serves}, since {line(found.why)}"), soft_wrap=True)
    for one in found.advice:
        screen.print(Text(f"{one.severity}: {line(one.what)}"), soft_wrap=True)
        screen.print(Text(f"  → {line(one.do)}"), soft_wrap=True)
    if not found.advice:
        screen.print(Text("Nothing has to be done."))


def _seen(found: Checkup) -> Iterator[tuple[str, object]]:
    seen = found.symptoms
    yield "database", f"{seen.name} ({seen.kind})"
    people = f"{counted(seen.held.users, 'user')}, {counted(seen.held.sessions, 'session')}"
    yield "holds", f"{people}, {counted(seen.held.messages, 'message')}; at most {seen.held.largest:,} of one user"
    yield "waiting for the word index", seen.held.behind
    yield "size", f"{seen.size:,} bytes{'' if seen.log is None else f', its log {seen.log:,} of them'}"
    if seen.unused is not None:
        yield "free" if seen.kind == "sqlite" else "dead rows", f"{seen.unused:.1%}"
    if seen.writers is not None:
        most = "" if seen.most_writers is None else f" of {seen.most_writers:,}"
        yield "other processes" if seen.kind == "sqlite" else "other connections", f"{seen.writers:,}{most}"
    if seen.write is not None:
        yield "a durable write", f"{seen.write * 1000:.1f} ms"
    if seen.filesystem is not None:
        yield "file system", seen.filesystem
    yield from seen.settings.items()
