"""Many threads, tasks and processes on one session: what was sent is stored, once, in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Open
from tests.memory.crowd import length
from tests.waiting import PATIENCE, until
from tiermem import AsyncMemory, Memory, Message
from tiermem.errors import TiermemError
from tiermem.storage.connecting.writer import LARGEST_GROUP, _Job

ROOT = Path(__file__).parents[3]
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
SLOW = 0.3  # seconds that a slow summariser takes


@pytest.fixture(params=["file", "postgres"])
def shared(request: pytest.FixtureRequest, file: Path) -> str:
    """A place that several processes can open."""
    return str(file) if request.param == "file" else str(request.getfixturevalue("postgres_url"))


def run_crowd(*arguments: object) -> None:
    command = [sys.executable, "-m", "tests.memory.crowd", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout[-3_000:] + done.stderr[-3_000:]


def together(*bodies: Callable[[], Any]) -> list[Any]:
    """The results, or errors, of *bodies* run in threads that start at the same moment."""
    results: list[Any] = [None] * len(bodies)
    ready = threading.Barrier(len(bodies))

    def run(place: int) -> None:
        ready.wait()
        try:
            results[place] = bodies[place]()
        except BaseException as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(bodies))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return results


def assert_in_order(messages: Sequence[Message]) -> None:
    """Sequence numbers without a gap; every producer's messages in the order in which it sent them."""
    assert [m.sequence for m in messages] == list(range(1, len(messages) + 1))
    producers: dict[str, list[int]] = {}
    for one in messages:
        name, _, number = one.id.rpartition("-")
        producers.setdefault(name, []).append(int(number))
    assert all(numbers == list(range(len(numbers))) for numbers in producers.values())


@forks
def test_64_threads_and_tasks_in_two_processes_store_what_they_sent_once_and_in_order(shared: str) -> None:
    processes, workers, count = 2, 64, 3
    run_crowd("add", shared, processes, workers, count)
    with Memory.open(shared, counter=length, pre_rot_threshold=10_000, keep_recent_count=4) as memory:
        messages = memory.session("s").messages()
        assert len(messages) == processes * workers * count
        assert len({m.id for m in messages}) == len(messages)
        assert_in_order(messages)
        assert memory.session("s").verify().problems == ()
        memory.manage_context("s")  # a summary planned while others compact may have lost every race until now
        assert memory.session("s").stats().covered > 0


@forks
def test_eight_processes_may_be_the_first_to_open_a_path(file: Path) -> None:
    run_crowd("open", file, 8, 4)
    for attempt in range(4):
        with Memory.open(f"{file}{attempt}.db") as memory:
            assert {m.id for m in memory.session("s").messages()} == {f"p{place}" for place in range(8)}
            assert memory.session("s").verify().ok


@forks
def test_eight_processes_may_be_the_first_to_open_a_server(postgres_url: str) -> None:
    from tests.memory import crowd

    assert crowd.length("") == 1
    run_crowd("add", postgres_url, 8, 1, 1)
    with Memory.open(postgres_url) as memory:
        assert len(memory.session("s").messages()) == 8


