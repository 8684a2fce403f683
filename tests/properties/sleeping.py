"""Uses and sleep, for the life of a session: what fades takes nothing away, and a second sleep does nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tiermem import Message
from tiermem.life import Forgetting

OWNERS = ("ann", "bob")


class Sleeps:
    """Verbs of a life about what fades."""

    session: Any
    on: Any
    memory: Any
    clock: Any
    current: dict[str, str]
    sent: dict[str, list[Message]]

    @rule(name=st.sampled_from(OWNERS), rate=st.sampled_from([0.03, 5.0]), days=st.sampled_from([0, 0, 90]))
    def sleep(self, name: str, rate: float, days: int) -> None:
        self.clock.tick(86_400 * days)
        session, curve = self.on(name), Forgetting(rate=rate)
        before = session.stats()
        slept = self.memory.life(name).sleep(forgetting=curve)
        after, journal = session.stats(), session.journal()
        assert (after.messages, after.hidden, after.tokens) == (before.messages, before.hidden, before.tokens)
        assert slept.finished
        for branch, number in slept.decisions:
            if branch == self.current[name]:
                assert journal[number - 1].kind in {"cover", "restore"}
        again = self.memory.life(name).sleep(forgetting=curve)
        assert (again.faded, again.woken, again.decisions) == (0, 0, ())

    @rule(name=st.sampled_from(OWNERS), which=st.integers(0, 10_000))
    def use(self, name: str, which: int) -> None:
        session = self.on(name)
        if self.sent[name]:
            number = which % len(self.sent[name]) + 1
            before = session.view()
            (made,) = self.memory.life(name).used(f"{self.current[name]}/m{number}")
            assert (made.kind, made.first) == ("use", number)
            assert session.view().messages == before.messages
            assert self.memory.life(name).of(f"{self.current[name]}/m{number}").uses >= 1
