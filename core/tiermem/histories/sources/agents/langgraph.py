"""LangGraph's checkpoints, as `histories/tables/checkpoints.py` reads them: a thread is a conversation.

Who went back in time made branches: the path of the newest checkpoint is what was shown. What a graph took out of its
state later (a summary in place of old turns) was said, and stands there; of a message that was changed the last words
count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.trees import Node, Path, paths
from tiermem.importers.shapes import message_of
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "langgraph"
_ROW = "langgraph_checkpoint"


def _known(contents: Contents) -> bool:
    return contents.is_json and has(contents.first, _ROW, "thread")


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    rows = [row for row in contents.records if has(row, _ROW, "thread")]
    for thread, some in groupby(rows, key=lambda row: str(row["thread"])):
        kept, tree = Gathered(), dict[str, Node]()
        for row in some:
            kept.left_out.update(_counted(row, "left"))
            kept.left_out |= _counted(row, "beside")  # each state has it again: the most that one has
            if not row.get("inner"):
                tree[str(row[_ROW])] = Node(row.get("parent"), _messages(thread, row, kept))
        path, branches = paths(tree)
        yield Conversation(
            id=session_id(KEY, thread),
            source=SOURCE.name,
            path=_once(path),
            branches=tuple(map(_once, branches)),
            left_out=kept.left_out,
        )


def _counted(row: Mapping[str, Any], field: str) -> Counter[str]:
    return Counter({str(why): int(number) for why, number in wording.mapping(row.get(field)).items()})


def _messages(thread: str, row: Mapping[str, Any], kept: Gathered) -> Path:
    when, made = instant(row.get("time")), list[Message]()
    for place, record in enumerate(wording.objects(row.get("messages"))):
        try:
            message = message_of(record, digest(thread, row[_ROW], place))
        except InvalidMessage:
            kept.leave("messages of a kind that is not known")
            continue
        made.append(message if message.created_at else replace(message, created_at=when))
    return tuple(made)


def _once(path: Path) -> Path:
    """*path*, each message where it came first, with the words that it has last and the time that it had first."""
    found: dict[str, Message] = {}
    for one in path:
        known = found.get(one.id)
        found[one.id] = one if known is None else replace(one, created_at=known.created_at)
    return tuple(found.values())


SOURCE = HistoryFormat(KEY, "LangGraph's checkpoints", _known, _read)
