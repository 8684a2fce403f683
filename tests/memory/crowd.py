"""Processes that use one database at once, for the concurrency tests.

    python -m tests.memory.crowd open TARGET PROCESSES           each opens, adds one message, closes
    python -m tests.memory.crowd add TARGET PROCESSES WORKERS N  WORKERS threads and tasks in each add N messages
    python -m tests.memory.crowd default TARGET PROCESSES WORKERS N  the same, threads alone, with default settings

Prints one line for each problem and nothing else. Children are forked from a process that has imported everything and
wait for each other, so that they really meet.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tiermem import Memory, Message


def length(text: str) -> int:
    """A quick counter."""
    return len(text) // 4 + 1


def opened(target: str) -> Memory:
    """The memory that the crowd meets in: small enough that it is compacted and summarised all the time."""
    return Memory.open(target, counter=length, pre_rot_threshold=10_000, keep_recent_count=4, busy_timeout=60.0)


def crowd(processes: int, body: Callable[[int], None]) -> int:
    """Run *body* in that many processes at once; the number of those that failed."""
    wait, go = os.pipe()
    children = []
    for place in range(processes):
        child = os.fork()
        if not child:
            os.close(go)
            _child(wait, place, body)
        children.append(child)
    os.close(wait)
    os.close(go)  # the end of the pipe is the signal to start
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


def _child(wait: int, place: int, body: Callable[[int], None]) -> None:
    code = 1
    try:
        os.read(wait, 1)
        body(place)
        code = 0
    except BaseException:
        os.write(1, traceback.format_exc().encode())
    finally:
        os._exit(code)


def open_and_add(target: str, place: int) -> None:
    with opened(target) as memory:
        memory.session("s").add(Message(role="user", content=f"from {place}", id=f"p{place}"))


def batches(place: int, worker: int, count: int) -> list[list[Message]]:
    """What a worker adds: *count* messages, every third add a batch of two."""
    text = "the pool of the billing service is 10 and must be 50 " * 3
    made = [Message(role="user", content=f"{text}{n}", id=f"{place}-{worker}-{n}") for n in range(count)]
    return [made[n : n + 2] if n % 3 == 0 else made[n : n + 1] for n in range(count) if n % 3 != 1]


def add(target: str, place: int, workers: int, count: int) -> None:
    """Half of the workers are threads, half are tasks of one event loop."""
    with opened(target) as memory:

        def thread(worker: int) -> None:
            for batch in batches(place, worker, count):
                memory.session("s").add(batch)

        async def task(worker: int) -> None:
            for batch in batches(place, worker, count):
                await memory.session("s").as_async().add(batch)

        async def tasks() -> None:
            await asyncio.gather(*(task(worker) for worker in range(1, workers, 2)))

        with ThreadPoolExecutor(workers) as pool:
            started = [pool.submit(thread, worker) for worker in range(0, workers, 2)]
            asyncio.run(tasks())
        for one in started:
            one.result()


def add_by_default(target: str, place: int, threads: int, count: int) -> None:
    with Memory.open(target) as memory, ThreadPoolExecutor(threads) as pool:

        def thread(worker: int) -> None:
            for number in range(count):
                memory.session("s").add(Message(role="user", content="hello", id=f"{place}-{worker}-{number}"))

        for one in [pool.submit(thread, worker) for worker in range(threads)]:
            one.result()


def main() -> int:
    what, target, processes, *rest = sys.argv[1:]
    numbers = [int(one) for one in rest]
    with opened(":memory:") as memory:  # import and load everything before the fork
        for number in range(100):
            memory.session("s").add(f"warm {number} " * 20)
    bodies: dict[str, Callable[[int], None]] = {
        "open": lambda place: open_and_add(target, place),
        "add": lambda place: add(target, place, *numbers),
        "default": lambda place: add_by_default(target, place, *numbers),
    }
    if what != "open":
        return crowd(int(processes), bodies[what])
    failed = 0
    for attempt in range(numbers[0]):
        path = f"{target}{attempt}.db"
        failed += crowd(int(processes), lambda place, path=path: open_and_add(path, place))  # type: ignore[misc]
    return failed


if __name__ == "__main__":
    sys.exit(main())
