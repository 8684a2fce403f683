"""What LangChain and LlamaIndex put into their messages comes back as it was, and their prompts have the bytes once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, message_to_dict
from llama_index.core.base.llms.types import (
    AudioBlock,
    ChatMessage,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    VideoBlock,
)
from llama_index.core.readers import SimpleDirectoryReader

from langchain_tiered_memory import TieredChatMessageHistory
from llamaindex_tiered_memory import TieredChatMemory
from tests.media.pictures import b64, forms, png
from tiermem import Memory

TREE = png("decision tree")
LANGCHAIN = [name for name in forms(TREE) if not name.startswith(("llamaindex", "bedrock"))]


def langchain_messages() -> list[BaseMessage]:
    said: list[BaseMessage] = [
        HumanMessage([{"type": "text", "text": "see"}, forms(TREE)[name]], id=f"h{place}")
        for place, name in enumerate(LANGCHAIN)
    ]
    audio = {"audio": {"id": "a", "data": b64(b"RIFF\0\0\0\0WAVE" + TREE), "transcript": "the heron landed"}}
    return [*said, AIMessage("heard", additional_kwargs=audio, id="ai")]


def llamaindex_messages() -> list[ChatMessage]:
    blocks: list[Any] = [
        ImageBlock(image=TREE, image_mimetype="image/png"),
        AudioBlock(audio=TREE, format="wav"),
        VideoBlock(video=TREE, video_mimetype="video/mp4"),
        DocumentBlock(data=TREE, title="Plan", document_mimetype="application/pdf"),
    ]
    return [ChatMessage(role="user", blocks=[TextBlock(text=f"see {n}"), block]) for n, block in enumerate(blocks)]


def blobs(memory: Memory) -> list[str]:
    return [one.sha256 for one in memory.media("anna").listed()]


def test_langchains_blocks_come_back_as_they_were_and_are_stored_once(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "a.db") as memory:
        history = TieredChatMessageHistory("s", memory=memory, namespace="anna")
        said = langchain_messages()
        history.add_messages(said)
        assert [message_to_dict(one) for one in history.messages] == [message_to_dict(one) for one in said]
        assert len(blobs(memory)) == 2  # the picture in a dozen forms, and the sound
        assert memory.media("anna").read(blobs(memory)[0]) == TREE
    assert (tmp_path / "a.db").read_bytes().count(TREE[40:140]) < 80  # of what repeats itself in its own bytes


def test_llamaindexs_blocks_come_back_as_they_were_and_are_stored_once() -> None:
    with Memory.open(":memory:") as memory:
        chat = TieredChatMemory.from_defaults(memory=memory, session_id="s", namespace="anna")
        said = llamaindex_messages()
        chat.put_messages(said)
        assert chat.get_all() == said
        assert len(blobs(memory)) == 1
        (shown,) = [one for one in chat.get() if any(isinstance(block, ImageBlock) for block in one.blocks)]
        assert shown == said[0]


def test_what_a_loader_of_llamaindex_reads_as_an_image_is_stored_as_one(tmp_path: Path) -> None:
    file = tmp_path / "tree.png"
    file.write_bytes(TREE)
    listed = SimpleDirectoryReader(input_files=[file]).list_resources()
    block = ImageBlock(image=Path(listed[0]).read_bytes())
    with Memory.open(":memory:") as memory:
        chat = TieredChatMemory.from_defaults(memory=memory, session_id="s", namespace="anna")
        chat.put(ChatMessage(role="user", blocks=[block]))
        assert chat.get_all()[0].blocks == [block]
        assert memory.media("anna").read(blobs(memory)[0]) == TREE


@pytest.mark.parametrize("name", LANGCHAIN)
def test_a_context_for_langchain_has_blocks_that_it_knows(name: str) -> None:
    with Memory.open(":memory:") as memory:
        history = TieredChatMessageHistory("s", memory=memory, namespace="anna")
        history.add_messages([HumanMessage([forms(TREE)[name]]), AIMessage("yes"), HumanMessage([forms(TREE)[name]])])
        context = memory.session("s", "anna").context("yes")
        assert "tiermem-media" not in str([message.content for message in context.messages])
