"""Every text that a message, a document or an item holds, given to a redactor. Pure, but for the redactor.

Rule 1: what links messages stays: ids, kinds, roles and names of tools. All else that is text is shown to the redactor,
also keys, the application's state, arguments of calls and the framework's own form of the message.
Rule 2: JSON in a text is text, and shown as it stands; where it has escapes what they stand for is shown too.
Rule 3: a text file in base64 is shown as the text that it is; other encoded bytes in a block are no text.
Rule 4: numbers among a caller's own values are shown as they are written, for a card's number may be one.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Container
from dataclasses import fields, replace
from itertools import count
from typing import Any, TypeAlias, TypeVar

from tiermem.errors import RedactionFailed
from tiermem.messages import Message
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
TEXTS = frozenset(["text", "content", "thinking", "reasoning"])  # keys of a form under which no bytes stand
BASE64 = late.compile(r"(data:[\w.+/;=-]{0,200};base64,)?([A-Za-z0-9+/]{16,}={0,2})")
CONTROL = late.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # in no text file
ENCODED = late.compile(r"(?:data:[\w.+/;=-]{0,200};base64,)?[A-Za-z0-9+/_-]{256,}={0,2}")  # no text has such a word


def redacted(message: Message, redact: Redact) -> Message:
    """*message* without what *redact* takes out of its texts; itself where that is nothing.

    Raises:
        RedactionFailed: *redact* raised something, or gave no text.
    """
    named = {"content": message.content, "state": message.state, "raw": message.raw}
    made = {
        "content": _said(message.content, redact),
        "state": value_of(message.state, redact),
        "raw": _value(message.raw, redact, form=True),
    }
    calls = tuple(replace(call, arguments=value_of(call.arguments, redact)) for call in message.tool_calls)
    if made == named and calls == message.tool_calls:
        return message
    return replace(message, **made, tool_calls=calls)


def _said(content: Any, redact: Redact) -> Any:
    """What a message says: in a text that stands by itself no word is too long to be one."""
    if isinstance(content, list):
        return [_value(one, redact, form=not isinstance(one, str)) for one in content]
    return _value(content, redact, form=False)


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
        return _text(value, redact, form)
    if isinstance(value, list):
        return [_value(one, redact, form=form) for one in value]
    if isinstance(value, dict):
        return _entries(value, redact, form)
    if not form and isinstance(value, (int, float)) and not isinstance(value, bool):
        written = str(value)
        made = _asked(written, redact)
        return value if made == written else made
    return value


def _entries(value: dict[str, Any], redact: Redact, form: bool) -> dict[str, Any]:
    is_call = form and ("args" in value or "arguments" in value or "input" in value)
    made: dict[str, Any] = {}
    for key, one in value.items():
        links = form and (key in LINKS or (is_call and key == "name"))
        if links and not isinstance(one, (list, dict)):
            made[key] = one
        elif form:
            text = key in TEXTS and isinstance(one, str)
            made[key] = _value(one, redact, form=key not in GIVEN and not text)
        else:
            made[_free(_asked(key, redact), made)] = _value(one, redact, form=False)
    return made


def _free(key: str, taken: Container[str]) -> str:
    """*key*, or where another one has become the same, with a number behind it: no value may be lost by that."""
    if key not in taken:
        return key
    return next(named for number in count(2) if (named := f"{key} {number}") not in taken)


def _text(text: str, redact: Redact, form: bool) -> str:
    if not (form and ENCODED.fullmatch(text)):
        made = _asked(text, redact) if text else text
        if made != text or not BASE64.fullmatch(text):
            return _unescaped(made, redact)
    known = _file(text)
    if known is None:
        return text
    start, said = known
    made = _asked(said, redact)
    return text if made == said else start + b64encode(made.encode("utf-8", "replace")).decode()


def _unescaped(text: str, redact: Redact) -> str:
    """*text* whose escapes, where it is JSON, hide nothing either; it is written anew where they did."""
    inside = _json(text) if "\\u" in text else None
    if inside is None:
        return text
    shown = value_of(inside, redact)
    return text if shown == inside else json.dumps(shown, ensure_ascii=False)


def _file(text: str) -> tuple[str, str] | None:
    """The text that *text* is in base64, and what stands in front of that; None where it is none."""
    found = BASE64.fullmatch(text)
    if found is None or len(found[2]) % 4:
        return None
    try:
        said = b64decode(found[2], validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        return None
    return (found[1] or "", said) if said.isprintable() or not CONTROL.search(said) else None


def _json(text: str) -> Any:
    try:
        known = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return known if isinstance(known, (dict, list)) else None


def _asked(text: str, redact: Redact) -> str:
    try:
        made = redact(text)
    except Exception as error:
        # Its own words may quote the text, which is why they are left to the cause.
        raise RedactionFailed(f"the redactor raised {type(error).__name__}; nothing was written") from error
    if not isinstance(made, str):
        raise RedactionFailed(f"the redactor gave {type(made).__name__}, not text; nothing was written")
    return made
