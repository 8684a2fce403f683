"""What a user laid down in a session and holds: read once a revision, and shown where its message is not.

Rule 1: what a decision pins stands, and what waits for the index as if it were pinned already: both are read of the
messages themselves, so no line says what its message does not.
Rule 2: what is hidden says nothing, and what an undone decision pinned does not stand.
Rule 3: where the message itself is shown, its line is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.facts.rules.choosing import chosen
from tiermem.facts.rules.holding import HOLDS, enders
from tiermem.facts.rules.record import CONSTRAINT, WISH, LaidDown, StandingRule
from tiermem.facts.stated.record import USER
from tiermem.flows import laying_down, window_state
from tiermem.flows.effects import FEW, Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Piece, Shown, Tier
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import facts as stored
from tiermem.storage.connecting.turns import LATER
from tiermem.storage.sessions import SessionRow
from tiermem.text.clipping import Count
from tiermem.tokens.counting import OVERHEAD, message_tokens
from tiermem.window.quotation import rule_line, rules
from tiermem.window.turns import USER_ROLES
from tiermem.window.view import Entry, within

TAIL = 2_000  # messages that wait for the index and are read: what nobody indexes does not make a context slower
_TOLD = {CONSTRAINT: "", WISH: ""}  # the kinds that need no word; the others have their name


class RuleAt(NamedTuple):
    """One thing that the message of this number lays down, the name of who says it, and when."""

    number: int
    rule: StandingRule
    name: str
    when: datetime | None


@dataclass(frozen=True, slots=True)
class StandingRules:
    """What was laid down in a session of so many messages after *revision* decisions, with what waits beyond *indexed*.

    `told` is all of it, in order, and `lines` the same as it is handed out. What was made of them is kept.
    """

    revision: int
    indexed: int
    messages: int
    pins: Mapping[int, tuple[int, bool]]
    hidden: Sequence[tuple[int, int]]
    told: tuple[RuleAt, ...] = ()
    lines: tuple[LaidDown, ...] = ()
    _made: dict[tuple[object, ...], tuple[Count, list[Piece]]] = field(default_factory=dict, compare=False, repr=False)
    _costs: dict[int, tuple[Count, list[int]]] = field(default_factory=dict, compare=False, repr=False)

    def holds_for(self, row: SessionRow) -> bool:
        """Whether it is what *row*'s session had, but for messages that came since."""
        return (self.revision, self.indexed) == (row.revision, row.indexed) and self.messages <= row.messages

    def pieces(self, places: Sequence[int], room: int, count: Count) -> list[Piece]:
        """The block of the lines at *places* within *room* tokens by *count*; nothing where none fits."""
        key = (tuple(places), room, id(count))
        known = self._made.get(key)
        if known is None or known[0] is not count:
            if len(self._made) >= FEW:
                self._made.clear()
            known = self._made[key] = count, self._pieces(places, room, count)
        return known[1]

    def _pieces(self, places: Sequence[int], room: int, count: Count) -> list[Piece]:
        if not places or (whole := self._block(places, count)).tokens <= room:
            return [whole] if places else []
        costs = self._tokens(count)
        left = room - OVERHEAD - count(rules(()))
        kept = [places[one] for one in chosen([self.lines[p].kind for p in places], [costs[p] for p in places], left)]
        while kept:
            block = self._block(kept, count)
            if block.tokens <= room:
                return [block]
            kept = kept[1:]
        return []

    def _block(self, places: Sequence[int], count: Count) -> Piece:
        text = rules([_line(self.lines[place]) for place in places])
        message = Message(role="user", content=text, id="rules", origin="retrieved")
        refs = tuple(dict.fromkeys(self.lines[place].ref for place in places))
        return Piece(message=message, kind="rules", tier=Tier.L1, tokens=message_tokens(message, count), refs=refs)

    def _tokens(self, count: Count) -> list[int]:
        known = self._costs.get(id(count))
        if known is None or known[0] is not count:
            known = self._costs[id(count)] = count, [count(_line(line)) + 1 for line in self.lines]
        return known[1]

    def unseen(self, shown: Mapping[int, str | None]) -> list[int]:
        """The places of the lines that hold and whose words do not stand in what is *shown*: by the number of its
        message a text, or None for all that was said."""
        return [
            place
            for place, (line, at) in enumerate(zip(self.lines, self.told, strict=True))
            if line.holds and not (at.number in shown and _says(shown[at.number], line.text))
        ]


def told_by(fixed: Iterable[Entry], pieces: Iterable[Piece]) -> dict[int, str | None]:
    """What is shown of each message, for `unseen`: of what is *fixed* all, and of *pieces* what they say."""
    shown: dict[int, str | None] = {entry.sequence: None for entry in fixed}
    for piece in pieces:
        if piece.kind == "message":
            whole = piece.shown is Shown.VERBATIM and not piece.clipped
            shown[piece.message.sequence] = None if whole else piece.message.text
    return shown


