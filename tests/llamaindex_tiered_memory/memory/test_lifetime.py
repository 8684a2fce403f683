"""A memory is opened, gone on with, copied, forked and closed."""

from __future__ import annotations

import asyncio
import copy
import warnings
from pathlib import Path

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.memory import ChatMemoryBuffer

from llamaindex_tiered_memory import TieredChatMemory, TieredMemoryBlock
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM
from tests.llamaindex_tiered_memory.helpers import assistant, fresh, said, user
from tiermem import Memory
from tiermem.errors import Closed, InvalidSettings

GREETING = [user("hi"), assistant("hello")]


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What outlives an object."""
    return str(tmp_path / "chat.db") if request.param == "file" else str(request.getfixturevalue("opened_url"))


def opened(place: str, history: list[ChatMessage]) -> TieredChatMemory:
    return TieredChatMemory.from_defaults(session_id="s", path=place, chat_history=history)


def test_the_same_chat_history_at_each_start_hides_nothing(place: str) -> None:
    """Nor says anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with opened(place, GREETING) as memory:
            memory.put_messages([user("My flight is LH123."), assistant("Noted.")])
        with opened(place, GREETING) as memory:
            assert said(memory.get_all()) == ["hi", "hello", "My flight is LH123.", "Noted."]
            assert memory.session.stats().hidden == 0
            memory.put(user("When is my flight?"))
            assert "LH123" in str(memory.get())
        with opened(place, [*GREETING, user("My flight is LH123.")]) as memory:
            assert len(memory.get_all()) == 5


def test_what_goes_on_after_the_log_is_added(place: str) -> None:
    longer = [*GREETING, user("And now?"), assistant("Now this.")]
    with opened(place, GREETING), opened(place, longer) as memory:
        assert said(memory.get_all()) == ["hi", "hello", "And now?", "Now this."]
        assert memory.session.stats().hidden == 0


def test_another_chat_history_takes_the_place_of_the_log_and_says_so(place: str) -> None:
    with opened(place, [*GREETING, user("My flight is LH123.")]):
        pass
    with pytest.warns(UserWarning, match=r"session 's': it takes the place of 2 messages, which are hidden") as told:
        memory = opened(place, [user("hi"), assistant("Good morning!")])
    assert said(memory.get_all()) == ["hi", "Good morning!"]
    memory.session.restore()
    assert len(memory.get_all()) == 4
    memory.close()
    assert "LH123" not in str(told[0].message)


def test_a_closed_memory_ends_and_opens_again(place: str) -> None:
    memory = opened(place, [])
    memory.put(user("kept"))
    memory.close()
    memory.close()
    for use in (lambda: memory.put(user("lost")), memory.get, memory.get_all):
        with pytest.raises(Closed):
            use()
    with opened(place, []) as again:
        assert said(again.get_all()) == ["kept"]
        assert TieredChatMemory.from_dict(again.to_dict()) is again


async def test_an_async_block_of_code_closes_too(place: str) -> None:
    async with opened(place, []) as memory:
        await memory.aput(user("kept"))
    with pytest.raises(Closed):
        await memory.aget()


def test_closing_one_leaves_the_others_that_share_the_database(place: str) -> None:
    first, second = opened(place, []), opened(place, [])
    assert first.session.memory is second.session.memory
    first.put(user("kept"))
    first.close()
    assert (first.closed, second.closed) == (True, False)
    second.put(user("still open"))
    assert_refused(first)
    assert said(second.get_all()) == ["kept", "still open"]
    dump = first.to_dict()
    assert TieredChatMemory.from_dict(dump) is not first
    assert said(TieredChatMemory.from_dict(dump).get_all()) == ["kept", "still open"]
    second.close()
    assert_refused(second)


def assert_refused(memory: TieredChatMemory) -> None:
    """Whatever it is asked for, and through whatever it handed out."""
    uses = (
        memory.get,
        memory.get_all,
        lambda: memory.put(user("lost")),
        lambda: memory.set([user("lost")]),
        memory.reset,
        memory.fork,
        lambda: memory.session,
        lambda: memory.chat_store.get_messages(memory.chat_store_key),
        lambda: asyncio.run(memory.aget()),
        lambda: asyncio.run(memory.aput(user("lost"))),
    )
    for use in uses:
        with pytest.raises(Closed):
            use()


def test_an_open_memory_is_closed_by_its_owner() -> None:
    with Memory.open(":memory:") as core:
        for user_of_it in (TieredChatMemory(session_id="s", memory=core), TieredMemoryBlock(memory=core)):
            user_of_it.close()
            assert user_of_it.closed
        assert not core.closed


def test_a_closed_object_on_a_memory_that_is_open_is_closed() -> None:
    with Memory.open(":memory:") as core:
        chat, block = TieredChatMemory(session_id="s", memory=core), TieredMemoryBlock(memory=core)
        chat.close()
        assert_refused(chat)
        block.close()
        for use in (block.aget([user("what?")]), block.aput([user("lost")])):
            with pytest.raises(Closed):
                asyncio.run(use)
        assert core.sessions() == []


def test_a_block_is_closed_too(tmp_path: Path) -> None:
    with TieredMemoryBlock(tmp_path / "notes.db") as block:
        core = block.memory
    assert core.closed


def test_a_dump_of_a_closed_memory_opens_it_again(place: str) -> None:
    memory = opened(place, [user("kept")])
    dump = memory.to_dict()
    memory.close()
    again = TieredChatMemory.from_dict(dump)
    assert again is not memory
    assert said(again.get_all()) == ["kept"]
    again.close()


def test_a_deep_copy_goes_on_with_the_conversation_and_a_fork_has_its_own(place: str) -> None:
    memory = opened(place, [user("one"), assistant("two")])
    same, other = copy.deepcopy(memory), memory.fork()
    same.put(user("three"))
    other.put(user("another three"))
    assert said(memory.get_all()) == said(same.get_all()) == ["one", "two", "three"]
    assert said(other.get_all()) == ["one", "two", "another three"]
    assert memory.session.messages()[0].when == other.session.messages()[0].when
    assert other.session.verify().ok
    memory.close()
    assert said(other.get_all())[-1] == "another three"
    other.close()
    with pytest.raises(Closed):
        other.get()


def test_a_fork_is_like_its_origin() -> None:
    memory = fresh(token_limit=700, tokenizer_fn=str.split, timezone="Asia/Shanghai", namespace="ann")
    memory.put(user("one"))
    fork = memory.fork("branch")
    assert (fork.session_id, fork.namespace, fork.token_limit) == ("branch", "ann", 700)
    assert fork.tokenizer_fn is memory.tokenizer_fn
    assert str(fork.session.core.zone) == "Asia/Shanghai"
    with pytest.raises(InvalidSettings, match="session 'branch' has messages already"):
        memory.fork("branch")


def test_a_fork_stands_where_users_of_the_stock_buffer_copied() -> None:
    """Two answers to one question, neither of which the other knows."""
    for memory in (ChatMemoryBuffer.from_defaults(chat_history=list(GREETING), token_limit=500), fresh()):
        if isinstance(memory, TieredChatMemory):
            memory.set(list(GREETING))
        branch = memory.fork() if isinstance(memory, TieredChatMemory) else copy.deepcopy(memory)
        SimpleChatEngine.from_defaults(llm=ScriptedLLM("A"), memory=memory).chat("which?")
        SimpleChatEngine.from_defaults(llm=ScriptedLLM("B"), memory=branch).chat("which?")
        assert said(memory.get_all()) == ["hi", "hello", "which?", "A"]
        assert said(branch.get_all()) == ["hi", "hello", "which?", "B"]
