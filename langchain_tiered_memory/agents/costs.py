"""What a model call costs beside the view, in tokens: the system prompt, tools, the form of the answer, and what other
middleware put in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.messages import SystemMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_tiered_memory.agents.view import grown
from langchain_tiered_memory.convert import to_core
from langchain_tiered_memory.rendering import MESSAGE_OVERHEAD

KEPT = 512  # schemas whose cost is remembered: agents hand over the same tools with every call
OVERHEAD = 8  # tokens of a schema's frame, and of a system prompt's


class Costs:
    """Counts with the memory's counter, each schema once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, int]] = {}

    def beside(self, request: Any, count: Callable[[str], int]) -> int:
        """The tokens of *request* beside the messages of its state."""
        schemas = [*request.tools, *_answer_schemas(request.response_format)]
        more = grown(request.messages, request.state["messages"])
        return (
            self._system(request.system_message, count)
            + sum(self._schema(one, count) for one in schemas)
            + sum(MESSAGE_OVERHEAD + count(text) for text in more)
        )

    @staticmethod
    def _system(message: SystemMessage | None, count: Callable[[str], int]) -> int:
        return 0 if message is None else OVERHEAD + count(to_core(message).text)

    def _schema(self, schema: Any, count: Callable[[str], int]) -> int:
        known = self._known.get(id(schema))
        if known is not None and known[0] is schema:
            return known[1]
        if len(self._known) >= KEPT:
            self._known.clear()
        tokens = OVERHEAD + count(json.dumps(_shape(schema), ensure_ascii=False, default=str))
        self._known[id(schema)] = (schema, tokens)
        return tokens


def _answer_schemas(response_format: Any) -> list[Any]:
    schema = getattr(response_format, "schema", response_format)
    return [] if schema is None else [schema]


def _shape(schema: Any) -> Any:
    """What a provider is sent: a provider's own tool is sent as it is."""
    if isinstance(schema, Mapping) and "type" in schema and "function" not in schema and "properties" not in schema:
        return schema
    try:
        return convert_to_openai_tool(schema)
    except (ValueError, TypeError):
        return getattr(schema, "__annotations__", None) or repr(schema)
