"""The answer that a model is asked for, and what it gives in its place, read as the fields of a summary.

A `StructuredSummary` has free keys, which providers' structured output refuses; so a model is asked for lists of lines
that carry their own message numbers, and may answer in either form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, model_validator

from tiermem.errors import SummaryRejected
from tiermem.models.lenient_json import read_object
from tiermem.text import late

FIELDS = ("user_goal", "key_decisions", "modified_files", "critical_context", "last_step")
_LISTS = frozenset({"key_decisions", "modified_files", "critical_context"})
_TEXT_KEYS = ("text", "value", "path", "file", "decision", "fact", "description", "content", "summary")
_SOURCE_KEYS = ("messages", "sources", "message_numbers", "refs")
_LABEL_KEYS = ("label", "key", "name", "topic")
_NOTHING = frozenset({"", "none", "n/a", "null", "unknown", "not specified", "无", "暂无", "没有", "未知"})
_NUMBER = late.compile(r"\d{1,15}")


class SourcedLine(BaseModel):
    """One line, and the messages that say it."""

    text: str = Field(description="the line itself; empty if there is nothing to say")
    messages: list[int] = Field(description="numbers n of the messages that say it")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _line(value)


class NamedFact(SourcedLine):
    """A fact that must not be forgotten."""

    label: str = Field(description="what it is about, in one to three words")


class ConversationSummary(BaseModel):
    """Notes that take the place of the oldest messages of a conversation."""

    user_goal: SourcedLine  # without a description: strict providers refuse one beside a reference to a type
    key_decisions: list[SourcedLine] = Field(description="what was decided, why, and with which numbers; at most 12")
    modified_files: list[SourcedLine] = Field(description="paths of files created, changed or deleted; at most 20")
    critical_context: list[NamedFact] = Field(description="facts that must not be forgotten; at most 16")
    last_step: SourcedLine

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        """Leaves out what is no line, so that one wrong entry does not cost the whole answer."""
        if not isinstance(value, Mapping):
            return value
        return {name: _entries(value.get(name)) if name in _LISTS else _line(value.get(name)) for name in FIELDS}


def fields_of(value: Any, text: str = "") -> dict[str, Any]:
    """The fields of a `StructuredSummary` in *value*, an object or model, or else in the JSON somewhere in *text*.

    Raises:
        SummaryRejected: there is no object with any of the fields.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump()
    held = _inside(value) or _inside(read_object(text, FIELDS))
    if held is None:
        raise SummaryRejected("an empty answer" if not text.strip() else "an answer without the fields of a summary")
    fields: dict[str, Any] = {}
    sources = dict(held["sources"]) if isinstance(held.get("sources"), Mapping) else {}
    for name in FIELDS:
        if name == "critical_context":
            fields[name] = _facts(held.get(name), sources)
        elif name in _LISTS:
            fields[name] = _texts(name, held.get(name), sources)
        else:
            line = _line(held.get(name))
            fields[name] = line["text"] if any(map(str.isalpha, line["text"])) else ""  # 5 is no goal
            _point(sources, name, line)
    return fields | {"sources": sources}


def _inside(value: Any, depth: int = 0) -> Mapping[str, Any] | None:
    """The object with the fields: *value*, or what a model wrapped in one more object or list."""
    if isinstance(value, Mapping):
        if any(name in value for name in FIELDS):
            return value
        value = list(value.values())
    if depth < 2 and isinstance(value, list):
        inner = (_inside(entry, depth + 1) for entry in value if isinstance(entry, (Mapping, list)))
        return next((entry for entry in inner if entry is not None), None)
    return None


def _texts(name: str, value: Any, sources: dict[str, Any]) -> list[str]:
    texts: list[str] = []
    for place, line in enumerate(_entries(value)):
        own = sources.get(f"{name}.{place}")
        if line["text"]:
            sources[f"{name}.{len(texts)}"] = line["messages"] or own or []
            texts.append(line["text"])
    return texts


def _facts(value: Any, sources: dict[str, Any]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for line in _entries(value):
        if line["text"]:
            label = _free(line["label"] or "note", facts)
            facts[label] = line["text"]
            _point(sources, f"critical_context.{label}", line)
    return facts


def _point(sources: dict[str, Any], path: str, line: Mapping[str, Any]) -> None:
    if line["messages"]:
        sources[path] = line["messages"]


def _free(label: str, taken: Mapping[str, str]) -> str:
    number, free = 1, label
    while free in taken:
        number += 1
        free = f"{label} {number}"
    return free


def _entries(value: Any) -> list[dict[str, Any]]:
    """The lines of a list field, in whatever form: a list, an object by label, one text."""
    if isinstance(value, Mapping) and not _is_line(value):
        return [{**_line(entry), "label": str(label)} for label, entry in value.items()]
    if isinstance(value, (str, Mapping)):
        return [_line(value)]
    if isinstance(value, Sequence):
        return [line for entry in value for line in _entry(entry)]
    return []


def _entry(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, Mapping) and not _is_line(value):
        yield from ({**_line(entry), "label": str(label)} for label, entry in value.items())
    else:
        yield _line(value)


def _is_line(value: Mapping[str, Any]) -> bool:
    return any(key in value for key in (*_TEXT_KEYS[:7], *_SOURCE_KEYS))


def _line(value: Any) -> dict[str, Any]:
    """text, messages and label of one line, in whatever form it comes."""
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if not isinstance(value, Mapping):
        return {"text": _words(value), "messages": [], "label": ""}
    text, sources, label = (
        next((value[key] for key in keys if value.get(key) is not None), None)
        for keys in (_TEXT_KEYS, _SOURCE_KEYS, _LABEL_KEYS)
    )
    return {"text": _words(text), "messages": _numbers(sources), "label": _words(label)}


def _words(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(_words, value))
    text = "" if value is None or isinstance(value, Mapping) else str(value).strip()
    return "" if text.lower().rstrip(".。") in _NOTHING else text


def _numbers(value: Any) -> list[int]:
    """Message numbers as numbers: 12, "12", "m12", "[3, m4]"."""
    if isinstance(value, (list, tuple)):
        return [number for entry in value for number in _numbers(entry)]
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return [int(number) for number in _NUMBER.findall(str(value))]
    return []
