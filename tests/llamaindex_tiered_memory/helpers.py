"""Memories, engines and histories that several test files use."""

import json
import random

from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.chat_engine import (
    CondensePlusContextChatEngine,
    CondenseQuestionChatEngine,
    ContextChatEngine,
    SimpleChatEngine,
)
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode
from workflows import Context

from llamaindex_tiered_memory import TieredChatMemory


def fresh(**options) -> TieredChatMemory:
    return TieredChatMemory.from_defaults(**({"path": ":memory:"} | options))


def user(text: str) -> ChatMessage:
    return ChatMessage(role="user", content=text)


def assistant(text: str) -> ChatMessage:
    return ChatMessage(role="assistant", content=text)


def said(messages) -> list[str]:
    return [message.content for message in messages]


async def write_note(ctx: Context, note: str) -> str:
    """Write a note into the state."""
    async with ctx.store.edit_state() as state:
        state.setdefault("state", {})["note"] = note
    return "written"


class FixedRetriever(BaseRetriever):
    def _retrieve(self, query_bundle):
        return [NodeWithScore(node=TextNode(text="DOCUMENT about {braces}"), score=1.0)]


class EchoQueryEngine(CustomQueryEngine):
    def custom_query(self, query_str: str) -> str:
        return f"answer to {query_str}"


ENGINES = {
    "simple": lambda llm, memory: SimpleChatEngine.from_defaults(llm=llm, memory=memory),
    "context": lambda llm, memory: ContextChatEngine.from_defaults(FixedRetriever(), llm=llm, memory=memory),
    "condense_plus": lambda llm, memory: CondensePlusContextChatEngine.from_defaults(
        FixedRetriever(), llm=llm, memory=memory
    ),
    "condense_question": lambda llm, memory: CondenseQuestionChatEngine.from_defaults(
        EchoQueryEngine(), llm=llm, memory=memory
    ),
}


def heavy(index: int, shape: str) -> list[ChatMessage]:
    load = f"w{index} " * 200
    call = {"id": f"c{index}", "type": "function", "function": {"name": "f", "arguments": json.dumps({"q": load})}}
    block = ToolCallBlock(tool_call_id=f"c{index}", tool_name="f", tool_kwargs={"q": load})
    made = {
        "block": ChatMessage(role="assistant", blocks=[block]),
        "kwargs": ChatMessage(role="assistant", content="", additional_kwargs={"tool_calls": [call]}),
        "thinking": ChatMessage(role="assistant", blocks=[ThinkingBlock(content=load), TextBlock(text="ok")]),
    }[shape]
    result = ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": f"c{index}"})
    return [user(f"question {index}"), made, *([] if shape == "thinking" else [result]), assistant(f"answer {index}")]


def turn(pick: random.Random, number: int) -> list[ChatMessage]:
    """A turn with 0 to 3 tool rounds, in either shape of tool calls."""
    messages = [user(f"q{number} " + "u " * pick.randrange(1, 30))]
    for round_number in range(pick.choice([0, 0, 1, 2, 3])):
        ids = [f"{number}-{round_number}-{n}" for n in range(pick.choice([1, 1, 2, 3]))]
        if pick.random() < 0.5:
            blocks = [ToolCallBlock(tool_call_id=one, tool_name="f", tool_kwargs={"n": number}) for one in ids]
            messages.append(ChatMessage(role="assistant", blocks=blocks))
        else:
            calls = [{"id": one, "type": "function", "function": {"name": "f", "arguments": "{}"}} for one in ids]
            messages.append(ChatMessage(role="assistant", content=None, additional_kwargs={"tool_calls": calls}))
        for one in ids:
            text = "r " * pick.randrange(1, 60)
            messages.append(ChatMessage(role="tool", content=text, additional_kwargs={"tool_call_id": one}))
    return [*messages, assistant("a " * pick.randrange(1, 40))]


def call_ids(message: ChatMessage) -> list[str]:
    blocks = [block.tool_call_id for block in message.blocks if isinstance(block, ToolCallBlock)]
    return blocks + [call["id"] for call in message.additional_kwargs.get("tool_calls", [])]


def check_pairs(shown: list[ChatMessage]) -> None:
    """Every call is followed at once by its results, and every result has its call."""
    open_ids: list[str] = []
    for message in shown:
        answered = message.additional_kwargs.get("tool_call_id")
        if message.role == "tool":
            assert answered in open_ids
            open_ids.remove(answered)
            continue
        assert not open_ids
        open_ids = call_ids(message)
    assert not open_ids


FACT = "The staging database password rotation happens every 17 days on host falcon-9."


QUESTION = "How often does the password rotation on host falcon-9 happen?"


def filled(**options) -> TieredChatMemory:
    memory = fresh(token_limit=1500, **options)
    memory.put_messages([user(FACT), assistant("Noted.")])
    for index in range(60):
        memory.put_messages([user(f"Let us talk about topic {index}. {'filler ' * 20}"), assistant(f"Topic {index}.")])
    return memory
