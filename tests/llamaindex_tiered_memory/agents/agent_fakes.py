"""What the tests of agents share: an LLM that keeps what it is sent with every call, tools, and a run of many calls."""

import json
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.tools import FunctionTool

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called

LIMIT = 8_000
TASK = "Read all reports and say which checksum is odd."
TOPICS = (
    "river",
    "bridge",
    "engine",
    "garden",
    "window",
    "market",
    "doctor",
    "planet",
    "copper",
    "violin",
    "harbour",
    "ticket",
)


class WatchedLLM(ScriptedLLM):
    """Keeps the schemas of the tools of each call too."""

    _schemas: list[list[dict[str, Any]]] = PrivateAttr(default_factory=list)

    def _prepare_chat_with_tools(self, tools: Any, user_msg: Any = None, chat_history: Any = None, **kwargs: Any):
        self._schemas.append([tool.metadata.to_openai_tool() for tool in tools])
        return super()._prepare_chat_with_tools(tools, user_msg, chat_history, **kwargs)

    def tokens(self, memory: TieredChatMemory) -> list[int]:
        """Tokens of each call: messages with all that is in them, and the schemas of the tools."""
        count = memory.tally
        return [
            count.messages(messages) + sum(count.text(json.dumps(schema, ensure_ascii=False)) for schema in schemas)
            for messages, schemas in zip(self.sent, self._schemas, strict=True)
        ]


def report(number: int) -> str:
    """Read the report of that number."""
    lines = (
        f"{number:03d}-{line:03d} {TOPICS[(number + line) % 12]} reads {number * 1000 + line}, within the usual bounds"
        for line in range(220)
    )
    return "\n".join([f"report {number}: its checksum is {number * 7919}", *lines])


def reports() -> FunctionTool:
    return FunctionTool.from_defaults(report, name="report")


def many_calls(count: int, answer: str = "all read") -> list[Any]:
    return [*(called("report", f"c{number}", number=number) for number in range(count)), answer]


def several(*names_and_numbers: tuple[str, int], name: str = "report") -> ChatMessage:
    """One message with several calls."""
    blocks = [
        ToolCallBlock(tool_call_id=call_id, tool_name=name, tool_kwargs={"number": number})
        for call_id, number in names_and_numbers
    ]
    return ChatMessage(role="assistant", blocks=blocks)


def originals(memory: TieredChatMemory) -> list[str]:
    """The tool results that the session has, whole."""
    return [one.content for one in memory.get_all() if one.role == "tool"]


def stubs(messages: list[ChatMessage]) -> list[ChatMessage]:
    return [one for one in messages if one.role == "tool" and (one.content or "").startswith("[COMPACTED")]


def agent_of(llm: WatchedLLM, *tools, **options) -> TieredFunctionAgent:
    given = {"llm": llm, "tools": [reports(), *tools], "system_prompt": "You read reports. " * 20}
    return TieredFunctionAgent(**(given | options))
