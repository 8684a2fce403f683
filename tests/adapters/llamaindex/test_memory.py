"""What the adapter adds to the contract: set, reset, stock arguments, the working copy, dumps, threads."""

import asyncio
import copy
import json
import threading

import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.memory import BaseMemoryBlock, InsertMethod, StaticMemoryBlock
from llama_index.core.schema import QueryBundle
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.storage.chat_store.base_db import MessageStatus
from llama_index.core.storage.chat_store.sql import SQLAlchemyChatStore
from pydantic import PrivateAttr

from llamaindex_tiered_memory import TieredChatMemory
from llamaindex_tiered_memory.blocks import InsertedTextBlock
from llamaindex_tiered_memory.counting import Tally
from tests.adapters.llamaindex.fakes import words
from tests.adapters.llamaindex.test_contract import assistant, fresh, said, user
from tiermem import Memory
from tiermem.errors import BudgetTooSmall, InvalidMessage, InvalidSettings


def long_talk(turns: int = 60) -> list[ChatMessage]:
    return [one for n in range(turns) for one in (user(f"topic {n} " + "filler " * 30), assistant(f"noted {n}"))]


def inserted(message: ChatMessage) -> list[str]:
    return [block.text for block in message.blocks if isinstance(block, InsertedTextBlock)]


# -- the view ---------------------------------------------------------------------------------------------------


def test_get_takes_text_a_message_a_bundle_a_number_or_nothing():
    memory = fresh()
    memory.put(user("one"))
    for ask in (None, "one", "", user("one"), QueryBundle("one"), 5):
        assert said(memory.get(ask)) == ["one"]


def test_the_waiting_message_is_one_object_until_the_next_message():
    memory = fresh()
    memory.put(user("question"))
    first = memory.get()[-1]
    first.blocks[-1].text = "state + question"
    again = memory.get("question")[-1]
    assert again is first
    assert again.content == "state + question"
    assert memory.get_all()[0].content == "question"
    memory.put(assistant("answer"))
    assert said(memory.get()) == ["question", "answer"]


def test_the_waiting_message_keeps_exchanged_blocks_too():
    memory = fresh()
    memory.put(user("question"))
    memory.get()[-1].blocks = [TextBlock(text="rebuilt")]
    assert memory.get()[-1].content == "rebuilt"
    assert memory.get_all()[0].content == "question"


def test_what_an_agent_writes_into_the_waiting_message_counts_in_the_budget():
    memory = fresh(token_limit=400, tokenizer_fn=words)
    memory.put_messages(long_talk(20))
    memory.put(user("topic 3?"))
    memory.get()[-1].blocks[-1].text = "state " * 200 + "topic 3?"
    shown = memory.get()
    assert shown[-1].content.endswith("topic 3?")
    assert "state state" in shown[-1].content
    assert Tally(words).messages(shown) <= 400


def test_summary_leads_the_first_and_recall_the_last_user_message():
    memory = fresh(token_limit=2200)
    memory.put(user("The vault code is 4711-falcon."))
    memory.put(assistant("Noted."))
    for message in long_talk(80):
        memory.put(message)
    memory.put(user("What is the vault code falcon?"))
    shown = memory.get()
    assert shown[0].role == "user"
    assert inserted(shown[0])
    assert any("4711-falcon" in text for text in inserted(shown[-1]))
    assert shown[-1].blocks[-1].text == "What is the vault code falcon?"
    assert all(message.role != "system" for message in shown)
    assert not any(inserted(message) for message in shown[1:-1])


def test_the_view_given_back_as_history_is_stored_without_what_was_inserted():
    memory = fresh(token_limit=1500)
    memory.put_messages([user("The vault code is 4711-falcon."), assistant("Noted."), *long_talk(60)])
    memory.put(user("What is the vault code falcon?"))
    shown = memory.get()
    assert inserted(shown[-1])
    memory.set(shown)
    assert memory.get_all()[-1].content == "What is the vault code falcon?"
    assert not any("recalled-history" in (message.content or "") for message in memory.get_all())


def test_a_turn_too_long_for_the_limit_is_headed_by_its_question():
    memory = fresh(token_limit=200, tokenizer_fn=words)
    memory.put(user("find the culprit"))
    for number in range(30):
        memory.put(assistant(f"step {number} " + "w " * 20))
    shown = memory.get()
    assert shown[0].role == "user"
    assert shown[0].content == "find the culprit"
    assert Tally(words).messages(shown) <= 200


def test_a_history_that_begins_with_a_greeting_is_shown_as_it_is():
    memory = fresh(chat_history=[assistant("Welcome!"), user("hi")])
    assert said(memory.get()) == ["Welcome!", "hi"]


def test_a_message_larger_than_the_limit_is_clipped_and_points_to_the_whole():
    memory = fresh(token_limit=200, tokenizer_fn=words)
    memory.put(user("begin " + "word " * 5000 + "end"))
    shown = memory.get()
    assert Tally(words).messages(shown) <= 200
    assert "m1" in shown[-1].content
    assert memory.get_all()[0].content.count("word") == 5000


