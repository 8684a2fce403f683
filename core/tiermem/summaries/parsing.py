"""What a summariser returned, read as lines of a summary or refused. Nothing in it is believed or executed."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from tiermem.errors import SummaryRejected
from tiermem.messages import Message
from tiermem.summaries.lines import LIST_LIMITS, Line, moment
from tiermem.text import late
from tiermem.text.sanitizing import one_line

_TEXTS = ("user_goal", "last_step")
_FIELDS = (*_TEXTS, *LIST_LIMITS)
_SPAN_FIELDS = (("count", "count"), ("time_range", "time_range"), ("time_range", "timeRange"))
_ROUNDED = timedelta(seconds=1)  # times may be told in whole seconds
_MILLISECONDS = 1e11  # numbers above it are no seconds since 1970 (the year 5138)
_FENCE = late.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$", re.DOTALL | re.IGNORECASE)
_REFUSAL = late.compile(
    r"^\W*(?:(?:i'?m|i am) (?:very |so )?sorry|sorry,|i (?:can ?not|can't|am unable to|am not able to"
    r"|won't)\b|i'm (?:unable|not able) to"
    r"|as an ai\b|error generating summary|error:|internal server error|rate limit|traceback \(most"
    r"|很?抱歉|对不起|我?无法(?:生成|提供|总结|完成|协助)|作为一?个?(?:ai|人工智能|语言模型)|生成摘要(?:失败|出错|时出错))",
    re.IGNORECASE,
)
_PROTOCOL = late.compile(
    r"^\W*(?:<\|?(?:tool|function|im_start|antml|invoke)|(?:tool_calls?|tool_use|function_call"
    r"|name)\"?\s*:\s*[\"\[{])"
    r"|<\|(?:im_start|im_end|endoftext|tool)",
    re.IGNORECASE,
)


def claimed(value: Any, source_characters: int) -> tuple[list[Line], int]:
    """The lines that *value* claims, uncut, with the sources it names; and how many of its values are none.

    Raises:
        SummaryRejected: it is no such structure, empty, a refusal, an error or a tool call, or longer than its source.
    """
    fields = _fields(value)
    if not any(name in fields for name in _FIELDS):
        raise SummaryRejected(f"none of the fields {', '.join(_FIELDS)}")
    read = list(_lines(fields))
    told = [line for line in read if line is not None]
    lines = [line for line in told if one_line(line.text)]  # nor is a line of control characters one
    if not lines:
        raise SummaryRejected("every field of the summary is empty")
    refused = [line for line in lines if _REFUSAL.match(line.text.replace("’", "'"))]
    if any(line.kind in _TEXTS for line in refused) or len(refused) == len(lines):
        raise SummaryRejected("the summary is a refusal or an error text")
    if any(_PROTOCOL.search(line.text) for line in lines):
        raise SummaryRejected("the summary holds tool or chat protocol")
    size = sum(len(line.text) + len(line.label) for line in lines)
    if size > source_characters:
        raise SummaryRejected(f"the summary has {size} characters, its source {source_characters}")
    return lines, len(read) - len(told)


def source_size(messages: Sequence[Message]) -> int:
    """Characters of text, tool names and arguments of *messages*."""
    calls = (len(call.name) + len(str(call.arguments)) for message in messages for call in message.calls)
    return sum(len(message.text) for message in messages) + sum(calls)


def _fields(value: Any) -> Mapping[str, Any]:
    if isinstance(value, (str, bytes)):
        value = _parsed(value)
    elif isinstance(value, BaseModel):
        value = value.model_dump()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if not isinstance(value, Mapping):
        raise SummaryRejected(f"no structured summary: {type(value).__name__}")
    return value


def tells_the_span(value: Any, messages: Sequence[Message]) -> bool:
    """Whether *value* says nothing but how many *messages* there are, or when they were said: `count`, `time_range`.

    Raises:
        SummaryRejected: it says so wrongly, or is no structure at all.
    """
    fields = _fields(value)
    claims = {name: fields[key] for name, key in _SPAN_FIELDS if fields.get(key) is not None}
    if any(name in fields for name in _FIELDS) or not claims:
        return False
    if "count" in claims and claims["count"] != len(messages):
        raise SummaryRejected(f"count is {claims['count']!r:.40}; there are {len(messages)} messages")
    known = sorted(moment(message.when) for message in messages if message.when)
    for end in _ends(claims.get("time_range")):
        if not known or not known[0] - _ROUNDED <= end <= known[-1] + _ROUNDED:
            raise SummaryRejected("time_range names a time before or after the messages")
    return True


def _ends(value: Any) -> Iterator[datetime]:
    """The two times of a range, as datetimes, ISO 8601, or seconds or milliseconds since 1970."""
    if isinstance(value, Mapping):
        value = [value.get("start"), value.get("end")]
    for end in value if isinstance(value, (list, tuple)) else []:
        if end is not None:
            yield _moment(end)
    if value is not None and not isinstance(value, (list, tuple)):
        raise SummaryRejected(f"time_range must have a start and an end, not be {type(value).__name__}")


def _moment(value: Any) -> datetime:
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif type(value) in (int, float):
            value = datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
        return moment(value)
    except (ValueError, TypeError, OverflowError, OSError, AttributeError) as error:
        raise SummaryRejected(f"time_range holds what is no time: {type(value).__name__}") from error


def _parsed(text: str | bytes) -> Any:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    fenced = _FENCE.match(text)
    try:
        return json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError) as error:
        raise SummaryRejected(f"text that is no JSON: {type(error).__name__}") from error


def _lines(fields: Mapping[str, Any]) -> Iterator[Line | None]:
    """The lines of *fields*; None for each value that tells nothing where words belong."""
    sources = fields.get("sources") if isinstance(fields.get("sources"), Mapping) else {}
    for kind in ("user_goal", "key_decisions", "modified_files", "critical_context", "last_step"):
        for path, label, text in _entries(kind, fields.get(kind)):
            yield None if text is None else Line(kind, text, _numbers((sources or {}).get(path)), label)


def _entries(kind: str, value: Any) -> Iterator[tuple[str, str, str | None]]:
    """(path, label, text) of one field, in the shapes that models give it; no text where a value is no line of it."""
    if value is None:
        return
    if kind in _TEXTS:
        yield kind, "", _line(value, kind)
    elif kind == "critical_context" and isinstance(value, Mapping):
        for label, entry in value.items():
            yield f"{kind}.{label}", one_line(str(label)), _words(entry, kind)
    elif isinstance(value, str):
        yield f"{kind}.0", "note" if kind == "critical_context" else "", value
    elif isinstance(value, (list, tuple)):
        for place, entry in enumerate(value):
            yield f"{kind}.{place}", "note" if kind == "critical_context" else "", _line(entry, kind)
    else:
        raise SummaryRejected(f"{kind} must not be {type(value).__name__}")


def _line(value: Any, kind: str) -> str | None:
    """The words of a line without a label; None for a bare number, for nothing, and for a file that has no name."""
    if value is None or isinstance(value, (int, float)) or (kind == "modified_files" and not isinstance(value, str)):
        return None
    return _words(value, kind)


def _words(value: Any, kind: str) -> str:
    if value is None or isinstance(value, (str, int, float)):
        return "" if value is None else str(value)
    if isinstance(value, (list, tuple)) and all(isinstance(entry, (str, int, float)) for entry in value):
        return ", ".join(map(str, value))
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SummaryRejected(f"{kind} holds {type(value).__name__}, which is no JSON") from error


def _numbers(value: Any) -> tuple[int, ...]:
    """The sequence numbers in *value*; a claim in another form is left out, and `attribute` finds the sources."""
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(number for number in value if type(number) is int)
