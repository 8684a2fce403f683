"""The commands that tell what a user talked about and named, over all conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tiermem.cli.app import JsonOption, NamespaceOption, PathOption, TenantOption, app, space, the_memory
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import console, counted, day, facts, line, paragraph, table
from tiermem.conversations.records import Interests, UserConversation, UserTurn
from tiermem.graph.records import Entity, Near, Relation

TopicOption = Annotated[str | None, typer.Option("--topic", help="Only where the user's words have all of these.")]
SinceOption = Annotated[datetime | None, typer.Option("--since", help="Only what was said from then on.")]
UntilOption = Annotated[datetime | None, typer.Option("--until", help="Only what was said by then.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="How many.")]


@app.command()
def turns(
    namespace: NamespaceOption,
    tenant: TenantOption = None,
    path: PathOption = None,
    topic: TopicOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 10,
    as_json: JsonOption = False,
) -> None:
    """What a user said and was answered, newest first, over all conversations."""
    with the_memory(path) as memory:
        found = memory.turns(space(namespace, tenant), topic, since=since, until=until, limit=limit)
    document(found) if as_json else _turns(console(), found)


@app.command()
def conversations(
    namespace: NamespaceOption,
    tenant: TenantOption = None,
    path: PathOption = None,
    topic: TopicOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The conversations of a user, newest first, and what each is about."""
    with the_memory(path) as memory:
        found = memory.conversations(space(namespace, tenant), topic, since=since, until=until, limit=limit)
    document(found) if as_json else _conversations(console(), found)


@app.command()
def interests(
    namespace: NamespaceOption,
    tenant: TenantOption = None,
    path: PathOption = None,
    limit: LimitOption = 10,
    as_json: JsonOption = False,
) -> None:
    """What a user talks about: topics and keywords with counts, moods by month."""
    with the_memory(path) as memory:
        found = memory.interests(space(namespace, tenant), limit)
    document(found) if as_json else _interests(console(), found)


@app.command()
def graph(
    namespace: NamespaceOption,
    entity: Annotated[
        str | None, typer.Argument(help="Whose surroundings; else all names, the commonest first.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="Only the best path to this name.")] = None,
    depth: Annotated[int, typer.Option("--depth", min=1, max=3, help="Hops.")] = 2,
    tenant: TenantOption = None,
    path: PathOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Who and what a user's conversations and documents name, and what stands between them, with its sources."""
    with the_memory(path) as memory:
        known = memory.graph(space(namespace, tenant))
        if entity is None:
            found: list[Entity] | list[Near] | list[Relation] = known.entities(limit)
        elif to is None:
            found = known.near(entity, depth, limit)
        else:
            found = known.path(entity, to, depth)
    document(found) if as_json else _graph(found)


def _turns(screen: Console, found: list[UserTurn]) -> None:
    for turn in found:
        told = [line(turn.ref), day(turn.when), line(turn.topic or ""), f"importance {turn.importance:.2f}"]
        told += [_mood(turn.sentiment)]
        screen.print(Text(" · ".join(part for part in told if part), style="bold"), soft_wrap=True)
        paragraph(screen, line(turn.question))
        if turn.answer:
            paragraph(screen, f"→ {line(turn.answer)}")
    screen.print(Text(counted(len(found), "turn"), style="dim"))


def _conversations(screen: Console, found: list[UserConversation]) -> None:
    columns = ["session", "last", "messages#", "topic", "keywords", "mood"]
    rows = [
        (one.session, day(one.last), one.messages, one.topic or "", ", ".join(one.keywords), _mood(one.mood))
        for one in found
    ]
    screen.print(table(columns, rows))


def _interests(screen: Console, found: Interests) -> None:
    span = f", {day(found.first)} to {day(found.last)}" if found.first and found.last else ""
    talk = f"{counted(found.turns, 'turn')} in {counted(found.conversations, 'conversation')}{span}"
    screen.print(Text(talk))
    for title, several in (("topic", found.topics), ("keyword", found.keywords)):
        rows = [(one.name, one.count, day(one.last), one.ref) for one in several]
        screen.print(table([title, "conversations#" if title == "topic" else "turns#", "last", "where"], rows))
    if found.moods:
        screen.print(facts((one.month, f"{_mood(one.value)} ({counted(one.turns, 'turn')})") for one in found.moods))


def _mood(value: float | None) -> str:
    return "" if value is None else f"mood {value:+.2f}"


def _graph(found: list[Entity] | list[Near] | list[Relation]) -> None:
    screen = console()
    rows = [_row(one) for one in found]
    heads = {5: ["name", "also", "sentences", "first", "last"], 3: ["name", "score", "by"], 2: ["step", "sources"]}
    if rows:
        screen.print(table(heads[len(rows[0])], rows))
    screen.print(Text(counted(len(found), "name" if not found or not isinstance(found[0], Relation) else "step")))


def _row(one: Entity | Near | Relation) -> tuple[str, ...]:
    if isinstance(one, Entity):
        also = line(", ".join(one.also))
        return (line(one.name), also, f"{one.mentions:,}", day(one.first), day(one.last))
    if isinstance(one, Near):
        return (line(one.name), f"{one.score:.3f}", " · ".join(_step(step) for step in one.path))
    return (_step(one), line(" ".join(one.sources)))


def _step(step: Relation) -> str:
    kinds = ", ".join(f"{kind} of" if kind in step.reverse else kind for kind in step.kinds)
    return line(f"{step.one} → {step.other} ({kinds or f'together {step.together}'}; {' '.join(step.sources)})")
