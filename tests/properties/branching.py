"""Forks and rewinds in the life of a session: whoever forks goes on in the fork, or comes back to what was before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.properties.oracles import hidden_by
from tiermem import Decision, Message, Session
from tiermem.errors import InvalidBranch
from tiermem.storage.forks.rules import is_rewind

FIRST, MOST = "s", 4  # the session of each owner; how many branches there are at most
which, seldom = st.integers(0, 10_000), st.sampled_from([True, False, False])
sure = st.sampled_from([True, False])  # else no life is long enough for summaries of summaries
near = st.integers(0, 12) | which  # from the newest message on backwards


def inside_of_a_step(sent: Sequence[Message], at: int) -> bool:
    """Whether a border behind the message *at* has a call on one side and its result on the other, plainly looked for:
    a result belongs to the last call of its id."""
    called: dict[str, int] = {}
    for number, message in enumerate(sent, start=1):
        if message.tool_call_id in called and called[message.tool_call_id] <= at < number:
            return True
        called |= dict.fromkeys((call.id for call in message.tool_calls), number)
    return False


def hidden_at(journal: Sequence[Decision], at: int) -> set[int]:
    """What a fork at message *at* hides: what its parent does, but for rewinds that took this message out of view."""
    return hidden_by([one for one in journal if not (is_rewind(one) and one.first <= at <= one.last)], at)


class Branches:
    """Of each owner the session that is used, and the others, each with all that was ever acknowledged in it."""

    def begin(self, owners: Sequence[str]) -> None:
        self.current = dict.fromkeys(owners, FIRST)
        self.heads: dict[tuple[str, str], str] = {}
        self.left: dict[str, dict[str, tuple[list[Message], list[str]]]] = {name: {} for name in owners}

    def turn_to(self: Any, name: str, branch: str, sent: list[Message], open_calls: list[str]) -> None:
        self.left[name][self.current[name]] = self.sent[name], self.open_calls[name]
        self.left[name].pop(branch, None)
        self.current[name], self.sent[name], self.open_calls[name] = branch, sent, open_calls
        self.decided[name], self.seen[name] = len(self.session(name).journal()), {}
        self.touched, self.managed, self.writing = name, False, True

    @precondition(lambda self: self.sent[self.touched] and len(self.left[self.touched]) < MOST)
    @rule(number=near, sure=sure, twice=seldom)
    def fork(self: Any, number: int, sure: bool, twice: bool) -> None:
        if not sure:
            return
        name = self.touched
        session, sent = self.on(name, writing=False), self.sent[name]
        at = len(sent) - number % len(sent)
        branch = f"{FIRST}{len(self.left[name]) + 1}"
        if inside_of_a_step(sent, at):
            with pytest.raises(InvalidBranch):
                session.fork(f"m{at}", branch)
            return
        self.summarizer.session = self.memory.session(branch, name)  # who may call back into it
        made: Session = session.fork(f"m{at}", branch)
        made.settle(60)
        if twice:
            session.fork(f"m{at}", branch)
        hidden = hidden_at(session.journal(), at)
        assert [one.canonical for one in made.messages()] == [
            one.canonical for place, one in enumerate(sent[:at], start=1) if place not in hidden
        ]
        assert all(one.last <= at for one in made.view().summaries)
        assert {one.session for one in session.branches()} >= {branch, self.current[name]}
        asked = {call for one in sent[:at] for call in (c.id for c in one.tool_calls)}
        waiting = [call for call in self.open_calls[name] if call in asked]
        self.turn_to(name, branch, sent[:at], waiting)

    @precondition(lambda self: self.left[self.touched])
    @rule(number=which, sure=sure)
    def go_to_another_branch(self: Any, number: int, sure: bool) -> None:
        if not sure:
            return
        name = self.touched
        branch = sorted(self.left[name])[number % len(self.left[name])]
        self.on(name, writing=False)
        self.turn_to(name, branch, *self.left[name][branch])
        self.proved(name, branch)

    @precondition(lambda self: self.sent[self.touched])
    @rule(number=near, sure=sure, back=seldom)
    def rewind(self: Any, number: int, sure: bool, back: bool) -> None:
        if not sure:
            return
        name = self.touched
        session, sent = self.on(name), self.sent[name]
        at = len(sent) - number % len(sent)
        before = hidden_by(session.journal(), len(sent))
        away = any(is_rewind(one) and one.first <= at <= one.last for one in session.journal())
        if inside_of_a_step(sent, at) or (away and at in before):
            with pytest.raises(InvalidBranch):
                session.rewind(f"m{at}")
            return
        made = session.rewind(f"m{at}")
        assert max((one.sequence for one in session.view().messages), default=0) <= at
        assert all(one.last <= at for one in session.view().summaries)
        assert hidden_by(session.journal(), len(sent)) == before | set(range(at + 1, len(sent) + 1))
        if made and back:
            session.undo(made[-1])
            assert hidden_by(session.journal(), len(sent)) == before

    def proved(self: Any, name: str, branch: str) -> None:
        """The branch is sound, and goes on from the head that was kept of it."""
        session = self.memory.session(branch, name)
        assert session.verify(chain=self.heads.get((name, branch))).problems == ()
        self.heads[name, branch] = session.head()

    def check_branches(self: Any) -> None:
        """Every branch is sound, goes on from the head that was kept of it, and has all that was said in it."""
        for name, branches in self.left.items():
            current = {self.current[name]: (self.sent[name], [])}
            for branch, (sent, _) in (current | branches).items():
                session = self.memory.session(branch, name)
                self.proved(name, branch)
                assert [one.canonical for one in session.restore()] == [one.canonical for one in sent]
