import json
import pickle
import sqlite3

import pytest
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.memory import Memory
from llama_index.core.storage.chat_store.base_db import MessageStatus
from llama_index.core.storage.chat_store.sql import SQLAlchemyChatStore

from llamaindex_tiered_memory import TieredChatMemory, load_file, load_saved, load_sql_table
from llamaindex_tiered_memory.memory.loading import TABLE
from tests.llamaindex_tiered_memory.conversion.test_convert import PNG
from tests.llamaindex_tiered_memory.helpers import assistant, fresh, said, user
from tiermem.errors import InvalidMessage, UnknownReference

# As `ChatMemoryBuffer.to_string()` writes it with pydantic 2.12 (with 2.14 it raises).
BUFFER = {
    "chat_store": {
        "store": {
            "chat_history": [
                {"role": "user", "additional_kwargs": {}, "blocks": [{"block_type": "text", "text": "hi {x}"}]},
                {
                    "role": "assistant",
                    "additional_kwargs": {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]},
                    "blocks": [],
                },
                {
                    "role": "tool",
                    "additional_kwargs": {"tool_call_id": "c"},
                    "blocks": [{"block_type": "text", "text": "42"}],
                },
            ]
        },
        "class_name": "SimpleChatStore",
    },
    "chat_store_key": "chat_history",
    "token_limit": 1234,
    "class_name": "ChatMemoryBuffer",
}
OLD = {"chat_history": [{"role": "user", "content": "hi", "additional_kwargs": {}}], "token_limit": 77}


def test_a_string_of_chat_memory_buffer_becomes_a_session():
    memory = TieredChatMemory.from_string(json.dumps(BUFFER), path=":memory:")
    assert said(memory.get_all()) == ["hi {x}", None, "42"]
    assert memory.token_limit == 1234
    assert memory.session.messages()[2].tool_call_id == memory.session.messages()[1].tool_calls[0].id == "c"


def test_the_older_form_with_chat_history_only_is_read():
    memory = TieredChatMemory.from_string(json.dumps(OLD), path=":memory:")
    assert said(memory.get_all()) == ["hi"]
    assert memory.token_limit == 77
    assert said(TieredChatMemory.from_string(json.dumps(OLD["chat_history"]), path=":memory:").get_all()) == ["hi"]


def test_loading_does_not_change_what_it_was_given():
    data = json.loads(json.dumps(BUFFER))
    TieredChatMemory.from_dict(data, path=":memory:")
    assert data == BUFFER


def test_a_persisted_chat_store_is_read(tmp_path):
    file = tmp_path / "store.json"
    store = {"store": {"ann": BUFFER["chat_store"]["store"]["chat_history"], "bob": []}}
    file.write_text(json.dumps(store))
    assert said(load_file(file, "ann")) == ["hi {x}", None, "42"]
    assert load_saved(store, "bob") == []
    with pytest.raises(UnknownReference, match="no history of 'nobody'"):
        load_saved(store, "nobody")
    with pytest.raises(InvalidMessage, match="2 histories"):
        load_file(file)


@pytest.mark.parametrize("wrong", [{"other": 1}, [{"no": "role"}], [{"role": "nonsense", "content": "x"}]])
def test_what_is_no_history_is_refused(wrong):
    with pytest.raises(InvalidMessage):
        load_saved(wrong)


def test_dumps_made_without_json_are_read_as_exactly():
    message = ChatMessage(
        role="developer",
        blocks=[TextBlock(text="x {"), ImageBlock(image=PNG), ImageBlock(url="http://pictures/one.png")],
        additional_kwargs={"k": {"__bytes__": "no tag of ours"}},
    )
    assert load_saved([message.model_dump()]) == load_saved((json.loads(message.model_dump_json()),)) == [message]


