"""An answer that one record holds with calls and results in it -> the messages of its steps. Pure.

A call and its results are messages of their own, so that both stay together and what follows is said after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tiermem.histories.parts.conversation import said
from tiermem.histories.parts.wording import Block
from tiermem.messages import Message, ToolCall


@dataclass(slots=True)
class StepPiece:
    """One thing in an answer: what is said or thought, a call, or the result of one."""

    blocks: list[Block] = field(default_factory=list)
    call: ToolCall | None = None
    answers: str | None = None
    name: str | None = None


def steps(
    pieces: Iterable[StepPiece],
    role: str,
    identity: str,
    when: datetime | None = None,
    *,
    name: str | None = None,
    state: Mapping[str, Any] | None = None,
) -> tuple[Message, ...]:
    """The messages of *pieces*; the first has the id *identity*, those after it the same with "/2", "/3"."""
    made: list[Message] = []
    blocks: list[Block] = []
    calls: list[ToolCall] = []

    def flush() -> None:
        if blocks or calls:
            made.append(said(role, [*blocks], _named(identity, made), when, name=name, calls=calls, state=state))
            blocks.clear()
            calls.clear()

    for piece in pieces:
        if piece.answers is not None:
            flush()
            made.append(
                said("tool", piece.blocks, _named(identity, made), when, name=piece.name, answers=piece.answers)
            )
            continue
        if piece.blocks and calls:  # what is said after a call waits for nothing, but stands behind it
            flush()
        blocks.extend(piece.blocks)
        calls.extend([piece.call] if piece.call else [])
    flush()
    return tuple(made)


def _named(identity: str, made: list[Message]) -> str:
    return identity if not made else f"{identity}/{len(made) + 1}"