def _says(text: str | None, line: str) -> bool:
    return text is None or line in " ".join(text.split())


def _line(line: LaidDown) -> str:
    kind = _TOLD.get(line.kind, line.kind)
    return rule_line(line.ref, kind, "" if line.subject == USER else line.subject, line.text)


def of(core: Core, scope: Scope, row: SessionRow) -> Flow[StandingRules]:
    """What was laid down in the session *row* of *scope*."""
    known = core.standing.get(row.pk)
    if known is None or not known.holds_for(row):
        known = yield Read(partial(_opened, row.pk, scope), partial(_opened, row.pk, scope, few=True))
        first = max(row.messages - TAIL, row.indexed) + 1
        wanted = [number for number, (_, stands) in known.pins.items() if stands]
        wanted = sorted({*wanted, *_waiting(row, known, first)})
    elif known.messages == row.messages:
        return known
    else:
        wanted = _waiting(row, known, known.messages + 1)
    fresh = yield from _read(core, row, [number for number in wanted if not within(known.hidden, number)])
    made: StandingRules = yield Compute(partial(_with, scope, row, known, fresh))
    return core.standing.put(row.pk, made)


def _opened(pk: int, scope: Scope, connection: sa.Connection, *, few: bool = False) -> StandingRules:
    row = sessions.find(connection, scope)
    if few and row.messages - row.indexed > FEW:
        return LATER  # type: ignore[no-any-return]
    pins = stored.pins(connection, pk)
    return StandingRules(row.revision, row.indexed, 0, pins, tuple(decisions.hidden(connection, row)))


def _waiting(row: SessionRow, known: StandingRules, first: int) -> list[int]:
    """The messages from *first* on that nothing pins yet; none where another analyser's index is used, which has
    pinned them."""
    if row.foreign:
        return []
    return [number for number in range(max(first, row.indexed + 1), row.messages + 1) if number not in known.pins]


def _read(core: Core, row: SessionRow, numbers: Sequence[int]) -> Flow[list[RuleAt]]:
    """What the messages with these *numbers* lay down, read once and then kept."""
    known = dict(zip(numbers, core.rules.pick([(row.pk, number) for number in numbers]), strict=True))
    missing = [number for number, laid_down in known.items() if laid_down is None]
    if missing:
        bodies = yield from window_state.bodies(core, row, missing)
        known |= yield Compute(partial(_learnt, core, row.pk, bodies))
    return [at for number in numbers for at in known[number] or ()]


def _learnt(core: Core, pk: int, bodies: Mapping[int, Message]) -> dict[int, tuple[RuleAt, ...]]:
    """What *bodies* lay down, by their numbers."""
    return {number: core.rules.put((pk, number), _rules_at(number, body)) for number, body in bodies.items()}


def _rules_at(number: int, message: Message) -> tuple[RuleAt, ...]:
    if message.acts_as not in USER_ROLES:
        return ()
    return tuple(RuleAt(number, rule, message.name or "", message.when) for rule in laying_down.rules_of(message))


def _with(scope: Scope, row: SessionRow, known: StandingRules, fresh: Sequence[RuleAt]) -> StandingRules:
    """What is *known*, and what was laid down since."""
    if known.messages and not fresh:
        return replace(known, messages=row.messages)  # with all that was made of it
    told = (*known.told, *fresh)
    ended = enders([at.rule for at in told])
    by = ["" if ender == HOLDS else f"m{told[ender].number}" for ender in ended]
    lines = tuple(_line_of(scope, known, at, one) for at, one in zip(told, by, strict=True))
    return StandingRules(row.revision, row.indexed, row.messages, known.pins, known.hidden, told, lines)


def _line_of(scope: Scope, known: StandingRules, at: RuleAt, replaced_by: str) -> LaidDown:
    number, _ = known.pins.get(at.number, (0, False))
    return LaidDown(
        kind=at.rule.kind,
        text=at.rule.text,
        subject=laying_down.subject_named(scope, at.name),
        session="",
        ref=f"m{at.number}",
        said_at=at.when,
        certainty=laying_down.LIKELY,
        holds=not replaced_by,
        replaced_by=replaced_by,
        decision=number,
    )


def listed(core: Core, scope: Scope) -> Flow[list[LaidDown]]:
    """What was laid down in the session of *scope*, in order; also what does not hold any more."""
    row = yield Read(lambda connection: sessions.find(connection, scope))
    if not row.pk:
        return []
    standing: StandingRules = yield from of(core, scope, row)
    return [replace(line, said_at=line.said_at and core.meant(line.said_at)) for line in standing.lines]
