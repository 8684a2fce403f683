"""Recall over all conversations of a user, through each class for LangChain: who has no user is refused at once."""

from pathlib import Path
from typing import Any

import pytest

from langchain_tiered_memory import (
    ConversationTieredMemory,
    TieredArchiveRetriever,
    TieredChatMessageHistory,
    TieredKnowledgeRetriever,
    TieredMemoryMiddleware,
    memory_tools,
)
from tiermem import Memory
from tiermem.errors import InvalidSettings, MissingNamespace

# Each class with a place and options; a history names the place for those that are handed one.
FACES: dict[str, Any] = {
    "memory": lambda **given: ConversationTieredMemory(session_id="monday", **given),
    "retriever": lambda **given: TieredArchiveRetriever("monday", **given),
    "knowledge": lambda **given: TieredKnowledgeRetriever(session_id="monday", **given),
    "middleware": TieredMemoryMiddleware,
    "tools": lambda **given: memory_tools("monday", **given),
    "tools of a history": lambda within, **given: memory_tools(
        history=TieredChatMessageHistory("monday", **given), within=within
    ),
    "memory of a history": lambda within, **given: ConversationTieredMemory(
        chat_memory=TieredChatMessageHistory("monday", **given), within=within
    ),
}


@pytest.mark.parametrize("make", FACES.values(), ids=FACES)
def test_without_a_user_it_is_refused_when_the_object_is_made(tmp_path: Path, make: Any) -> None:
    with pytest.raises(MissingNamespace, match="share 'default'"):
        make(path=tmp_path / "chat.db", within="user")
    with pytest.raises(MissingNamespace):
        make(path=tmp_path / "chat.db", within="user", namespace="default")
    assert not (tmp_path / "chat.db").exists()
    for namespace in ("anna", ("acme", "default")):
        assert make(path=tmp_path / "chat.db", within="user", namespace=namespace)
    assert make(path=tmp_path / "chat.db", within="everything")
    with pytest.raises(InvalidSettings, match="within must be one of"):
        make(path=tmp_path / "chat.db", within="users", namespace="anna")


def test_a_session_without_a_user_is_refused_too() -> None:
    with Memory.open(":memory:") as memory, pytest.raises(MissingNamespace):
        memory_tools(memory.session("monday"), within="user")
