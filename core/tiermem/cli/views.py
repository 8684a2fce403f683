"""What the commands print: values of tiermem as lines and tables. Pure but for the printing itself.

Rule 1: everything that comes from a message, a file or a user goes through `screen.visible`.
Rule 2: what is shortened says so; nothing is left out without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tiermem.cli.terminal.screen import INDENT, WIDE, counted, day, facts, line, paragraph, table
from tiermem.messages import COMPACTION_KEY, Message
from tiermem.text.readable import readable
from tiermem.text.sanitizing import visible

if TYPE_CHECKING:  # pydantic takes a fifth of a second, and `--help` needs none of it
    from tiermem.dropped import Dropped
    from tiermem.facts.rules import LaidDown
    from tiermem.records import Context, Decision, Explanation, Hit, Original, Piece, StructuredSummary, Summary, View


def body(message: Message) -> str:
    """A message as a person reads it: its text, what it asks of tools, and a word for each block that is no text."""
    return visible(readable(message, word=_block_word, call="→ {name}({arguments})"))


def _block_word(kind: str) -> str:
    return "" if kind in {"text", "tool_use", "tool_call"} else f"[{kind or 'block'}]"


def message(screen: Console, said: Message, *, mark: str = "", ref: str = "") -> None:
    """One message: a line of reference (*ref*, or its number), speaker, date and *mark*, then its text."""
    stub = " · compacted" if COMPACTION_KEY in said.state else ""
    speaker = f"{said.name} ({said.role})" if said.name and said.role == "tool" else said.name or said.role
    words = [line(ref) or f"m{said.sequence}", line(speaker), day(said.when), mark]
    screen.print(Text(" · ".join(word for word in words if word) + stub, style="bold"), soft_wrap=True)
    paragraph(screen, body(said))


def summary(screen: Console, covering: Summary) -> None:
    """One summary: the span it covers and its structure, each line with the messages it rests on."""
    merged = f", merges {len(covering.children)} summaries" if covering.children else ""
    span = f"summary of m{covering.first} to m{covering.last}"
    title = f"{covering.ref} · {span} · level {covering.level}{merged} · {covering.tokens:,} tokens"
    screen.print(Text(title, style="bold"))
    screen.print(Padding(facts(_structure(covering.structure)), (0, 0, 1, len(INDENT))))


def _structure(structure: StructuredSummary) -> Iterable[tuple[str, str]]:
    rows = [("user_goal", "goal", structure.user_goal), ("last_step", "last step", structure.last_step)]
    rows += [(f"key_decisions.{place}", "decision", text) for place, text in enumerate(structure.key_decisions)]
    rows += [(f"modified_files.{place}", "file", text) for place, text in enumerate(structure.modified_files)]
    rows += [(f"critical_context.{key}", key, text) for key, text in structure.critical_context.items()]
    yield "messages", f"{structure.count:,}, {day(structure.time_range.start)} to {day(structure.time_range.end)}"
    for key, name, text in rows:
        if text:
            rests = ", ".join(f"m{number}" for number in structure.sources.get(key, ()))
            yield visible(name), f"{visible(text)}{f'  ({rests})' if rests else ''}"


def view(screen: Console, window: View, newest: int | None) -> None:
    """What the window shows; only the *newest* messages, and no summaries, where a number is given."""
    messages = window.messages if newest is None else window.messages[max(0, len(window.messages) - newest) :]
    for covered in window.summaries if newest is None else ():
        summary(screen, covered)
    earlier = (len(window.messages) - len(messages), "earlier message"), (len(window.summaries), "summary")
    if newest is not None and (left := [counted(number, noun) for number, noun in earlier if number]):
        screen.print(Text(f"… {' and '.join(left)}; leave out --last to see them", style="dim"))
    for shown in messages:
        message(screen, shown)
    held = f"{counted(len(window.messages), 'message')}, {counted(window.tokens, 'token')}"
    screen.print(Text(f"window: {held}", style="dim"))


def original(screen: Console, behind: Original) -> None:
    """The originals behind a reference."""
    for covered in behind.summaries:
        summary(screen, covered)
    session = f"{behind.note['session']}/" if "session" in behind.note else ""
    for said in behind.messages:
        message(screen, said, ref=f"{session}m{said.sequence}")
    if behind.note:
        screen.print(facts((name, value) for name, value in behind.note.items()))


def explanation(screen: Console, why: Explanation) -> None:
    """Why a message is shown as it is, and every decision about it."""
    screen.print(Text(visible(str(why))))
    if why.history:
        screen.print(Text("\nEvery decision about it:", style="dim"))
    for decision in why.history:
        paragraph(screen, _decision(decision))


def _decision(decision: Decision) -> str:
    parts = [f"{decision.number}: {decision.kind} m{decision.first} to m{decision.last}", day(decision.decided_at)]
    if decision.tokens_before or decision.tokens_after:
        parts.append(f"{decision.tokens_before:,} to {decision.tokens_after:,} tokens")
    parts += [visible(decision.strategy), visible(decision.reason), "undone" if decision.undone else ""]
    return " · ".join(part for part in parts if part)


def journal(screen: Console, decisions: Sequence[Decision]) -> None:
    """Every decision, one a row where there is room for a table, else one a paragraph."""
    if screen.width < WIDE:
        for one in decisions:
            paragraph(screen, _decision(one))
        return
    columns = ["decision#", "when", "kind", "messages", "tokens before#", "after#", "by", "reason", "undone"]
    rows = [
        (
            one.number,
            day(one.decided_at),
            one.kind,
            f"m{one.first}" if one.first == one.last else f"m{one.first} to m{one.last}",
            one.tokens_before,
            one.tokens_after,
            one.strategy,
            one.reason,
            "yes" if one.undone else "",
        )
        for one in decisions
    ]
    screen.print(table(columns, rows))


def rules(screen: Console, found: Sequence[LaidDown]) -> None:
    """What was laid down, one a row."""
    rows = [
        (one.ref, day(one.said_at), one.kind, one.text, f"ended by {one.replaced_by}" if one.replaced_by else "")
        for one in found
    ]
    screen.print(table(["message", "when", "kind", "text", ""], rows) if rows else Text("Nothing was laid down."))


def dropped(screen: Console, found: Sequence[Dropped]) -> None:
    """What a run took from the window, each message with what still stands for it."""
    if not found:
        screen.print(Text("Nothing was dropped."))
    for one in found:
        kinds = ", ".join(one.kinds)
        words = [
            one.ref,
            line(one.role),
            f"{one.was.value} to {one.shown.value}",
            kinds,
            "pinned" if one.pinned else "",
        ]
        screen.print(Text(" · ".join(word for word in words if word), style="bold"), soft_wrap=True)
        left = "".join(f"\n→ {visible(text)}" for text in one.kept) or "\n→ nothing of it is kept in view"
        paragraph(screen, f"{visible(one.line)}{left}")


def answer(screen: Console, question: str, context: Context, near: Sequence[Hit], *, explain: bool) -> None:
    """What a model would be given for *question*: the passages that were found, and what the whole context holds.

    *near* are the best matches of a conversation from which nothing had to be recalled.
    """
    screen.print(Text("No model is asked. This is what a model would be given for:", style="dim"))
    screen.print(Text(f"  {visible(question)}\n", style="bold"))
    if not context.hits:
        beside = "Nothing had to be recalled beside what the context holds; the best matches are:"
        screen.print(Text(f"{beside if near else 'Nothing was found.'}\n"))
    for hit in context.hits or near:
        message(screen, hit.message, ref=hit.ref, mark=f"score {hit.score:.3f}{why(hit) if explain else ''}")
    screen.print(_composition(context.pieces))
    screen.print(Text(f"{context.tokens:,} of {context.budget:,} tokens"))
    for words in context.degraded:
        screen.print(Text(f"degraded: {visible(words)}"))
    if explain:
        for words in context.trace:
            screen.print(Text(visible(words), style="dim"))


def why(hit: Hit) -> str:
    """The parts of a score, as they stand behind it."""
    return "".join(f" · {name} {share:.3f}" for name, share in hit.why.items())


def _composition(pieces: Sequence[Piece]) -> Table:
    groups: dict[tuple[str, str, str], list[Piece]] = {}
    for piece in pieces:
        groups.setdefault((piece.tier.value, piece.kind, piece.shown.value), []).append(piece)
    rows = [(*key, len(group), sum(piece.tokens for piece in group)) for key, group in groups.items()]
    return table(["tier", "part", "shown", "pieces#", "tokens#"], rows, "The context")
