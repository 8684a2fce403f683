"""Tables of messages: CSV with a heading that says who, what and when; and Copilot's activity.

Seen: Copilot's of July 2026 (newest first also inside of a conversation, so that an answer stands before its question
with the same time; no zone, no ids), Discord's package of 2022, and tables that people make themselves.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime

from tiermem.blocks.roles import folded
from tiermem.errors import InvalidMessage
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, said, session_id, titled
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.sources.people.table_order import TimedRow, direction, in_order
from tiermem.times.instants import instant

KEY = "table"
_COPILOT = ["conversation", "time", "author", "message"]
_NAMES = {
    "who": ("role", "author", "sender", "from", "speaker", "user", "name", "作者", "角色"),
    "what": ("message", "content", "text", "contents", "body", "value", "内容", "消息"),
    "when": ("time", "timestamp", "date", "created_at", "datetime", "sent", "sent_at", "时间", "日期"),
    "where": (
        "conversation",
        "conversation_id",
        "thread",
        "thread_id",
        "session",
        "session_id",
        "chat",
        "channel",
        "会话",
    ),
    "id": ("id", "message_id"),
}
_MODELS = frozenset({"copilot", "bing"})


def _heading(contents: Contents) -> tuple[list[str], str]:
    """The names of the columns, in small letters, and what parts them; no names where it is no table of messages."""
    first = contents.text.lstrip("\ufeff").split("\n", 1)[0].strip("\r")
    if contents.is_json or not first or len(first) > 2_000:
        return [], ","
    between = max(",;\t", key=first.count)
    names = [one.strip().lower() for one in next(csv.reader([first], delimiter=between), [])]
    told = _column(names, "what") is not None and _column(names, "who") is not None
    return (names, between) if told and len(names) > 1 else ([], between)


def _column(names: Sequence[str], meaning: str) -> int | None:
    return next((names.index(one) for one in _NAMES[meaning] if one in names), None)


def _known(contents: Contents) -> bool:
    return bool(_heading(contents)[0])


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    names, between = _heading(contents)
    rows = csv.reader(io.StringIO(contents.text.lstrip("\ufeff"), newline=""), delimiter=between)
    next(rows)
    kept, found = Gathered(), dict[str, list[list[str]]]()
    where = _column(names, "where")
    try:
        for row in rows:
            if len(row) < len(names):
                kept.leave("rows with too few columns", bool(row))
            else:
                found.setdefault(row[where] if where is not None else "", []).append(row)
    except csv.Error as error:
        raise InvalidMessage(f"{contents.name}, line {rows.line_num}: no CSV ({error})") from error
    timed = {title: _timed(listed, names, wishes) for title, listed in found.items()}
    runs = sum(map(direction, timed.values()))
    for title, listed in timed.items():
        yield _told(title, in_order(listed, runs), names, contents, kept)
        kept = Gathered()


def _timed(rows: list[list[str]], names: list[str], wishes: ReadOptions) -> list[TimedRow]:
    who, when = _column(names, "who"), _column(names, "when")
    return [
        TimedRow(
            _when(row[when], wishes) if when is not None else None,
            row,
            folded(row[who or 0].strip()) == "user" if names == _COPILOT else None,
        )
        for row in rows
    ]


def _told(title: str, rows: list[TimedRow], names: list[str], contents: Contents, kept: Gathered) -> Conversation:
    who, what, when, number = (_column(names, one) for one in ("who", "what", "when", "id"))
    copilot = names == _COPILOT
    made = []
    for moment, row, _ in rows:
        name, words = row[who or 0].strip(), row[what or 0]
        if not words.strip():
            kept.leave("rows without words")
            continue
        role = folded(name) or ("assistant" if name.lower() in _MODELS else "user")
        own = row[number] if number is not None else ""
        identity = kept.unique(own or digest(title, row[when] if when is not None else "", name, words))
        made.append(said(role, words, identity, moment, name=None if folded(name) else name))
    key = "copilot" if copilot else KEY
    return Conversation(
        id=session_id(key, title or contents.stem), source="Copilot" if copilot else SOURCE.name, title=title,
        path=titled(tuple(made), title), log=True, named_by_file=not title,
        left_out=kept.left_out,
    )  # fmt: skip


def _when(text: str, wishes: ReadOptions) -> datetime | None:
    when = instant(text, wishes.dates)
    if when is None or wishes.zone is None:
        return when
    named = text.strip().endswith(("Z", "z")) or "+" in text[10:] or "-" in text[11:]
    return when if named or text.strip().isdecimal() else when.replace(tzinfo=wishes.zone)


SOURCE = HistoryFormat(KEY, "CSV", _known, _read)
