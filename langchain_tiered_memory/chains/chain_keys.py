"""Which value of a chain's inputs is the user's words, and which of its outputs is the answer."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

# The names that LangChain's own chains and its documentation use, the most telling first.
QUESTIONS = ("question", "input", "query", "human_input", "user_input", "message", "prompt", "text")
ANSWERS = ("answer", "output", "result", "text", "response", "output_text", "content")
_BESIDE = frozenset({"source_documents", "generated_question", "intermediate_steps", "sources", "context"})


def question_key(inputs: Mapping[str, Any], memory_variables: Collection[str], given: str | None) -> str:
    """The key of the user's words: *given*, or the only key, or a known name, or the only one that holds text.

    Raises:
        ValueError: several could be meant; the message names them.
    """
    if given is not None:
        return given
    keys = [key for key in inputs if key not in memory_variables and key != "stop"]
    found = _one_of(inputs, keys, QUESTIONS)
    if found is None:
        raise ValueError(f"One input key expected got {keys}; say which with input_key=")
    return found


def answer_key(outputs: Mapping[str, Any], given: str | None) -> str:
    """The key of the answer, found as `question_key` finds its own.

    Raises:
        ValueError: several could be meant, or there is none; the message names them.
    """
    if given is not None:
        return given
    keys = list(outputs)
    found = _one_of(outputs, [key for key in keys if key not in _BESIDE] or keys, ANSWERS)
    if found is None:
        raise ValueError(f"Got multiple output keys: {keys}, or none that is an answer; say which with output_key=")
    return found


def question_of(inputs: Mapping[str, Any], memory_variables: Collection[str], given: str | None) -> str | None:
    """The words to recall by; None where there are none. It never raises: reading is no place to refuse a turn."""
    try:
        words = as_text(inputs[question_key(inputs, memory_variables, given)])
    except (ValueError, KeyError):
        beside = {*memory_variables, "stop"}
        words = "\n".join(value for key, value in inputs.items() if isinstance(value, str) and key not in beside)
    return words.strip() or None


def turn(question: Any, answer: Any) -> list[BaseMessage]:
    """The messages of a turn. Values that are messages are kept as they are, text and blocks become messages."""
    return [*_messages(question, HumanMessage), *_messages(answer, AIMessage)]


def as_text(value: Any) -> str:
    """A chain's value as text: a message by its text, anything else that is no text as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, BaseMessage):
        return str(value.text)
    if isinstance(value, list) and value and isinstance(value[-1], BaseMessage):
        return str(value[-1].text)
    return json.dumps(value, ensure_ascii=False, default=str)


def _one_of(values: Mapping[str, Any], keys: list[str], known: tuple[str, ...]) -> str | None:
    if len(keys) == 1:
        return keys[0]
    named = next((name for name in known if name in keys), None)
    texts = [key for key in keys if isinstance(values[key], (str, BaseMessage))]
    return named or (texts[0] if len(texts) == 1 else None)


def _messages(value: Any, kind: type[HumanMessage | AIMessage]) -> list[BaseMessage]:
    if isinstance(value, BaseMessage):
        return [value]
    if isinstance(value, list) and value and all(isinstance(message, BaseMessage) for message in value):
        return list(value)
    blocks = isinstance(value, list) and all(isinstance(block, (str, dict)) for block in value)
    return [kind(content=value if blocks else as_text(value))]
