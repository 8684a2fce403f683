"""Whoever listens hears its own, in any thread or task, and breaks nothing."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Open
from tests.memory.told import SMALL, everything, kinds, talk, texts
from tests.waiting import PATIENCE
from tiermem import Memory
from tiermem.errors import InvalidSettings
from tiermem.events import Event, collecting
from tiermem.testing import ScriptedSummarizer


def test_a_callback_that_fails_changes_nothing_and_is_visible(store: Open, caplog: pytest.LogCaptureFixture) -> None:
    memory = store(**SMALL)
    session, told = memory.session("s"), list[Event]()

    def broken(_: Event) -> None:
        raise ValueError("no such panel")

    memory.subscribe(broken)
    memory.subscribe(told.append)
    with caplog.at_level(logging.WARNING, "tiermem"):
        talk(session, 8)
    assert session.stats().messages == 8
    assert kinds(told).count("added") == 8
    assert any("no such panel" in line for line in session.stats().degraded)
    assert len([one for one in caplog.records if "a callback failed" in one.message]) == 1


def test_a_log_that_fails_undoes_nothing_and_is_visible(store: Open, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            raise OSError("no room for logs")

    session, told, broken = store().session("s"), list[Event](), Broken()
    session.subscribe(told.append)
    caplog.set_level(logging.DEBUG, "tiermem")
    logging.getLogger("tiermem").addFilter(broken)
    try:
        assert [one.sequence for one in session.add(["one", "two"])] == [1, 2]
    finally:
        logging.getLogger("tiermem").removeFilter(broken)
    assert kinds(told) == ["added", "degraded"]
    assert (told[1].fields["mode"], told[1].fields["reason"]) == ("listener", "OSError")
    assert any("no room for logs" in line for line in session.stats().degraded)


def test_a_callback_may_use_the_session_and_stop_listening(store: Open) -> None:
    session, told = store().session("s"), list[int]()

    def answer(event: Event) -> None:
        told.append(event.fields["last"])
        if len(told) == 3:
            stop()
        session.add(f"after {event.fields['last']}")

    stop = session.subscribe(answer)
    session.add("first")
    assert told == [1, 2, 3]
    assert [one.text for one in session.messages()] == ["first", "after 1", "after 2", "after 3"]
    stop()


def test_a_session_hears_of_itself_alone(store: Open) -> None:
    memory = store()
    one, other = memory.session("s", "anna"), memory.session("s", "ben")
    heard: dict[str, list[Event]] = {"anna": [], "ben": [], "all": []}
    one.subscribe(heard["anna"].append)
    other.as_async().subscribe(heard["ben"].append)
    memory.subscribe(heard["all"].append)
    one.add("hello")
    other.add("hi")
    other.search("hi")
    assert [(e.scope.user, e.kind) for e in heard["anna"]] == [("anna", "added")]
    assert [(e.scope.user, e.kind) for e in heard["ben"]] == [("ben", "added"), ("ben", "recalled")]
    assert len(heard["all"]) == 3
    assert len({e.digest for e in heard["all"]}) == 2


def test_async_tells_the_same_in_the_same_order_and_not_on_the_event_loop(store: Open) -> None:
    memory = store(**SMALL)
    threads = set[int]()

    async def verbs(session: Any) -> list[str]:
        with collecting() as told:
            for text in texts():
                await session.add(text)
            await session.search("pool")
            await session.restore("m1")
            await session.clear()
        return kinds(told)

    async def main() -> list[str]:
        memory.subscribe(lambda _: threads.add(threading.get_ident()))
        return await verbs(memory.session("async").as_async())

    heard = asyncio.run(main())
    assert threading.get_ident() not in threads
    assert threads
    with collecting() as told:
        session = memory.session("sync")
        talk(session)
        session.search("pool")
        session.restore("m1")
        session.clear()
    assert heard == kinds(told)


def test_collecting_nests_and_hears_only_its_own_context(store: Open) -> None:
    memory = store()
    heard: dict[str, list[int]] = {}

    def elsewhere(name: str) -> None:
        with collecting() as told:
            memory.session(name).add(["one", "two"])
        heard[name] = [e.fields["count"] for e in told]

    with collecting() as outer:
        memory.session("s").add("one")
        with collecting() as inner:
            memory.session("s").add("two")
        threads = [threading.Thread(target=elsewhere, args=(f"t{n}",)) for n in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    memory.session("s").add("three")
    assert [e.fields["last"] for e in outer] == [1, 2]
    assert [e.fields["last"] for e in inner] == [2]
    assert heard == {f"t{n}": [2] for n in range(4)}


def test_logging_has_one_record_an_event_at_the_level_of_its_kind(
    store: Open, caplog: pytest.LogCaptureFixture
) -> None:
    session = store(**SMALL, summarizer=ScriptedSummarizer(RuntimeError("down"))).session("s")
    caplog.set_level(logging.DEBUG, "tiermem")
    with collecting() as told:
        everything(session)
    records = [vars(one) for one in caplog.records if "tiermem" in vars(one)]
    assert [one["tiermem"]["kind"] for one in records] == kinds(told)
    levels = {(one["tiermem"]["kind"], one["levelname"]) for one in records}
    assert levels == {
        ("added", "DEBUG"),
        ("recalled", "DEBUG"),
        ("compacted", "INFO"),
        ("summarised", "INFO"),
        ("dropped", "INFO"),
        ("erased", "INFO"),
        ("indexed", "DEBUG"),
        ("slept", "INFO"),
        ("forked", "INFO"),
        ("pinned", "INFO"),
        ("restored", "INFO"),
        ("undone", "INFO"),
        ("forgotten", "INFO"),
        ("degraded", "WARNING"),
    }


def test_nothing_is_built_for_an_event_that_nobody_hears(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiermem.telemetry.used", lambda: False)
    monkeypatch.setattr("tiermem.events.Event", lambda *_: pytest.fail("an event was made"))
    everything(store(**SMALL).session("s"))


@pytest.mark.parametrize("callback", [None, "print", asyncio.sleep])
def test_only_plain_functions_may_listen(callback: Any) -> None:
    with Memory.open(":memory:") as memory, pytest.raises(InvalidSettings):
        memory.subscribe(callback)


def test_many_threads_tell_each_of_their_events_once(store: Open) -> None:
    memory = store(**SMALL)
    told: list[Event] = []
    memory.subscribe(told.append)

    def work(name: str) -> None:
        for text in texts(12):
            memory.session(name).add(text)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    lasts = Counter((e.scope.session, e.fields["last"]) for e in told if e.kind == "added")
    assert lasts == Counter((f"t{n}", last) for n in range(6) for last in range(1, 13))
    for n in range(6):
        own = [e.fields["last"] for e in told if e.kind == "added" and e.scope.session == f"t{n}"]
        assert own == sorted(own)


def test_what_was_committed_for_a_cancelled_caller_is_told(store: Open) -> None:
    memory = store()
    told: list[Event] = []
    memory.subscribe(told.append)
    database = memory._performer._database
    write, begun, cancelled = database.write, threading.Event(), threading.Event()

    def slow(body: Callable[[Any], Any], **how: Any) -> Any:
        begun.set()
        assert cancelled.wait(PATIENCE)
        return write(body, **how)

    async def main() -> None:
        adding = asyncio.create_task(memory.session("s").as_async().add("hello"))
        await asyncio.to_thread(begun.wait, PATIENCE)
        adding.cancel()
        cancelled.set()
        with pytest.raises(asyncio.CancelledError):
            await adding

    database.write = slow  # type: ignore[method-assign]
    asyncio.run(main())
    database.write = write  # type: ignore[method-assign]
    assert memory.session("s").stats().messages == 1
    assert kinds(told) == ["added"]
