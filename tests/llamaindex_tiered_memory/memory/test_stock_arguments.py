"""What the stock memories' arguments do here."""

import asyncio

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.memory import BaseMemoryBlock, InsertMethod, StaticMemoryBlock
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.storage.chat_store.base_db import MessageStatus
from llama_index.core.storage.chat_store.sql import SQLAlchemyChatStore
from pydantic import PrivateAttr

from llamaindex_tiered_memory import TieredChatMemory
from llamaindex_tiered_memory.blocks import InsertedTextBlock
from tests.llamaindex_tiered_memory.fakes import words
from tests.llamaindex_tiered_memory.helpers import assistant, fresh, said, user
from tiermem import Memory
from tiermem.errors import InvalidSettings


def long_talk(turns: int = 60) -> list[ChatMessage]:
    return [one for n in range(turns) for one in (user(f"topic {n} " + "filler " * 30), assistant(f"noted {n}"))]


def inserted(message: ChatMessage) -> list[str]:
    return [block.text for block in message.blocks if isinstance(block, InsertedTextBlock)]


# -- stock arguments --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_chat_store_is_imported_and_kept_in_step(kind, tmp_path):
    seed = [user("old"), assistant("older")]
    if kind == "sync":
        store = SimpleChatStore(store={"k": list(seed)})
        read = lambda: said(store.get_messages("k"))  # noqa: E731
    else:
        store = SQLAlchemyChatStore("t", async_database_uri=f"sqlite+aiosqlite:///{tmp_path}/stock.db")
        await store.add_messages("k", seed)
        read = lambda: said(asyncio.run(store.get_messages("k")))  # noqa: E731
    memory = fresh(chat_store=store, chat_store_key="k")
    assert said(memory.get_all()) == ["old", "older"]
    assert memory.chat_store is store
    await memory.aput(user("new"))
    assert said(memory.get_all()) == ["old", "older", "new"]
    assert await asyncio.to_thread(read) == ["old", "older", "new"]
    await memory.aset([user("other")])
    assert await asyncio.to_thread(read) == ["other"]
    await memory.areset()
    assert await asyncio.to_thread(read) == []
    if kind == "async":
        await store._async_engine.dispose()


def test_a_chat_store_seen_again_is_not_imported_twice():
    store = SimpleChatStore()
    with Memory.open(":memory:") as core:
        for _ in range(2):
            memory = TieredChatMemory(memory=core, session_id="s", chat_store=store, chat_store_key="k")
            memory.put(user("again"))
        assert said(memory.get_all()) == ["again", "again"]
        store.add_message("k", user("by somebody else"))
        again = TieredChatMemory(memory=core, session_id="s", chat_store=store, chat_store_key="k")
        assert said(again.get_all()) == ["again", "again", "by somebody else"]


class Appending(SimpleChatStore):
    """Sets messages by appending them, as llama-index-storage-chat-store-sqlite 0.4.0 does."""

    def set_messages(self, key: str, messages: list[ChatMessage]) -> None:
        for message in messages:
            self.add_message(key, message)


async def test_a_chat_store_that_appends_what_it_is_to_set_has_nothing_twice():
    store = Appending()
    memory = fresh(chat_store=store, chat_store_key="k")
    memory.put_messages([user("a"), assistant("b")])
    memory.set(memory.get_all())
    assert said(store.get_messages("k")) == ["a", "b"]
    await memory.aset([user("other")])
    assert said(store.get_messages("k")) == ["other"]
    memory.reset()
    assert store.get_messages("k") == []


def test_without_a_chat_store_the_log_is_one():
    memory = fresh(chat_store_key="k")
    memory.put_messages([user("a"), assistant("b")])
    store = memory.chat_store
    store.add_message("k", user("c"))
    assert said(store.get_messages("k")) == ["a", "b", "c"]
    assert store.get_keys() == ["k"]
    assert store.delete_last_message("k").content == "c"
    store.add_message("k", user("first"), idx=0)
    assert said(memory.get_all()) == ["first", "a", "b"]
    assert store.delete_message("k", 9) is None
    assert said(store.delete_messages("k")) == ["first", "a", "b"]
    assert memory.get_all() == []
    with pytest.raises(ValueError, match="one session"):
        store.add_message("other", user("x"))