async def stock_table(file, **options) -> SQLAlchemyChatStore:
    store = SQLAlchemyChatStore("llama_index_memory", async_database_uri=f"sqlite+aiosqlite:///{file}", **options)
    picture = ChatMessage(role="user", blocks=[TextBlock(text="look"), ImageBlock(image=PNG)])
    await store.add_messages("s", [user("first"), assistant("second")], status=MessageStatus.ACTIVE)
    await store.archive_oldest_messages("s", 1)
    await store.add_messages("s", [picture])
    tagged = ChatMessage(role="user", content="tagged", additional_kwargs={"session_id": "s"})
    await store.add_messages("s", [tagged])
    await store.add_messages("other", [user("not mine")])
    await store._async_engine.dispose()
    return store


async def test_the_table_of_memory_is_read_with_archived_messages_in_order(tmp_path):
    file = tmp_path / "stock.db"
    await stock_table(file)
    for source in (file, str(file), f"sqlite+aiosqlite:///{file}", f"sqlite:///{file}"):
        messages = load_sql_table(source, "s")
        assert said(messages) == ["first", "second", "look", "tagged"]
        assert messages[2].blocks[1] == ImageBlock(image=PNG)
        assert messages[3].additional_kwargs == {}
    missing = tmp_path / "missing.db"
    for source, key, table in ((file, "nobody", TABLE), (file, "s", "no_such_table"), (missing, "s", TABLE)):
        with pytest.raises(UnknownReference, match=f"{table} has no history of {key!r}"):
            load_sql_table(source, key, table)
    assert not missing.exists()


async def test_the_database_of_memory_is_taken_over_and_left_as_it_is(tmp_path):
    file = tmp_path / "stock.db"
    await stock_table(file)
    before = file.read_bytes()
    uri = f"sqlite+aiosqlite:///{file}"
    memory = TieredChatMemory.from_defaults(session_id="s", async_database_uri=uri)
    assert said(memory.get_all()) == ["first", "second", "look", "tagged"]
    await memory.aput(assistant("new"))
    again = TieredChatMemory.from_defaults(session_id="s", async_database_uri=uri)
    assert said(again.get_all()) == ["first", "second", "look", "tagged", "new"]
    assert file.read_bytes() == before
    assert (tmp_path / "stock.tiermem.db").exists()


async def test_an_engine_of_memory_is_taken_over_too(tmp_path):
    from sqlalchemy.ext.asyncio import create_async_engine

    file = tmp_path / "stock.db"
    await stock_table(file)
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    assert said(TieredChatMemory.from_defaults(session_id="s", async_engine=engine).get_all())[0] == "first"
    await engine.dispose()


async def test_what_stock_memory_itself_wrote_is_read(tmp_path):
    uri = f"sqlite+aiosqlite:///{tmp_path}/real.db"
    stock = Memory.from_defaults(session_id="s", async_database_uri=uri, token_limit=60, token_flush_size=20)
    for number in range(12):
        await stock.aput_messages([user(f"question {number} about something"), assistant(f"answer {number}")])
    await stock.sql_store._async_engine.dispose()
    messages = load_sql_table(uri, "s")
    assert said(messages) == [t for n in range(12) for t in (f"question {n} about something", f"answer {n}")]


def test_the_table_is_one_that_any_tool_can_write(tmp_path):
    file = tmp_path / "hand.db"
    with sqlite3.connect(file) as connection:
        connection.execute(
            "create table llama_index_memory (id integer primary key, key, timestamp, role, status, data)"
        )
        rows = [
            (2, "s", 20, json.dumps(user("b").model_dump(mode="json"))),
            (1, "s", 10, json.dumps(OLD["chat_history"][0])),
        ]
        connection.executemany("insert into llama_index_memory values (?, ?, ?, 'user', 'active', ?)", rows)
    assert said(load_sql_table(file, "s")) == ["hi", "b"]


def test_a_stock_pickle_is_not_ours_to_load():
    assert pickle.loads(pickle.dumps(fresh(session_id="p"))).session_id == "p"
