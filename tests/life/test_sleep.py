"""Sleep: what nobody used leaves the window and nothing else; what is used comes back; on every backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tiermem import AsyncMemory, Memory, Session
from tiermem.erasure.retention import Retention
from tiermem.errors import InvalidMessage, UnknownReference
from tiermem.life import Forgetting, Phases, Slept, sleeping
from tiermem.settings import Scope
from tiermem.testing import StoppedClock
from tiermem.tools import memory_tools

Open = Callable[..., Memory]
DAY = 86_400
SMALL: dict[str, Any] = {"pre_rot_threshold": 1_500, "keep_recent_count": 4}
PLACES = [
    "harbour",
    "bridge",
    "museum",
    "tower",
    "garden",
    "market",
    "station",
    "library",
    "bakery",
    "theatre",
    "school",
    "temple",
]


def said(number: int) -> list[dict[str, str]]:
    """A turn of about 100 tokens, with words that no other turn has."""
    walk = " then ".join(PLACES[(number * 5 + step * 7) % len(PLACES)] for step in range(18))
    return [
        {"role": "user", "content": f"On walk {number} we went {walk}. Look at the heron{number} there."},
        {"role": "assistant", "content": f"Noted the heron{number} of walk {number}: {walk}."},
    ]


def lived(memory: Memory, clock: StoppedClock, *, turns: int = 30, apart: int = 5) -> Session:
    """A conversation of months, of which most is stubs and summaries by the thresholds."""
    session = memory.session("friday", "anna")
    for number in range(turns):
        session.add(said(number))
        clock.tick(apart * DAY)
    return session


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


def shown(session: Session) -> set[int]:
    """The messages that the window shows, whole or as stubs, or has a line of."""
    view = session.view()
    lines = {number for one in view.summaries for numbers in one.structure.sources.values() for number in numbers}
    return {one.sequence for one in view.messages} | lines


def test_what_nobody_used_leaves_the_window_and_nothing_else(store: Open, clock: StoppedClock) -> None:
    memory = store(clock=clock, **SMALL)
    session = lived(memory, clock)
    before, archive, view = session.stats().window_tokens, session.messages(), session.view()
    planned = memory.life("anna").sleep(dry_run=True)
    assert session.view() == view, "a dry run changes nothing"
    slept = memory.life("anna").sleep()
    assert slept.faded == planned.faded > 10
    assert session.stats().window_tokens == before - slept.tokens < before
    assert session.messages() == archive
    assert session.search("heron3")[0].message.sequence in {7, 8}
    assert {one.sequence for one in session.view().messages} >= {57, 58, 59, 60}, "what stands whole stays"
    assert all(found.ok for found in memory.verify().values())
    assert memory.life("anna").sleep().decisions == (), "sleeping again changes nothing"
    for name, number in reversed(slept.decisions):
        memory.session(name, "anna").undo(number)
    assert session.view() == view
    assert session.stats().window_tokens == before


def test_what_is_used_comes_back_and_stays(store: Open, clock: StoppedClock) -> None:
    memory = store(clock=clock, **SMALL)
    session, life = lived(memory, clock), memory.life("anna")
    life.sleep()
    gone = next(number for number in range(1, 61) if number not in shown(session) and session.explain(f"m{number}"))
    assert life.of(f"friday/m{gone}").level == "long-term"
    life.used(f"friday/m{gone}")
    slept = life.sleep()
    assert slept.woken == 1
    back = life.of(f"friday/m{gone}")
    assert (back.active, back.uses, back.level) == (True, 1, "working")
    assert life.sleep().decisions == ()
    assert all(found.ok for found in memory.verify().values())
    clock.tick(100 * DAY)
    assert not life.of(f"friday/m{gone}").active, "one use lasts some months"
    life.sleep()
    assert life.of(f"friday/m{gone}").level == "long-term"


@pytest.mark.parametrize("way", ["restore", "expand", "tool", "used"])
def test_restoring_opening_and_citing_are_uses_and_being_found_is_none(clock: StoppedClock, way: str) -> None:
    with Memory.open(":memory:", clock=clock, **SMALL) as memory:
        session, life = lived(memory, clock), memory.life("anna")
        session.search("heron3"), session.recall("heron3", 300), session.context("heron3", 800)
        memory_tools(session)["search_memory"].call(query="heron3")
        life.sleep()
        assert life.of("friday/m7").uses == 0
        {
            "restore": lambda: session.restore("m7"),
            "expand": lambda: memory.session("other", "anna").expand("friday/m7"),
            "tool": lambda: memory_tools(session)["expand_memory"].call(ref="m7"),
            "used": lambda: life.used("friday/m7"),
        }[way]()
        life.sleep()
        assert life.of("friday/m7").uses == 1
        session.expand("m7")
        life.sleep()
        assert life.of("friday/m7").uses == 1, "twice in a day is once"


def test_what_was_laid_down_is_known_or_pinned_never_fades(store: Open, clock: StoppedClock) -> None:
    memory = store(clock=clock, **SMALL)
    session = memory.session("friday", "anna")
    session.add(["From now on please answer in one sentence.", "I live in Bergen.", said(99)[0]])
    session.add({"role": "user", "content": "The archive key hangs behind the door.", "pinned": True})
    lived(memory, clock)
    life = memory.life("anna")
    life.sleep()
    found = {number: life.of(f"friday/m{number}") for number in range(1, 5)}
    assert [found[number].protected for number in range(1, 5)] == ["laid down", "fact", "", "pinned"]
    assert [found[number].active for number in range(1, 5)] == [True, True, False, True]
    assert "answer in one sentence" in " ".join(one.text for one in session.context("Hello", 900).messages)


def test_what_is_hidden_stays_hidden_and_a_summary_keeps_the_lines_that_are_used(clock: StoppedClock) -> None:
    with Memory.open(":memory:", clock=clock, **SMALL) as memory:
        session, life = lived(memory, clock), memory.life("anna")
        session.forget("m3")
        lines = {path: numbers for one in session.view().summaries for path, numbers in one.structure.sources.items()}
        assert lines
        kept = next(iter(lines.values()))[0]
        life.used(f"friday/m{kept}")
        life.sleep()
        assert session.explain("m3").shown == "hidden"
        left = {n for one in session.view().summaries for numbers in one.structure.sources.values() for n in numbers}
        assert kept in left
        assert len(left) < len({number for numbers in lines.values() for number in numbers})
        assert all(found.ok for found in memory.verify().values())


def test_an_import_does_not_fade_on_arrival(clock: StoppedClock) -> None:
    with Memory.open(":memory:", clock=clock, **SMALL) as memory:
        session = memory.session("old", "anna")
        for number in range(30):
            session.add(
                [{**one, "created_at": f"2019-01-{number % 28 + 1:02d}T10:00:00+00:00"} for one in said(number)]
            )
        assert memory.life("anna").sleep().faded == 0
        assert memory.life("anna").of("old/m1").active


def test_a_sleep_ends_in_time_and_goes_on_where_it_was(file: Path, clock: StoppedClock) -> None:
    with Memory.open(file, clock=clock, **SMALL) as memory:
        lived(memory, clock)
        assert replace(memory.life("anna").sleep(seconds=0), seconds=0.0) == Slept(finished=False)
        assert memory.life("anna").sleep(forgetting=None).faded == 0
    with Memory.open(file, clock=clock, **SMALL) as memory:
        slept = memory.life("anna").sleep()
        assert slept.finished
        assert slept.faded > 10
        assert memory.life("ben").sleep().sessions == 0
        assert not memory.life("anna").sleep(forgetting=Forgetting(rate=0)).faded


def test_a_sleep_that_its_time_ends_before_what_is_past_its_time_is_not_finished(clock: StoppedClock) -> None:
    with Memory.open(":memory:", clock=clock) as memory:
        memory.session("s", "anna").add("hello")
        clock.tick(20 * 86_400)
        user = Scope("", "anna", "-")

        def ended_behind_the_session() -> Slept:
            over = iter([False, True])
            return memory.drive(sleeping.sleep(memory._core, user, None, None, unless=lambda: next(over)))

        assert ended_behind_the_session().finished  # nothing is ever past its time
        memory.retain(Retention(keep_for=15), "anna")
        stopped = ended_behind_the_session()
        assert (stopped.finished, stopped.expired.messages) == (False, 0)
        slept = memory.life("anna").sleep(forgetting=None)
        assert (slept.finished, slept.expired.messages) == (True, 1)


def test_levels_are_what_is_there(store: Open, clock: StoppedClock) -> None:
    memory = store(clock=clock, **SMALL)
    session, life = lived(memory, clock), memory.life("anna")
    before = life.levels("friday")
    life.sleep()
    after = life.levels("friday")
    for levels in (before, after):
        stats = session.stats()
        three = (levels.working, levels.short_term, levels.long_term)
        assert sum(one.messages for one in three) == stats.messages
        assert sum(one.said for one in three) == stats.tokens
    assert before.window > after.window == session.stats().window_tokens
    assert before.capacity < after.capacity
    assert after.long_term.messages > before.long_term.messages
    assert (after.working.ratio, after.sensory.messages) == (1.0, 0)
    assert 0 < before.short_term.ratio < 1
    assert life.levels("never").capacity == 1


def test_what_makes_no_sense_is_refused(clock: StoppedClock) -> None:
    with Memory.open(":memory:", clock=clock, **SMALL) as memory:
        lived(memory, clock, turns=2)
        life = memory.life("anna")
        for ref in ("m1", "friday/m99", "friday/s1", "never/m1", 7):
            with pytest.raises(UnknownReference):
                life.of(ref)  # type: ignore[arg-type]
        for refs in (("friday/m1", "friday/m99"), ("friday/m1", "never/m1")):
            with pytest.raises(UnknownReference):
                life.used(*refs)
        with pytest.raises(InvalidMessage):
            life.of("friday/m1", 0.3)  # type: ignore[arg-type]
        assert life.of("friday/m1").uses == 0, "nothing was written"
        for wrong in ({"seconds": -1}, {"seconds": float("nan")}, {"seconds": "x"}, {"forgetting": 0.3}):
            with pytest.raises(InvalidMessage):
                life.sleep(**wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidMessage):
            life.used("friday/m1", reason="")


def test_phases_are_seen_and_one_is_always_active(clock: StoppedClock) -> None:
    phases = Phases()
    with Memory.open(":memory:", clock=clock, **SMALL) as memory:
        memory.subscribe(phases)
        assert phases.active(clock()) == ("long-term storage",)
        session = lived(memory, clock)
        session.context("heron3", 800)
        memory.life("anna").sleep()
        assert {name for name, one in phases.seen.items() if one.count} == set(phases.seen)
        assert "sleep" in phases.active(clock())
        clock.tick(DAY)
        assert phases.active(clock()) == ("long-term storage",)


def test_async_sleeps_the_same(clock: StoppedClock) -> None:
    async def main() -> tuple[Any, ...]:
        async with await AsyncMemory.open(":memory:", clock=clock, **SMALL) as memory:
            session, life = memory.session("friday", "anna"), memory.life("anna")
            for number in range(30):
                await session.add(said(number))
                clock.tick(5 * DAY)
            await life.used("friday/m7")
            slept, levels = await life.sleep(), await life.levels("friday")
            return slept.faded, levels.working.messages, (await life.of("friday/m7")).uses

    faded, whole, uses = asyncio.run(main())
    assert faded > 10
    assert (whole >= 4, uses) == (True, 1)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("number", [8, 10, 30])
@pytest.mark.parametrize("way", ["expand", "restore", "used"])
def test_a_sleep_settles_whatever_was_used(clock: StoppedClock, number: int, way: str) -> None:
    with Memory.open(":memory:", clock=clock, **SMALL) as memory:
        session, life = memory.session("friday", "anna"), memory.life("anna")
        session.add({"role": "system", "content": "You are a guide."})
        lived(memory, clock)
        for use in range(2):
            if use:
                getattr(life if way == "used" else session, way)(f"friday/m{number}" if way == "used" else f"m{number}")
            slept = life.sleep()
            assert len(slept.decisions) < 10
            assert (life.sleep().decisions, life.sleep(dry_run=True).faded) == ((), 0)
            clock.tick(30 * DAY)
        assert life.of(f"friday/m{number}").level in {"working", "short-term"}, "shown, or told of in a line"
        assert all(found.ok for found in memory.verify().values())
        clock.tick(100 * DAY)
        life.sleep()
        assert life.sleep().decisions == ()
        assert life.of(f"friday/m{number}").level != "working", "it fades again"


def test_who_takes_a_fading_back_keeps_it(clock: StoppedClock) -> None:
    with Memory.open(":memory:", clock=clock, **SMALL) as memory:
        session, life = lived(memory, clock), memory.life("anna")
        view = session.view()
        for name, number in reversed(life.sleep().decisions):
            memory.session(name, "anna").undo(number)
        assert session.view() == view
        assert life.sleep().decisions == ()
