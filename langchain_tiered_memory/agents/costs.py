"""What a model call of LangChain sends beside the view: system prompt, tools, form of the answer, and what other
middleware put in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_tiered_memory.agents.view import grown
from langchain_tiered_memory.convert import to_core
from tiermem.agents.budget import Costs


def beside(request: Any, costs: Costs, count: Callable[[str], int]) -> int:
    """The tokens of *request* beside the messages of its state."""
    system = None if request.system_message is None else to_core(request.system_message).text
    schemas = [*request.tools, *_answer_schemas(request.response_format)]
    return costs.beside(count, system, schemas, _shape, grown(request.messages, request.state["messages"]))


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