class RememberingBlock(BaseMemoryBlock[str]):
    failing: bool = False
    _taken: list = PrivateAttr(default_factory=list)

    async def _aget(self, messages=None, **kwargs):
        return f"{len(self._taken)} messages taken; {kwargs['session_id']}"

    async def _aput(self, messages):
        if self.failing:
            raise RuntimeError("not now")
        self._taken += messages


def test_memory_blocks_are_asked_and_given_what_a_summary_covers():
    block = RememberingBlock(name="taken", failing=True)
    static = StaticMemoryBlock(name="static", static_content="always {this}")
    memory = fresh(token_limit=2500, memory_blocks=[static, block], session_id="s")
    history = long_talk(40)
    for message in history:
        memory.put(message)
    assert block._taken == []
    block.failing = False
    for message in long_talk(30):
        memory.put(message)
    archived = memory.get_all(status=MessageStatus.ARCHIVED)
    assert said(block._taken) == said(archived)
    assert archived
    memory.put(user("hello?"))
    shown = memory.get()
    assert "always {this}" in shown[-1].content
    assert f"{len(archived)} messages taken; s" in shown[-1].content
    assert shown[-1].blocks[-1].text == "hello?"
    assert all("session_id" not in message.additional_kwargs for message in memory.get_all())


async def test_memory_blocks_go_into_the_system_message_when_asked_for():
    static = StaticMemoryBlock(name="static", static_content="always this")
    memory = fresh(memory_blocks=[static], insert_method=InsertMethod.SYSTEM)
    await memory.aput_messages([ChatMessage(role="system", content="be kind"), user("hi")])
    shown = await memory.aget()
    assert [m.role.value for m in shown] == ["system", "user"]
    assert "always this" in shown[0].content
    assert shown[0].content.endswith("be kind")


async def test_memory_blocks_of_the_lowest_priority_give_way_first():
    blocks = [
        StaticMemoryBlock(name=f"b{n}", static_content=f"priority{n} " + "w " * 40, priority=n) for n in (0, 1, 2)
    ]
    memory = fresh(token_limit=200, tokenizer_fn=words, memory_blocks=blocks, chat_history_token_ratio=0.55)
    await memory.aput(user("hi"))
    text = (await memory.aget())[-1].content
    assert "priority0" in text
    assert "priority1" in text
    assert "priority2" not in text


def test_stock_numbers_become_settings_of_the_core():
    settings = fresh(token_limit=10_000, chat_history_token_ratio=0.8, token_flush_size=1000).session.memory.settings
    assert settings.pre_rot_threshold == settings.context_budget == 10_000
    assert settings.recall_share + settings.summary_share == pytest.approx(0.2)
    assert settings.summarize_at - settings.summarize_to == pytest.approx(1000, abs=2)
    assert fresh(pre_rot_threshold=5000, token_limit=900).session.memory.settings.pre_rot_threshold == 5000
    assert fresh().token_limit == 100_000


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"chat_history": "my session"}, "session_id="),
        ({"tokenizer_fn": words, "counter": words}, "two names"),
        ({"memory_blocks": [StaticMemoryBlock(name="a", static_content="x")] * 2}, "unique"),
        ({"recall_share": 2.0}, "recall_share"),
    ],
)
def test_arguments_without_a_meaning_are_refused(wrong, why):
    with pytest.raises(InvalidSettings, match=why):
        fresh(**wrong)


def test_an_open_memory_has_its_own_settings():
    with Memory.open(":memory:") as core, pytest.raises(InvalidSettings, match="recall_share"):
        TieredChatMemory(memory=core, recall_share=0.1)


def test_sessions_and_namespaces_are_walls(tmp_path):
    at = {"path": tmp_path / "m.db"}
    one = fresh(**at, session_id="s", namespace="ann")
    two = fresh(**at, session_id="s", namespace="bob")
    one.put(user("the secret is falcon"))
    two.put(user("what is the secret?"))
    assert said(two.get("secret falcon")) == ["what is the secret?"]
    assert said(fresh(**at, session_id="s", namespace="ann").get_all()) == ["the secret is falcon"]
