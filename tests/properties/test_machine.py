"""A session against a plain list: random verbs in random order, and the invariants after every one of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.properties.branching import Branches
from tests.properties.laid_down import LaysDown, shown
from tests.properties.oracles import assert_paired, assert_same, hidden_by, indexes_dropped
from tests.properties.thinned import turn as today
from tests.properties.values import COUNTERS, KEPT, QUERIES, SMALL, Broken, Mood, Moody, calls, quarter, texts, turn
from tiermem import Decision, Memory, Message, Session, Shown
from tiermem.errors import BudgetTooSmall, IdConflict, InvalidMessage, TokenCounterError, UnknownReference
from tiermem.messages import COMPACTION_KEY
from tiermem.testing import HashEmbedder, StoppedClock
from tiermem.tokens.counting import message_tokens

STEPS = 2_400  # in one run of `make test`; a million in one of `make soak`
BATCHES = 4  # so that two processes share them
LENGTH = 100  # steps of one life of a session: long enough for summaries of summaries at these thresholds
OWNERS = ("ann", "bob")
counted: list[int] = [0]

owner, place, seldom = st.sampled_from(OWNERS), st.integers(0, 10_000), st.sampled_from([False] * 6 + [True])


class Life(LaysDown, Branches, RuleBasedStateMachine):
    """Two sessions in one file, and for each the list of everything that was ever acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="tm-life-"))
        self.clock = StoppedClock()
        self.summarizer = Moody()
        self.embedder = Broken(HashEmbedder(64))
        self.compactor = Mood("good")
        self.sent: dict[str, list[Message]] = {name: [] for name in OWNERS}
        self.open_calls: dict[str, list[str]] = {name: [] for name in OWNERS}
        self.decided: dict[str, int] = dict.fromkeys(OWNERS, 0)
        self.seen = {name: {} for name in OWNERS}
        self.begin(OWNERS)
        self.touched = OWNERS[0]
        self.managed = self.writing = False
        self.opened(enabled=True)

    def opened(self, *, enabled: bool) -> None:
        self.memory = Memory.open(
            self.folder / "life.db",
            counter=quarter,
            summarizer=self.summarizer,
            compactor=self.compactor.compact,
            embedder=self.embedder,
            clock=self.clock,
            enable_context_management=enabled,
            **SMALL,
        )

    def teardown(self) -> None:
        self.check_branches()
        self.memory.close()
        shutil.rmtree(self.folder)

    def session(self, name: str) -> Session:
        self.summarizer.session = self.memory.session(self.current[name], name)
        return self.summarizer.session

    def on(self, name: str, *, writing: bool = True) -> Session:
        """The session that this step is about."""
        counted[0] += 1
        self.touched, self.writing = name, writing
        return self.session(name)

    def canonical(self, name: str) -> list[bytes]:
        return [one.canonical for one in self.sent[name]]

    def add(self, name: str, given: Sequence[Message]) -> None:
        session, before = self.on(name), len(self.sent[name])
        stored = session.add(given)
        assert [m.canonical for m in stored] == [m.canonical for m in given]
        assert [m.sequence for m in stored] == list(range(before + 1, before + 1 + len(given)))
        self.sent[name] += given
        self.managed = True

    @rule(name=owner, said=texts, answer=texts)
    def talk(self, name: str, said: str, answer: str) -> None:
        self.add(name, turn(name, said, answer))

    @rule(name=owner, role=st.sampled_from(["user", "assistant", "system", "narrator"]), text=texts, pin=seldom)
    def say(self, name: str, role: str, text: str, pin: bool) -> None:
        self.add(name, [Message(role=role, content=f"{name} {text}", pinned=pin and len(text) < 200)])

    @rule(name=owner, made=calls, pin=seldom)
    def call_tools(self, name: str, made: tuple[Any, ...], pin: bool) -> None:
        self.add(name, [Message(role="assistant", content=None, tool_calls=made, pinned=pin)])
        self.open_calls[name] += [call.id for call in made]

    @rule(name=owner, which=place, text=texts, orphan=seldom, pin=seldom)
    def answer_tool(self, name: str, which: int, text: str, orphan: bool, pin: bool) -> None:
        waiting = self.open_calls[name]
        known = "nobody-asked" if orphan or not waiting else waiting.pop(which % len(waiting))
        self.add(name, [Message(role="tool", content=text, tool_call_id=known, name="run", pinned=pin)])

    @rule(name=owner, which=place)
    def add_again(self, name: str, which: int) -> None:
        if self.sent[name]:
            one = self.sent[name][which % len(self.sent[name])]
            assert self.on(name).add([one, one])[1].sequence == which % len(self.sent[name]) + 1

    @rule(name=owner, which=place)
    def add_something_else_under_a_known_id(self, name: str, which: int) -> None:
        if self.sent[name]:
            taken = self.sent[name][which % len(self.sent[name])].id
            with pytest.raises(IdConflict):
                self.on(name).add([Message(role="user", content="new"), Message(role="user", content="?", id=taken)])

    @rule(name=owner)
    def add_what_cannot_be_kept(self, name: str) -> None:
        with pytest.raises(InvalidMessage):
            self.on(name).add([{"role": "user", "content": "fine"}, {"role": "user", "state": {"x": float("nan")}}])

    @rule(name=owner)
    def manage(self, name: str) -> None:
        session = self.on(name)
        session.manage_context()
        before = session.journal(), session.view(), session.stats().window_tokens
        session.manage_context()
        assert (session.journal(), session.view(), session.stats().window_tokens) == before
        self.managed = True

    @rule(name=owner)
    def restore_everything(self, name: str) -> None:
        session = self.on(name)
        assert [m.canonical for m in session.restore()] == self.canonical(name)
        assert [m.canonical for m in session.view().messages] == self.canonical(name)

    @rule(name=owner, places=st.lists(place, min_size=1, max_size=3), kind=st.sampled_from(["any", "edge", "summary"]))
    def restore_some(self, name: str, places: list[int], kind: str) -> None:
        session = self.on(name)
        known = [f"m{number + 1}" for number in range(len(self.sent[name]))]
        if not known:
            with pytest.raises(UnknownReference):
                session.restore("m1")
            return
        live = session.view().summaries
        edges = [f"m{number}" for one in live for number in (one.first, one.last)]
        refs = {"edge": edges, "summary": [one.ref for one in live]}.get(kind) or known
        restored = session.restore(*(refs[number % len(refs)] for number in places))
        assert {m.canonical for m in restored} <= set(self.canonical(name))
        assert {m.sequence for m in restored} <= {m.sequence for m in session.view().messages}

    @rule(name=owner, which=place)
    def undo(self, name: str, which: int) -> None:
        session = self.on(name)
        made = [d.number for d in session.journal() if d.kind != "undo" and not d.undone]
        if made:
            session.undo(made[which % len(made)])
        else:
            with pytest.raises(UnknownReference):
                session.undo(which)

    @rule(name=owner, sure=seldom)
    def clear(self, name: str, sure: bool) -> None:
        if sure:
            self.on(name).clear()
            assert self.session(name).messages() == [*self.session(name).view().messages] == []

    @precondition(lambda self: self.sent[self.touched])
    @rule(number=place, span=seldom)
    def forget(self, number: int, span: bool) -> None:
        session, number = self.on(self.touched), number % len(self.sent[self.touched]) + 1
        session.forget(f"m{number}", *(one.ref for one in session.view().summaries[:span]))
        assert number not in {one.sequence for one in [*session.messages(), *session.view().messages]}

    @rule(enabled=st.sampled_from([True, True, False]))
    def reopen(self, enabled: bool) -> None:
        counted[0] += 1
        before = {name: (self.session(name).view(), self.session(name).journal()) for name in OWNERS}
        self.memory.close()
        self.opened(enabled=enabled)
        assert {name: (self.session(name).view(), self.session(name).journal()) for name in OWNERS} == before

    @rule(seconds=st.sampled_from([1, 60, -3_600, 86_400 * 400, -86_400 * 3_650]))
    def jump(self, seconds: int) -> None:
        counted[0] += 1
        self.clock.tick(seconds)

    @rule(mood=st.sampled_from(Moody.MOODS))
    def sway_the_summarizer(self, mood: str) -> None:
        counted[0] += 1
        self.summarizer.mood = mood

    @rule(mood=st.sampled_from(["good", "good", "custom", "raise", "garbage", "spoil"]))
    def sway_the_compactor(self, mood: str) -> None:
        counted[0] += 1
        self.compactor.mood = mood

    @rule(mood=st.sampled_from(Broken.MOODS))
    def sway_the_embedder(self, mood: str) -> None:
        counted[0] += 1
        self.embedder.mood = mood

    @rule(name=owner, query=st.sampled_from(QUERIES))
    def lose_every_index(self, name: str, query: str) -> None:
        session = self.on(name)
        self.embedder.mood = "good"
        self.clock.tick(60)
        session.index()
        session.search("pool")  # what an embedder failed at before is told until it is asked again
        before = session.search(query), session.stats()
        indexes_dropped(self.memory)
        session.index()
        assert_same(session.search(query), before[0])
        assert session.stats() == before[1]

    @rule(
        name=owner,
        query=st.sampled_from([None, *QUERIES]),
        budget=st.integers(1, 900),
        counter=st.sampled_from([None, *COUNTERS]),
        goal=st.sampled_from([None, "ship it"]),
    )
    def ask(self, name: str, query: str | None, budget: int, counter: Any, goal: str | None) -> None:
        session, refused = self.on(name, writing=False), (budget + 1, budget)
        try:
            context = session.context(query, budget, counter=counter, goal=goal)
        except BudgetTooSmall as error:
            refused = error.needed, error.budget
            context = None
        except TokenCounterError:
            assert counter is COUNTERS[-1]
            return
        assert refused[0] > refused[1] == budget
        if context is None:
            return
        count = quarter if counter is None else lambda text: int(counter(text))
        assert context.tokens <= budget
        assert sum(message_tokens(one, count) for one in context.messages) == context.tokens
        assert_paired(context.messages)
        wanted = {m.sequence for m in session.view().messages if m.pinned or m.role == "system"}
        assert wanted <= {m.sequence for m in context.messages}
        other = OWNERS[1 - OWNERS.index(name)]
        assert not any(other in m.text for m in context.messages)

    @rule(name=owner, query=st.sampled_from(QUERIES))
    def find(self, name: str, query: str) -> None:
        session = self.on(name, writing=False)
        hits = session.search(query)
        shown = {m.sequence: m.canonical for m in session.messages()}
        assert all(shown[hit.message.sequence] == hit.message.canonical for hit in hits)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    @precondition(lambda self: self.sent[self.touched])
    @rule(which=place)
    def look_behind(self, which: int) -> None:
        session, number = self.on(self.touched, writing=False), which % len(self.sent[self.touched]) + 1
        told, original = session.explain(f"m{number}"), self.sent[self.touched][number - 1]
        assert session.expand(f"m{number}").messages == (original,)
        visible = {m.sequence: m for m in session.view().messages}
        assert (number in visible) == (told.shown in {Shown.VERBATIM, Shown.COMPACTED})
        if number in visible:
            assert (COMPACTION_KEY in visible[number].state) == (told.shown is Shown.COMPACTED)
        for one in session.view().summaries:
            opened = session.expand(one.ref)
            assert {s for found in one.structure.sources.values() for s in found} <= {
                m.sequence for m in opened.messages
            }

    @rule()
    def prove(self) -> None:
        counted[0] += 1
        for found in self.memory.verify().values():
            assert found.problems == ()

    @invariant()
    def what_changed_lost_nothing_and_is_shown_exactly_once(self) -> None:
        if not self.writing:
            return
        name, self.writing = self.touched, False
        session, sent = self.session(name), self.sent[name]
        journal, stats, view = session.journal(), session.stats(), session.view()
        hidden = hidden_by(journal, len(sent))
        assert [m.canonical for m in session.messages()] == [
            one.canonical for number, one in enumerate(sent, start=1) if number not in hidden
        ]
        assert stats.messages == len(sent)
        assert stats.verbatim + stats.compacted + stats.covered + stats.hidden == stats.messages
        assert stats.hidden == len(hidden)
        assert view.tokens == stats.window_tokens
        numbers = [m.sequence for m in view.messages]
        assert numbers == sorted(set(numbers) - hidden)
        assert len(numbers) == stats.verbatim + stats.compacted
        assert sum(COMPACTION_KEY in m.state for m in view.messages) == stats.compacted
        for one in view.messages:
            original = sent[one.sequence - 1]
            if COMPACTION_KEY not in one.state:
                assert one.canonical == original.canonical
            else:
                assert one.state[COMPACTION_KEY]["original_content"] == original.content
        self.check_the_newest(journal, numbers)
        if session.stats().decisions == stats.decisions:
            self.seen[name][stats.decisions] = shown(session, sent)

    def check_the_newest(self, journal: Sequence[Decision], visible: Sequence[int]) -> None:
        """What managing decided lies before the newest messages."""
        fresh = [d for d in journal[self.decided[self.touched] :] if d.kind in {"compact", "cover"}]
        self.decided[self.touched] = len(journal)
        if self.managed and fresh:
            assert len(visible) >= KEPT
            assert max(d.last for d in fresh) < visible[-KEPT]
        self.managed = False


def _live(steps: int, batch: int | None = None) -> None:
    """At least that many steps; the same ones in each run of a numbered batch in CI, and elsewhere for a day."""
    counted[0], lives = 0, 0
    chosen = settings(
        max_examples=max(1, steps // LENGTH // 4),  # Hypothesis ends some lives early, and how many varies
        stateful_step_count=LENGTH,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    while counted[0] < steps:
        life = type("Life", (Life,), {})
        if batch is not None:
            life = seed(1_000_000 * today + 1_000 * batch + lives)(life)
        run_state_machine_as_test(life, settings=chosen)
        lives += 1
    print(f"{counted[0]} steps")


@pytest.mark.parametrize("batch", range(BATCHES))
def test_thousands_of_steps_break_no_invariant(batch: int) -> None:
    _live(STEPS // BATCHES, batch)


@pytest.mark.soak
def test_a_million_steps_break_no_invariant() -> None:
    _live(1_000_000)