@forks
def test_an_open_memory_works_in_a_forked_child_and_still_in_the_parent(shared: str) -> None:
    script = (
        "import os, sys\n"
        "from tiermem import Memory\n"
        "memory = Memory.open(sys.argv[1])\n"
        "session = memory.session('s')\n"
        "session.add('from the parent, before')\n"
        "child = os.fork()\n"
        "session.add('from the child' if not child else 'from the parent, after')\n"
        "assert len(session.messages()) >= 2 and session.context('parent').messages\n"
        "if not child: os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert {m.content for m in session.messages()} == "
        "{'from the parent, before', 'from the child', 'from the parent, after'}\n"
        "assert session.verify().ok\n"
    )
    done = subprocess.run([sys.executable, "-c", script, shared], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_is_acknowledged_that_still_waits_for_its_commit(file: Path) -> None:
    """A shared commit is limited: whoever holds the lock first may be behind more than fit into it."""
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add("first")
        writer = memory._performer._database._transactions._writer
        assert writer is not None
        writer._waiting.extend(_Job(lambda _: None) for _ in range(2 * LARGEST_GROUP + 1))
        (last,) = memory.session("s").add("last")
        assert last.sequence == 2
        results = together(*(lambda n=n: memory.session("s").add(f"{n}") for n in range(150)))
        assert sorted(one[0].sequence for one in results) == list(range(3, 153))
    with Memory.open(file, counter=length) as memory:
        assert len(memory.session("s").messages()) == 152


def test_several_event_loops_and_threads_share_one_memory(store: Open) -> None:
    memory = store(counter=length)
    session = memory.session("s")

    def loop(name: str) -> None:
        async def main() -> None:
            for number in range(8):
                await session.as_async().add(Message(role="user", content="x", id=f"{name}-{number}"))
                await session.as_async().context("x")

        asyncio.run(main())

    def thread(name: str) -> None:
        for number in range(8):
            session.add(Message(role="user", content="x", id=f"{name}-{number}"))
            session.search("x")

    results = together(*(lambda n=n: (loop if n % 2 else thread)(f"w{n}") for n in range(8)))
    assert results == [None] * 8
    assert_in_order(session.messages())
    assert len(session.messages()) == 64
    assert session.verify().ok


async def test_a_cancelled_add_is_stored_or_not_and_its_id_says_which(store: Open) -> None:
    memory = store(counter=length, index_batch=8)
    session, chance = memory.session("s").as_async(), random.Random(7)
    finished = []
    for number in range(60):
        one = Message(role="user", content="cancel me " * 20, id=f"c{number}")
        task = asyncio.create_task(session.add(one))
        await asyncio.sleep(chance.random() * 0.006)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            finished.append((await task)[0].id)
        again = await session.add(one)
        assert [m.content for m in again] == [one.content]
    stored = [m.id for m in await session.messages()]
    assert stored == [f"c{number}" for number in range(60)]
    assert set(finished) <= set(stored)
    assert (await session.verify()).ok
    assert len(finished) < 60


async def test_a_cancelled_turn_leaves_the_pool_usable(shared: str) -> None:
    async with await AsyncMemory.open(shared, counter=length) as memory:
        session = memory.session("s")
        await session.add("first")
        for _ in range(100):
            tasks = [asyncio.create_task(session.add(f"{n}")) for n in range(4)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(session.add(f"after {n}") for n in range(32)))
        assert (await session.verify()).ok


def slow(calls: list[int], going: threading.Event | None) -> Callable[[Sequence[Message]], dict[str, Any]]:
    def summarize(messages: Sequence[Message]) -> dict[str, Any]:
        calls.append(len(messages))
        if going is None:
            time.sleep(SLOW)
        else:
            assert going.wait(PATIENCE)
        return {"user_goal": "raise the pool", "key_decisions": [f"{len(messages)} messages said so"]}

    return summarize


def filled(store: Open, calls: list[int], going: threading.Event | None = None, **more: Any) -> Memory:
    """A memory with much to summarise; the summariser waits for *going*, or for a moment."""
    memory = store(
        counter=length,
        pre_rot_threshold=1_000,
        keep_recent_count=3,
        summarizer=slow(calls, going),
        enable_context_management=False,
        **more,
    )
    for number in range(60):
        memory.session("s").add(f"Decision {number}: the pool of service {number} is raised. " * 3)
    return memory


def test_an_add_during_a_slow_summariser_goes_through_and_the_summary_covers_what_it_read(store: Open) -> None:
    calls, going = list[int](), threading.Event()
    memory = filled(store, calls, going, summarizer_timeout=2 * PATIENCE)
    session = memory.session("s")

    def add() -> None:
        until(lambda: calls)
        session.add("news while the model thinks")
        going.set()

    report, added = together(session.manage_context, add)
    assert not isinstance(report, BaseException), report
    assert added is None
    assert report.covered
    assert session.stats().summarizer_failures == 0
    (summary,) = session.view().summaries
    assert calls[0] == summary.structure.count == summary.last - summary.first + 1
    assert session.messages()[-1].content == "news while the model thinks"
    assert session.view().messages[-1].content == "news while the model thinks"
    assert session.verify().problems == ()


def test_two_that_manage_at_once_make_one_summary(store: Open) -> None:
    calls: list[int] = []
    session = filled(store, calls).session("s")
    results = together(session.manage_context, session.manage_context)
    assert not [one for one in results if isinstance(one, BaseException)]
    assert len([d for d in session.journal() if d.kind == "cover" and not d.undone]) == 1
    assert len(session.view().summaries) == 1
    assert session.verify().problems == ()


def test_a_decision_taken_while_the_summariser_thinks_is_not_overwritten(store: Open) -> None:
    calls, going = list[int](), threading.Event()
    session = filled(store, calls, going, summarizer_timeout=2 * PATIENCE).session("s")

    def restore() -> None:
        until(lambda: calls)
        session.clear()
        going.set()

    results = together(session.manage_context, restore)
    assert not [one for one in results if isinstance(one, BaseException)]
    assert session.messages() == []
    assert session.view().summaries == ()
    assert session.verify().problems == ()


def test_restore_clear_undo_and_manage_at_once_leave_a_sound_session(store: Open) -> None:
    session = filled(store, [], index_batch=8).session("s")

    def several(verb: Callable[[], Any]) -> Callable[[], None]:
        def body() -> None:
            for _ in range(6):
                try:
                    verb()
                except TiermemError:
                    continue  # overtaken, or already undone by another thread

        return body

    def undo() -> None:
        session.undo(random.choice([d.number for d in session.journal() if not d.undone] or [1]))

    verbs: tuple[Callable[[], Any], ...] = (
        session.restore,
        session.clear,
        undo,
        session.manage_context,
        lambda: session.add("more"),
    )
    results = together(*map(several, verbs))
    assert results == [None] * len(verbs)
    assert session.verify().problems == ()
    assert [m.sequence for m in session.restore()] == list(range(1, 67))


def test_an_add_leaves_managing_to_the_process_that_came_first(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tries once; `manage_context` tries until the window is where it should be. The window is not overgrown, or the
    add itself would try too, after the background or before it."""
    from tiermem.flows.writing import maintain

    tried = 0
    real = maintain.commit

    def overtaken(connection: Any, core: Any, scope: Any, planned: Any, decisions: Any, **rest: Any) -> Any:
        nonlocal tried
        tried += 1
        if tried <= 3:  # another process decided about the session since
            connection.exec_driver_sql("UPDATE tiermem_session SET revision = revision + 1")
        return real(connection, core, scope, planned, decisions, **rest)

    monkeypatch.setattr(maintain, "commit", overtaken)
    with Memory.open(file, counter=length, pre_rot_threshold=600, keep_recent_count=1) as memory:
        session = memory.session("s")
        session.add(["the pool of the billing service is 10 and must be 50 " * 6 for _ in range(6)])
        assert tried == 1
        assert session.manage_context().compacted
        assert tried == 4
