"""What a caller of the LlamaIndex classes hands over wrongly is refused where it is handed over, with a typed error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from llama_index.core.llms import ChatMessage

from llamaindex_tiered_memory import (
    TieredArchiveRetriever,
    TieredChatMemory,
    TieredKnowledgeRetriever,
    TieredMemoryBlock,
    load_file,
    load_saved,
    load_sql_table,
)
from tests.llamaindex_tiered_memory.helpers import fresh, said, user
from tiermem.errors import InvalidMessage, InvalidNamespace, InvalidSettings, UnknownReference

OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a limit below nothing": ({"token_limit": -4}, "token_limit must be a whole number of at least 1, not -4"),
    "a tokenizer": ({"tokenizer_fn": 5}, "a counter must be a function of a text, not int"),
    "a ratio of words": ({"chat_history_token_ratio": "x"}, "chat_history_token_ratio must be a share"),
    "a ratio above all": ({"chat_history_token_ratio": 7}, "chat_history_token_ratio must be a share"),
    "a flush size": ({"token_flush_size": -1}, "token_flush_size must be a whole number of at least 1"),
    "a place": ({"insert_method": "x"}, "insert_method must be one of system, user, not 'x'"),
    "a size": ({"image_token_size_estimate": "x"}, "image_token_size_estimate must be a whole number"),
    "blocks": ({"memory_blocks": 5}, "memory_blocks must be a list of blocks, not int"),
    "a model": ({"llm": 5}, "llm= takes one of LlamaIndex's, not int"),
    "a chat store": ({"chat_store": 5}, "chat_store= takes one of LlamaIndex's, not int"),
    "a history": ({"chat_history": ["x"]}, "messages must be a list of ChatMessage, not str"),
    "a setting": ({"enable_context_management": "no"}, "enable_context_management must be True or False"),
    "settings": ({"settings": 5}, "settings takes a Settings, not int"),
}


@pytest.mark.parametrize("what", OPTIONS)
def test_a_memory_names_what_makes_no_sense(what: str) -> None:
    options, words = OPTIONS[what]
    with pytest.raises(InvalidSettings, match=words):
        fresh(**options)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TieredChatMemory(memory=5), "takes an open tiermem.Memory, not int"),  # type: ignore[arg-type]
        (lambda: TieredChatMemory(path=5), "path takes a file"),  # type: ignore[arg-type]
        (lambda: TieredMemoryBlock(":memory:", max_tokens="x"), "max_tokens must be a whole number"),  # type: ignore[arg-type]
        (lambda: TieredMemoryBlock(memory=5), "takes an open tiermem.Memory, not int"),  # type: ignore[arg-type]
        (lambda: TieredArchiveRetriever(fresh(), k="a"), "k must be a whole number"),  # type: ignore[arg-type]
        (lambda: TieredArchiveRetriever("chat.db"), "source must be a TieredChatMemory or a session"),  # type: ignore[arg-type]
        (lambda: TieredKnowledgeRetriever(fresh(), k=0), "k must be a whole number of at least 1"),
        (lambda: TieredKnowledgeRetriever("chat.db"), "source must be a TieredChatMemory, a session"),  # type: ignore[arg-type]
    ],
)
def test_every_class_names_what_makes_no_sense(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(InvalidSettings, match=words):
        make()


def test_a_namespace_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidNamespace):
        fresh(namespace=5)


@pytest.mark.parametrize("verb", ["put", "put_messages", "set"])
@pytest.mark.parametrize("given", ["text", 5, ["text"]])
async def test_what_is_no_message_is_refused_and_nothing_is_kept(verb: str, given: Any) -> None:
    memory = fresh()
    memory.put(user("kept"))
    with pytest.raises(InvalidMessage, match="messages must be a list of ChatMessage, not"):
        getattr(memory, verb)(given)
    with pytest.raises(InvalidMessage, match="messages must be a list of ChatMessage, not"):
        await getattr(memory, f"a{verb}")(given)
    assert said(memory.get_all()) == ["kept"]


@pytest.mark.parametrize("initial", [-5, "x", True])
def test_initial_tokens_are_a_number(initial: Any) -> None:
    with pytest.raises(InvalidSettings, match="initial_token_count must be a whole number"):
        fresh().get(initial_token_count=initial)


def test_a_misspelt_history_is_named_with_the_nearest(tmp_path: Path) -> None:
    """[] would pass for an empty conversation."""
    store = {"store": {"zoe-2": [{"role": "user", "content": "hi"}], "ann": []}}
    (tmp_path / "store.json").write_text(json.dumps(store))
    assert said(load_file(tmp_path / "store.json", "zoe-2")) == ["hi"]
    for load in (lambda: load_file(tmp_path / "store.json", "zoe2"), lambda: load_saved(store, "zoe2")):
        with pytest.raises(UnknownReference, match="the chat store has no history of 'zoe2'; did you mean 'zoe-2'"):
            load()


def test_a_misspelt_row_of_the_table_is_named_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "stock.db"
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE llama_index_memory (id INTEGER, key TEXT, timestamp INTEGER, role TEXT, data JSON)"
        )
        data = ChatMessage(role="user", content="hi").model_dump_json()
        connection.exec_driver_sql("INSERT INTO llama_index_memory VALUES (1, 'ann-1', 1, 'user', ?)", (data,))
    engine.dispose()
    assert said(load_sql_table(file, "ann-1")) == ["hi"]
    with pytest.raises(UnknownReference, match="has no history of 'ann1'; did you mean 'ann-1'"):
        load_sql_table(file, "ann1")
    with pytest.raises(UnknownReference, match="has no history of 'ann-1'"):
        load_sql_table(tmp_path / "none.db", "ann-1")
    assert not (tmp_path / "none.db").exists()
