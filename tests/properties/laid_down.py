"""What is laid down and what is dropped, for the life of a session: more verbs, and a plain difference of views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.properties.sleeping import Sleeps
from tiermem import Message, Session, Shown
from tiermem.messages import COMPACTION_KEY

OWNERS = ("ann", "bob")
RULES = (
    "Never deploy anything on a Friday.",
    "It's fine to deploy on a Friday again.",
    "Please call me Max.",
    "From now on call me Moritz.",
    "总预算不能超过两万元。",
    "总预算不能超过三万元。",
)
_LESS = {Shown.VERBATIM: 0, Shown.COMPACTED: 1, Shown.COVERED: 2}


class LaysDown(Sleeps):
    """Verbs of a life about what is laid down and dropped."""

    session: Any
    on: Any
    add: Any
    sent: dict[str, list[Message]]
    seen: dict[str, dict[int, dict[int, Shown]]]

    @rule(name=st.sampled_from(OWNERS), which=st.integers(0, len(RULES) - 1))
    def lay_down(self, name: str, which: int) -> None:
        self.add(name, [Message(role="user", content=RULES[which])])

    @rule(name=st.sampled_from(OWNERS))
    def index(self, name: str) -> None:
        self.on(name).index()

    @rule(name=st.sampled_from(OWNERS), which=st.integers(0, 10_000))
    def look_at_what_was_dropped(self, name: str, which: int) -> None:
        session, seen = self.session(name), self.seen[name]
        if not seen:
            return
        since = sorted(seen)[which % len(seen)]
        fixed = {m.sequence for m in self.sent[name] if m.pinned or m.role in {"system", "developer"}}
        found = session.dropped(since, limit=1_000_000)
        now = shown(session, self.sent[name])
        assert {int(one.ref[1:]) for one in found} == plainly_dropped(seen[since], now) - fixed
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)

    @rule(name=st.sampled_from(OWNERS), steady=st.booleans())
    def what_holds_stands_in_a_context(self, name: str, steady: bool) -> None:
        session = self.session(name)
        context = session.context(None, 3_000, steady=steady)
        stands_in(context.pieces, session)


def stands_in(pieces: Sequence[Any], session: Session) -> None:
    """What was laid down and holds stands in *pieces*, in its message or in a line of its own; nothing else does."""
    whole = {p.message.sequence for p in pieces if p.shown is Shown.VERBATIM and not p.clipped and p.kind != "rules"}
    lines = [line for p in pieces if p.kind == "rules" for line in p.message.text.splitlines()[1:-1]]
    visible = {message.sequence for message in session.messages()}
    standing = [one for one in session.rules() if one.holds and not undone(session, one.ref)]
    assert {line.partition("]")[0].strip("[") for line in lines} <= {one.ref for one in standing}
    for one in standing:
        number = int(one.ref[1:])
        assert number in visible
        assert number in whole or any(line.endswith(one.text) for line in lines)


def undone(session: Session, ref: str) -> bool:
    """Whether the decision that pinned what *ref* lays down was undone."""
    return any(d.kind == "pin" and d.undone and ref == f"m{d.first}" for d in session.journal())


def shown(session: Session, sent: Sequence[Message]) -> dict[int, Shown]:
    """What each message is shown as, told by what a caller sees."""
    visible = {message.sequence for message in session.messages()}
    window = {message.sequence: message for message in session.view().messages}
    return {number: _shown(number, window, visible) for number in range(1, len(sent) + 1)}


def _shown(number: int, window: Mapping[int, Message], visible: set[int]) -> Shown:
    if number not in visible:
        return Shown.HIDDEN
    if number not in window:
        return Shown.COVERED
    return Shown.COMPACTED if COMPACTION_KEY in window[number].state else Shown.VERBATIM


def plainly_dropped(then: Mapping[int, Shown], now: Mapping[int, Shown]) -> set[int]:
    """The messages that are shown as less *now* than *then*; what came since was shown as it was said."""
    return {
        number
        for number, is_now in now.items()
        if is_now in _LESS and _LESS.get(then.get(number, Shown.VERBATIM), 3) < _LESS[is_now]
    }
