"""`drive` and its async twins: answers go in, errors are raised inside, the value comes out."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.waiting import PATIENCE
from tiermem.flows.driving import Performing, adrive, adrive_in_stretches, drive

Perform = Callable[[str], Any]
Drive = Callable[[Generator[str, Any, Any], Perform], Any]


def _async(generator: Generator[str, Any, Any], perform: Perform, *, aside: bool) -> Any:
    async def aperform(wanted: str) -> Any:
        return perform(wanted)

    return asyncio.run(adrive(generator, aperform, aside=aside))


def far(perform: Perform, pool: ThreadPoolExecutor) -> Performing[str]:
    """What begins with "own" is awaited on the loop, what begins with "write" is seen to its end."""

    async def aperform(wanted: str) -> Any:
        return perform(wanted)

    return Performing(
        perform=perform,
        aperform=aperform,
        awaited=lambda wanted: wanted.startswith("own"),
        seen_to_its_end=lambda wanted: wanted.startswith("write"),
        start=pool.submit,
    )


def _in_stretches(generator: Generator[str, Any, Any], perform: Perform) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return asyncio.run(adrive_in_stretches(generator, far(perform, pool)))


DRIVES = {
    "drive": drive,
    "adrive": partial(_async, aside=False),
    "aside": partial(_async, aside=True),
    "in stretches": _in_stretches,
}


@pytest.fixture(params=DRIVES)
def driven(request: pytest.FixtureRequest) -> Drive:
    return DRIVES[request.param]


def collecting() -> Generator[str, Any, list[Any]]:
    return [(yield "first"), (yield "second")]


def test_answers_go_in_and_the_value_comes_out(driven: Drive) -> None:
    assert driven(collecting(), str.upper) == ["FIRST", "SECOND"]


def test_a_generator_that_asks_for_nothing_returns_at_once(driven: Drive) -> None:
    def silent() -> Generator[str, Any, int]:
        if False:
            yield "never"
        return 3

    assert driven(silent(), str.upper) == 3


def failing(error: BaseException) -> Perform:
    def perform(_: str) -> Any:
        raise error

    return perform


@pytest.mark.parametrize("error", [ValueError("no"), asyncio.CancelledError("no"), KeyError("no")], ids=repr)
def test_an_error_is_raised_inside_the_generator_which_may_go_on(driven: Drive, error: BaseException) -> None:
    def forgiving() -> Generator[str, Any, str]:
        try:
            yield "first"
        except type(error) as raised:
            return f"{type(raised).__name__}: {raised.args[0]}"
        return "nothing was raised"

    assert driven(forgiving(), failing(error)) == f"{type(error).__name__}: no"


def test_an_error_that_the_generator_lets_through_reaches_the_caller(driven: Drive) -> None:
    cleaned = []

    def cleaning() -> Generator[str, Any, None]:
        try:
            yield "first"
        finally:
            cleaned.append(True)

    with pytest.raises(LookupError, match="no"):
        driven(cleaning(), failing(LookupError("no")))
    assert cleaned == [True]


def test_only_what_is_driven_aside_leaves_the_thread_of_the_loop() -> None:
    def where() -> Generator[str, Any, list[int]]:
        before = threading.get_ident()
        yield "first"
        return [before, threading.get_ident()]

    own = threading.get_ident()
    assert set(DRIVES["adrive"](where(), str.upper)) == {own}
    assert own not in DRIVES["aside"](where(), str.upper)


@pytest.mark.parametrize("aside", [False, True])
def test_a_cancelled_task_ends_its_generator(aside: bool) -> None:
    ended = []

    def waiting() -> Generator[str, Any, None]:
        try:
            yield "for ever"
        except asyncio.CancelledError:
            ended.append(True)
            raise

    async def main() -> None:
        begun = asyncio.Event()

        async def hang(_: str) -> None:
            begun.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(adrive(waiting(), hang, aside=aside))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(main())
    assert ended == [True]


def test_a_stretch_takes_one_thread_once_and_what_is_awaited_runs_on_the_loop() -> None:
    started, threads = list[str](), dict[str, int]()

    class Counting(ThreadPoolExecutor):
        def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
            started.append(arguments[0])
            return super().submit(function, *arguments, **keywords)

    def wanting() -> Generator[str, Any, int]:
        yield "read 1"
        yield "read 2"
        yield "own call"
        yield "read 3"
        yield "write"
        return threading.get_ident()

    def perform(wanted: str) -> None:
        threads[wanted] = threading.get_ident()

    with Counting(1) as pool:
        end = asyncio.run(adrive_in_stretches(wanting(), far(perform, pool)))
    assert started == ["read 1", "read 3"]
    assert threads.pop("own call") == threading.get_ident()
    assert {*threads.values(), end} == {end} != {threading.get_ident()}


@pytest.mark.parametrize(("wanted", "waited_for"), [("read", False), ("write", True)])
def test_a_cancelled_caller_waits_for_a_write_alone_and_the_generator_is_told(wanted: str, waited_for: bool) -> None:
    begun, go_on, done, ended = threading.Event(), threading.Event(), threading.Event(), threading.Event()

    def wanting() -> Generator[str, Any, None]:
        try:
            yield wanted
            yield "another"
        except asyncio.CancelledError:
            ended.set()
            raise

    def perform(asked: str) -> None:
        assert asked != "another", "it was cancelled"
        begun.set()
        assert go_on.wait(PATIENCE)
        done.set()

    async def main() -> None:
        with ThreadPoolExecutor(1) as pool:
            task = asyncio.create_task(adrive_in_stretches(wanting(), far(perform, pool)))
            assert await asyncio.to_thread(begun.wait, PATIENCE)
            task.cancel()
            if waited_for:
                assert not (await asyncio.wait({task}, timeout=0.2))[0]
                go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert done.is_set() is waited_for
            go_on.set()

    asyncio.run(main())
    assert ended.is_set()


def test_what_a_cancelled_caller_left_is_not_logged_as_lost() -> None:
    opened, begun, told = threading.Event(), threading.Event(), list[Any]()

    def perform(_: str) -> str:
        begun.set()
        assert opened.wait(PATIENCE)
        return ""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context))
        with ThreadPoolExecutor(1) as pool:
            task = asyncio.create_task(adrive_in_stretches(collecting(), far(perform, pool)))
            await asyncio.to_thread(begun.wait, PATIENCE)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            opened.set()
            await asyncio.to_thread(pool.shutdown)
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(main())
    assert told == []
