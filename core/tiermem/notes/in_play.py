"""Working memory: the newest things in play in a conversation, derived when somebody asks.

What is asked and not answered, what is to be done and by when (`session.rules`), and the files and names that were
spoken of last. How many there are is the caller's: seven is what people are said to hold, and says nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tiermem.conversations.asking import number
from tiermem.facts.rules.record import DEADLINE, QUESTION, TASK, LaidDown
from tiermem.flows import standing
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.flows.writing import decide
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.text.entities import entities, paths
from tiermem.window.voices import own_text

OPEN: Final = frozenset({QUESTION, TASK, DEADLINE})
LOOKED_AT: Final = 40  # newest messages in which files and names are looked for
LONGEST: Final = 20_000  # characters of one that are read: a file that was pasted names everything


@dataclass(frozen=True, slots=True)
class InPlay:
    """One thing: "question", "task", "deadline", "file" or "name", its words, and the message where it stands last."""

    kind: str
    text: str
    ref: str


def in_play(core: Core, user: Scope, session: str, limit: int) -> Flow[list[InPlay]]:
    """The newest *limit* things of a *session* of the *user*, each once, newest first.

    Raises:
        InvalidMessage: *limit* is no number. InvalidNamespace: *session* is no name.
    """
    scope = Scope(user.tenant, user.user, session)
    most = number(limit, "limit")
    laid = yield from standing.listed(core, scope)
    row = yield Read(lambda connection: sessions.find(connection, scope))
    messages = yield from decide.messages(scope, max(1, row.messages - LOOKED_AT + 1), None)
    found: list[InPlay] = yield Compute(lambda: newest(laid, messages))
    return found[:most]


def newest(laid: Sequence[LaidDown], messages: Sequence[Message]) -> list[InPlay]:
    """What is open of what was *laid* down, and the files and names in *messages*, each once, newest first."""
    named = [(message.sequence, one) for message in messages for one in _named(message)]
    standing_open = [
        (int(one.ref.rpartition("m")[2]), InPlay(one.kind, one.text, one.ref))
        for one in laid
        if one.holds and one.kind in OPEN
    ]
    found: dict[tuple[str, str], InPlay] = {}
    for _, one in sorted([*standing_open, *named], key=lambda pair: -pair[0]):
        found.setdefault((one.kind, one.text.casefold()), one)
    return [*found.values()]


def _named(message: Message) -> Iterator[InPlay]:
    text, ref = own_text(message)[:LONGEST], f"m{message.sequence}"
    files = paths(text)
    yield from (InPlay("file", one, ref) for one in files)
    yield from (InPlay("name", one, ref) for one in entities(text) if not any(one in file for file in files))
