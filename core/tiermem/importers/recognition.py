"""Files that are somebody's history, but in no form that is read: which program wrote them, and what to do.

Rule: only what was refused is looked at here; nothing that can be read is refused because it looks like something.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tiermem.errors import InvalidMessage, UnreadFormat
from tiermem.text import late

HELP = 'write it as JSON lines of {"role": …, "content": …, "created_at": …} and import these'


class _Sign(NamedTuple):
    """A format, and the fields by which a record or document of it is known; "name=word" says a field's value too."""

    name: str
    fields: str
    advice: str = HELP


# The most telling first: a record has the name of the first sign that it bears.
_SIGNS = (
    _Sign("tiermem's export of a user", "row of schema", "import it without --session, or with memory.import_()"),
    _Sign("Claude Code", "sessionId uuid message"),
    _Sign("Claude Code", "leafUuid summary"),
    _Sign("Claude Code", "type=file-history-snapshot"),
    _Sign("Claude's export", "chat_messages uuid"),
    _Sign("Codex", "timestamp payload type"),
    _Sign("ChatGPT's export", "mapping"),
    _Sign("Gemini CLI", "projectHash sessionId"),
    _Sign("Gemini CLI", "timestamp content type=gemini"),
    _Sign("Gemini CLI", "timestamp content type=user"),
    _Sign("Google Takeout", "header title products"),
    _Sign("Google's Agent Development Kit", "appName userId events"),
    _Sign("Slack", "ts type=message"),
    _Sign("Telegram", "date_unixtime type"),
    _Sign("Matrix", "origin_server_ts sender"),
    _Sign("LibreChat", "messageId sender"),
    _Sign("LM Studio", "versions currentlySelected"),
    _Sign("Open WebUI", "chat user_id"),
    _Sign("Continue", "sessionId history"),
    _Sign("Letta", "agents"),
    _Sign("LangSmith", "run_type inputs"),
    _Sign("mem0", "memory hash"),
    _Sign("mem0", "results"),
    _Sign("OpenAssistant", "message_id parent_id"),
    _Sign("ShareGPT", "conversations"),
    _Sign("ShareGPT", "from value"),
    _Sign("SillyTavern", "user_name character_name"),
    _Sign("SillyTavern", "is_user mes"),
    _Sign("WildChat", "conversation_hash conversation"),
    _Sign("OpenAI's Agents SDK", "message_data session_id"),
    _Sign("Zulip", "sender_full_name content"),
    _Sign("OpenAI's threads", "object=list data", "import the messages under `data` as a list, oldest first"),
)
_TEXTS = (
    ("aider", late.compile(r"\A\s*# aider chat started at ")),
    ("WebVTT, as Zoom writes it", late.compile(r"\A\ufeff?WEBVTT")),
    (
        "WhatsApp",
        late.compile(r"\A\W*\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? \d{1,2}[:.]\d{2}[^\n]{0,20}?[-\]] [^\n:]{1,80}: "),
    ),
    ("mail (mbox)", late.compile(r"\AFrom \S+ [^\n]{0,80}\d{4}\r?\n")),
    ("an IRC log", late.compile(r"\A\[?\d{1,2}:\d{2}(?::\d{2})?\]? <[^>\s]{1,60}> ")),
    ("CSV", late.compile(r"\A\ufeff?[\w\" ]+(?:,[\w\" ]+)+\r?\n")),
)
BEGINNING = 2_000  # characters of a text by which its format is known


def refused(record: Any, place: str, error: Exception) -> InvalidMessage:
    """What to raise for a *record* that was refused with *error*: with the name of its format, where it is known."""
    sign = next((sign for sign in _SIGNS if _bears(record, sign)), None)
    if sign is None:
        return InvalidMessage(f"{place}: {error}")
    return UnreadFormat(
        f"{place}: like a file of {sign.name}, but not in a form that is read; {sign.advice}", sign.name
    )


def refuse_text(text: str, name: str) -> None:
    """Do nothing, unless *text*, the beginning of the file *name*, is no JSON but of another known format.

    Raises:
        UnreadFormat: it is.
    """
    known = next((form for form, beginning in _TEXTS if beginning.match(text[:BEGINNING])), "")
    if known:
        raise UnreadFormat(f"{name}: like a file of {known}, but not in a form that is read; {HELP}", known)


def _bears(record: Any, sign: _Sign) -> bool:
    return isinstance(record, Mapping) and all(_has(record, *field.split("=")) for field in sign.fields.split())


def _has(record: Mapping[str, Any], name: str, value: str | None = None) -> bool:
    return name in record and value in {None, record[name] if isinstance(record[name], str) else None}
