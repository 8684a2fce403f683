"""What `remember` noted comes up by itself, in every face of both adapters, in the same words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.memory import Memory as StockMemory

from langchain_tiered_memory import ConversationTieredMemory, TieredMemoryMiddleware
from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent, TieredMemoryBlock
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, thread
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM
from tiermem import Memory
from tiermem.tools import memory_tools

SPEAKS = {
    "English": ("Anna parks her bicycle in cellar 14 of the harbour house.", "Where does Anna park her bicycle?"),
    "Chinese": ("安娜把自行车停在港口大楼的14号地下室。", "安娜的自行车停在哪里？"),
}
_BLOCK = re.compile(r"<quoted.*?</quoted>", re.DOTALL)


def _classic(memory: Memory, question: str, **options: Any) -> str:
    shown = ConversationTieredMemory("s", memory=memory, **options).load_memory_variables({"input": question})
    return "\n".join(str(message.content) for message in shown["chat_history"])


async def _aclassic(memory: Memory, question: str) -> str:
    shown = await ConversationTieredMemory("s", memory=memory).aload_memory_variables({"input": question})
    return "\n".join(str(message.content) for message in shown["chat_history"])


def _middleware(memory: Memory, question: str) -> str:
    model = Scripted()
    agent(model, TieredMemoryMiddleware(memory=memory, tools=False)).invoke(
        {"messages": [HumanMessage(question)]}, thread("s")
    )
    return "\n".join(str(message.content) for message in model.prompts[-1])


def _chats(messages: Any) -> str:
    return "\n".join(block.text for message in messages for block in message.blocks if hasattr(block, "text"))


def _chat(memory: Memory, question: str, **options: Any) -> str:
    return _chats(TieredChatMemory(session_id="s", memory=memory, **options).get(question))


async def _achat(memory: Memory, question: str) -> str:
    chat = TieredChatMemory(session_id="s", memory=memory)
    await chat.aput(ChatMessage(question))
    return _chats(await chat.aget())


def _engine(memory: Memory, question: str) -> str:
    llm = ScriptedLLM("Noted.")
    SimpleChatEngine.from_defaults(llm=llm, memory=TieredChatMemory(session_id="s", memory=memory)).chat(question)
    return _chats(llm.sent[-1])


async def _agent(memory: Memory, question: str) -> str:
    llm = ScriptedLLM("Noted.")
    await TieredFunctionAgent(llm=llm).run(question, memory=TieredChatMemory(session_id="s", memory=memory))
    return _chats(llm.sent[-1])


async def _stock(memory: Memory, question: str) -> str:
    stock = StockMemory.from_defaults(session_id="s", memory_blocks=[TieredMemoryBlock(memory=memory)])
    await stock.aput(ChatMessage(question))
    return _chats(await stock.aget())


FACES: dict[str, Callable[[Memory, str], Any]] = {
    "classic memory": _classic,
    "classic memory, async": _aclassic,
    "middleware": _middleware,
    "chat memory": _chat,
    "chat memory, async": _achat,
    "chat engine": _engine,
    "agent": _agent,
    "memory block": _stock,
}


def shown_by(face: str, memory: Memory, question: str) -> str:
    """What a model is sent."""
    text = FACES[face](memory, question)
    return str(asyncio.run(text) if asyncio.iscoroutine(text) else text)


@pytest.fixture(params=SPEAKS)
def noted(request: pytest.FixtureRequest) -> tuple[Memory, str, str]:
    """A memory with a note of another conversation, the note and a question about it."""
    note, question = SPEAKS[request.param]
    memory = Memory.open(":memory:")
    memory_tools(memory.session("of last week"))["remember"].call(note=note)
    return memory, note, question


@pytest.mark.sampled(3)
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("face", FACES)
def test_the_note_comes_up_in_the_same_block_everywhere(face: str, long: bool, noted: tuple[Memory, str, str]) -> None:
    memory, note, question = noted
    if long:
        memory.session("s").add([f"Small talk number {number} of the weather there. " * 9 for number in range(200)])
        memory.session("s").add("Noted.", role="assistant")
    (block,) = _BLOCK.findall(shown_by(face, memory, question))
    expected = memory.session("nothing said").recall(question, 2_000, within="notes").text
    assert note in block
    line = next(line for line in expected.splitlines() if line.startswith("[d1] "))
    assert line in block.splitlines()
    if not long:
        assert block == expected


@pytest.mark.parametrize("face", FACES)
def test_what_has_nothing_to_do_with_the_note_does_not_bring_it_up(face: str, noted: tuple[Memory, str, str]) -> None:
    memory, note, _ = noted
    assert note not in shown_by(face, memory, "Thanks, 谢谢!")


@pytest.mark.parametrize("shown", [_classic, _chat])
def test_documents_come_up_where_they_are_asked_for(shown: Callable[..., str], noted: tuple[Memory, str, str]) -> None:
    """By default a retriever brings them, and a second copy would cost tokens."""
    memory, note, question = noted
    memory.knowledge().add_documents({"text": f"The manual says: {note}", "source": "manual.md"})
    assert "manual.md" not in shown(memory, question)
    assert "manual.md" in shown(memory, question, within="everything")
    assert note not in shown(memory, question, within="conversation")


def test_notes_of_one_user_never_come_up_with_another(noted: tuple[Memory, str, str]) -> None:
    memory, note, question = noted
    for text in (_classic(memory, question, namespace="bob"), _chat(memory, question, namespace="bob")):
        assert note not in text


def test_a_short_talk_without_notes_asks_no_index() -> None:
    """Reading costs what it did: nothing is looked for where nothing is left out."""
    embedded: list[str] = []

    def embed(texts: list[str]) -> list[list[float]]:
        embedded.extend(texts)
        return [[1.0, float(len(text))] for text in texts]

    memory = Memory.open(":memory:", embedder=embed)
    memory.session("s").add(["Hello.", "How are you?"])
    before = list(embedded)
    assert "Hello." in _classic(memory, "Where is the harbour?")
    assert "Hello." in _chat(memory, "Where is the harbour?")
    assert embedded == before
