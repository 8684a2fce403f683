"""What a caller of the LangChain classes hands over wrongly is refused where it is handed over, with a typed error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from langchain_tiered_memory import (
    ConversationTieredMemory,
    TieredArchiveRetriever,
    TieredChatMessageHistory,
    TieredMemoryMiddleware,
    TieredMemoryStore,
)
from tiermem.errors import InvalidMessage, InvalidSettings, TiermemError

RAM = ":memory:"
MAKING: dict[str, tuple[Callable[[], Any], str]] = {
    "a store at no path": (lambda: TieredMemoryStore(3), "path takes a file"),  # type: ignore[arg-type]
    "a history at no path": (lambda: TieredChatMessageHistory("s", path=5), "path takes a file"),  # type: ignore[arg-type]
    "an agent at no path": (lambda: TieredMemoryMiddleware(3), "path takes a file"),  # type: ignore[arg-type]
    "no memory": (lambda: TieredMemoryMiddleware(memory=5), "takes an open tiermem.Memory, not int"),  # type: ignore[arg-type]
    "no settings": (lambda: TieredChatMessageHistory("s", path=RAM, settings=5), "takes a Settings, not int"),  # type: ignore[arg-type]
    "no recall": (lambda: TieredMemoryMiddleware(RAM, recall="no"), "recall must be True or False"),  # type: ignore[arg-type]
    "no tools": (lambda: TieredMemoryMiddleware(RAM, tools=5), "tools must be True, False, or names"),  # type: ignore[arg-type]
    "one tool": (lambda: TieredMemoryMiddleware(RAM, tools="remember"), "tools must be True, False, or names"),
    "no ttl": (lambda: TieredMemoryStore(RAM, ttl=5), "ttl= takes a mapping, not int"),  # type: ignore[arg-type]
    "a ttl of words": (lambda: TieredMemoryStore(RAM, ttl={"default_ttl": "x"}), "default_ttl must be a number"),  # type: ignore[typeddict-item]
    "no index": (lambda: TieredMemoryStore(RAM, index=5), "index= takes a mapping, not int"),  # type: ignore[arg-type]
    "below nothing": (lambda: ConversationTieredMemory("s", path=RAM, max_token_limit=-3), "max_token_limit must be"),
    "a limit of words": (lambda: ConversationTieredMemory("s", path=RAM, max_token_limit="x"), "max_token_limit must"),  # type: ignore[arg-type]
    "no text_only": (lambda: ConversationTieredMemory("s", path=RAM, text_only="no"), "text_only must be True"),  # type: ignore[arg-type]
    "k of words": (lambda: TieredArchiveRetriever("s", path=RAM, k="a"), "k must be a whole number"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", MAKING)
def test_a_class_names_what_makes_no_sense(what: str) -> None:
    make, words = MAKING[what]
    with pytest.raises(InvalidSettings, match=words):
        make()


@pytest.mark.parametrize(("inputs", "outputs"), [("a", "b"), ({"input": "a"}, "b"), (None, {"output": "b"})])
async def test_a_turn_that_is_no_turn_is_refused_and_nothing_is_kept(inputs: Any, outputs: Any) -> None:
    memory = ConversationTieredMemory("s", path=RAM)
    with pytest.raises(InvalidMessage, match="must be values by their names, not"):
        memory.save_context(inputs, outputs)
    with pytest.raises(InvalidMessage, match="must be values by their names, not"):
        await memory.asave_context(inputs, outputs)
    assert memory.buffer == []


async def test_inputs_that_are_none_are_refused_by_reading_too() -> None:
    memory = ConversationTieredMemory("s", path=RAM)
    with pytest.raises(InvalidMessage, match="inputs must be values by their names, not str"):
        memory.load_memory_variables("question")  # type: ignore[arg-type]
    with pytest.raises(InvalidMessage, match="inputs must be values by their names, not str"):
        await memory.aload_memory_variables("question")  # type: ignore[arg-type]


def test_a_store_refuses_a_path_of_text_and_a_value_that_is_no_object() -> None:
    store = TieredMemoryStore(RAM)
    for call in (
        lambda: store.put("notes", "k", {"a": 1}),  # type: ignore[arg-type]
        lambda: store.put(("notes",), "k", "text"),  # type: ignore[arg-type]
        lambda: store.put(("notes",), "k", {"a": 1}, ttl="x"),  # type: ignore[arg-type]
        lambda: store.get("notes", "k"),  # type: ignore[arg-type]
        lambda: store.search("notes"),  # type: ignore[arg-type]
        lambda: store.search(("notes",), limit=-1),
    ):
        with pytest.raises(TiermemError):
            call()
    assert store.search(("notes",)) == []
