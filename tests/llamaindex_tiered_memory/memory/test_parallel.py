"""Tasks, threads and loops on one session."""

import asyncio
import threading

import pytest
from llama_index.core.base.llms.types import ChatMessage

from llamaindex_tiered_memory.blocks import InsertedTextBlock
from tests.llamaindex_tiered_memory.helpers import assistant, fresh, said, user
from tests.waiting import PATIENCE


def long_talk(turns: int = 60) -> list[ChatMessage]:
    return [one for n in range(turns) for one in (user(f"topic {n} " + "filler " * 30), assistant(f"noted {n}"))]


def inserted(message: ChatMessage) -> list[str]:
    return [block.text for block in message.blocks if isinstance(block, InsertedTextBlock)]


# -- parallel ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["ram", "file"])
def test_64_tasks_in_each_of_four_threads_store_everything_in_order(where, tmp_path):
    memory = fresh(path=":memory:" if where == "ram" else tmp_path / "m.db", token_limit=3000)

    async def producer(name: str) -> None:
        for number in range(3):
            await memory.aput(user(f"{name} {number}"))

    def loop(thread: int) -> None:
        async def main() -> None:
            await asyncio.gather(*(producer(f"t{thread}-{task}") for task in range(64)), memory.aget())

        asyncio.run(main())

    threads = [threading.Thread(target=loop, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = said(memory.get_all())
    assert len(stored) == len(set(stored)) == 4 * 64 * 3
    for name in {text.split()[0] for text in stored}:
        assert [text for text in stored if text.split()[0] == name] == [f"{name} {n}" for n in range(3)]
    assert memory.session.verify().ok


def test_put_from_many_threads_while_reading():
    memory = fresh(token_limit=2000)
    done = threading.Event()
    errors: list[BaseException] = []

    def read() -> None:
        while not done.is_set():
            try:
                memory.get("number 3")
            except BaseException as error:
                errors.append(error)
                return

    def write(thread: int) -> None:
        for number in range(20):
            memory.put(user(f"thread {thread} number {number}"))

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert errors == []
    assert len(memory.get_all()) == 120


async def test_the_event_loop_is_not_blocked_by_a_slow_summarizer():
    asked, going = threading.Event(), threading.Event()

    def slow(messages):
        asked.set()
        assert going.wait(PATIENCE)
        return {"user_goal": "g", "count": len(messages)}

    memory = fresh(token_limit=2000, summarizer=slow, summarizer_timeout=2 * PATIENCE)
    putting = asyncio.create_task(memory.aput_messages(long_talk(60)))
    assert await asyncio.to_thread(asked.wait, PATIENCE)
    assert not putting.done()  # a loop that is held by the summariser never lets it go
    going.set()
    await putting
    assert memory.session.stats().summaries
    assert memory.session.stats().summarizer_failures == 0