def test_kwargs_that_cannot_fit_are_a_typed_error():
    memory = fresh(token_limit=100, tokenizer_fn=words)
    memory.put(ChatMessage(role="user", content="hi", additional_kwargs={"load": "w " * 500}))
    with pytest.raises(BudgetTooSmall):
        memory.get()
    assert memory.get_all()[0].content == "hi"


def test_the_limit_and_the_tokenizer_can_be_changed_later():
    memory = fresh(tokenizer_fn=words)
    memory.put_messages(long_talk(60))
    memory.token_limit = 300
    assert Tally(words).messages(memory.get()) <= 300
    memory.tokenizer_fn = list
    memory.token_limit = 900
    assert Tally(list).messages(memory.get()) <= 900


def test_a_shared_memory_counts_by_the_tokenizer_of_each():
    with Memory.open(":memory:") as core:
        memory = TieredChatMemory(memory=core, session_id="s", tokenizer_fn=list, token_limit=1500)
        memory.put_messages(long_talk(20))
        assert Tally(list).messages(memory.get()) <= 1500
        assert core.sessions() == ["s"]


# -- set, reset, get_all ----------------------------------------------------------------------------------------


def test_set_adds_only_what_is_new_and_hides_what_differs():
    memory = fresh()
    memory.set([user("a"), assistant("b")])
    memory.set([user("a"), assistant("b"), user("c")])
    assert memory.session.stats().messages == 3
    memory.set([user("a"), assistant("b")])
    assert said(memory.get_all()) == ["a", "b"]
    assert memory.session.stats().hidden == 3
    memory.set([])
    assert memory.get_all() == memory.get() == []


def test_reset_hides_and_undo_brings_back():
    memory = fresh()
    memory.put_messages([user("a"), assistant("b")])
    memory.reset()
    assert memory.get_all() == memory.get() == []
    memory.session.undo(memory.session.journal()[-1].number)
    assert said(memory.get_all()) == ["a", "b"]
    with pytest.raises(ValueError, match="whole"):
        memory.reset(status=MessageStatus.ARCHIVED)


async def test_get_all_by_status_parts_the_log():
    memory = fresh(token_limit=2000)
    memory.put_messages(long_talk(80))
    active = await memory.aget_all(status=MessageStatus.ACTIVE)
    archived = memory.get_all(status=MessageStatus.ARCHIVED)
    assert archived
    assert active
    assert archived + active == memory.get_all() == await memory.aget_all()


async def test_the_async_verbs_do_what_the_sync_ones_do():
    memory = fresh()
    await memory.aset([user("a")])
    await memory.aput(assistant("b"))
    await memory.aput_messages([user("c"), assistant("d")])
    assert said(await memory.aget("c", initial_token_count=3)) == ["a", "b", "c", "d"]
    await memory.areset()
    assert await memory.aget_all() == []


def test_messages_of_another_framework_are_shown_and_not_replaced():
    with Memory.open(":memory:") as core:
        session = core.session("s")
        session.add([{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}])
        memory = TieredChatMemory(memory=core, session_id="s")
        memory.set([*memory.get_all(), user("more")])
        assert said(memory.get_all()) == ["hello", "hi", "more"]
        assert session.stats().messages == 3


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


# -- dumps and copies -------------------------------------------------------------------------------------------


def test_copies_are_the_object_itself():
    memory = fresh()
    assert copy.deepcopy({"m": memory})["m"] is memory
    assert copy.copy(memory) is memory
    assert TieredChatMemory.from_dict(memory.to_dict()) is memory


def test_a_dump_of_an_earlier_moment_attaches_to_the_present(tmp_path):
    memory = fresh(path=tmp_path / "m.db")
    memory.put(user("one"))
    dump = memory.to_dict()
    memory.put(assistant("two"))
    assert said(TieredChatMemory.from_dict(dump).get_all()) == ["one", "two"]
    del memory
    assert said(TieredChatMemory.from_dict(dump).get_all()) == ["one", "two"]
    assert json.dumps(dump).count("one") == 0


def test_a_dump_takes_functions_when_it_is_loaded():
    memory = fresh(token_limit=321)
    memory.put(user("one"))
    again = TieredChatMemory.from_dict(memory.to_dict(), tokenizer_fn=words)
    assert again is not memory
    assert again.tokenizer_fn is words
    assert again.token_limit == 321
    again.put(assistant("two"))
    assert said(memory.get_all()) == ["one", "two"]


def test_what_is_no_dump_is_refused():
    with pytest.raises(InvalidMessage):
        TieredChatMemory.from_dict({"class_name": "TieredChatMemory"})
    data = fresh().to_dict() | {"version": 99, "object": "?"}
    with pytest.raises(InvalidSettings, match="99"):
        TieredChatMemory.from_dict(data)


def test_a_password_is_not_in_a_dump():
    from llamaindex_tiered_memory.dumps import _without_password

    assert "secret" not in _without_password("postgresql://me:secret@host/db")
    assert _without_password("/some/file.db") == "/some/file.db"


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
    import time

    def slow(messages):
        time.sleep(0.4)
        return {"user_goal": "g", "count": len(messages)}

    memory = fresh(token_limit=2000, summarizer=slow)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticker = asyncio.create_task(tick())
    await memory.aput_messages(long_talk(60))
    ticker.cancel()
    assert memory.session.stats().summaries
    assert ticks > 10
