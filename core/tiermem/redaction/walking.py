"""Every text that a message, a document or an item holds, given to a redactor. Pure, but for the redactor.

Rule 1: what links messages stays: ids, kinds, roles and names of tools. All else that is text is shown to the redactor,
also keys, the application's state, arguments of calls and the framework's own form of the message.
Rule 2: encoded bytes are no text, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import fields, replace
from json import JSONDecodeError
from typing import Any, TypeAlias, TypeVar

from tiermem.errors import RedactionFailed
from tiermem.messages import Message
from tiermem.plain_json import dumps, loads
from tiermem.text import late

Redact: TypeAlias = Callable[[str], str]
Made = TypeVar("Made")
# Of a block, and of the form that a framework gives a message; what callers put into calls, state or items is no form.
LINKS = frozenset(
    [
        *("type", "block_type", "role", "index", "format", "encoding", "signature", "sha256"),
        *("id", "tool_call_id", "tool_use_id", "call_id", "tool_id"),
        *("media_type", "mime_type", "mimetype", "source_type"),
    ]
)
GIVEN = frozenset(["args", "arguments", "input", "kwargs", "tool_kwargs", "metadata", "state"])  # a caller's, in a form
ENCODED = late.compile(r"(?:data:[\w.+/;=-]{0,200};base64,)?[A-Za-z0-9+/_-]{256,}={0,2}")  # no text has such a word


def redacted(message: Message, redact: Redact) -> Message:
    """*message* without what *redact* takes out of its texts; itself where that is nothing.

    Raises:
        RedactionFailed: *redact* raised something, or gave no text.
    """
    named = {"content": message.content, "state": message.state, "raw": message.raw}
    made = {
        "content": _value(message.content, redact, form=True),
        "state": value_of(message.state, redact),
        "raw": _value(message.raw, redact, form=True),
    }
    calls = tuple(replace(call, arguments=value_of(call.arguments, redact)) for call in message.tool_calls)
    if made == named and calls == message.tool_calls:
        return message
    return replace(message, **made, tool_calls=calls)


def value_of(value: Any, redact: Redact) -> Any:
    """A JSON *value* of the caller's, without what *redact* takes out of its texts, its keys among them."""
    return _value(value, redact, form=False)


def fields_of(made: Made, redact: Redact, kept: Container[str]) -> Made:
    """The dataclass *made* without what *redact* takes out of its texts, those of its lists among them; the fields
    *kept* stay."""
    known = {one.name: getattr(made, one.name) for one in fields(made) if one.init and one.name not in kept}  # type: ignore[arg-type]
    texts = {name: one for name, one in known.items() if isinstance(one, (str, tuple))}
    changed = {
        name: value_of(one, redact) if isinstance(one, str) else tuple(value_of(list(one), redact))
        for name, one in texts.items()
    }
    return replace(made, **changed) if changed != texts else made  # type: ignore[type-var]


def _value(value: Any, redact: Redact, *, form: bool) -> Any:
    if isinstance(value, str):
        return _text(value, redact)
    if isinstance(value, list):
        return [_value(one, redact, form=form) for one in value]
    if isinstance(value, dict):
        return dict(_entries(value, redact, form))
    return value


def _entries(value: dict[str, Any], redact: Redact, form: bool) -> Iterator[tuple[str, Any]]:
    is_call = form and ("args" in value or "arguments" in value or "input" in value)
    for key, one in value.items():
        links = form and (key in LINKS or (is_call and key == "name"))
        if links and not isinstance(one, (list, dict)):
            yield key, one
        elif form:
            yield key, _value(one, redact, form=key not in GIVEN)
        else:
            yield _text(key, redact), _value(one, redact, form=False)


def _text(text: str, redact: Redact) -> str:
    if not text or ENCODED.fullmatch(text):
        return text
    if text[0] in "{[" and (known := _json(text)) is not None:
        made = value_of(known, redact)
        return text if made == known else dumps(made).decode("utf-8", "surrogatepass")
    return _asked(text, redact)


def _json(text: str) -> Any:
    try:
        known = loads(text.encode("utf-8", "surrogatepass"))
    except (JSONDecodeError, ValueError, RecursionError):
        return None
    return known if isinstance(known, (dict, list)) else None


def _asked(text: str, redact: Redact) -> str:
    try:
        made = redact(text)
    except Exception as error:
        # Its own words may quote the text, which is why they are left to the cause.
        raise RedactionFailed(f"the redactor raised {type(error).__name__}; nothing was stored") from error
    if not isinstance(made, str):
        raise RedactionFailed(f"the redactor gave {type(made).__name__}, not text; nothing was stored")
    return made
