"""OpenAssistant's collections: messages that name their parents, or whole trees. Seen: oasst1 and oasst2.

The answer that people ranked first is the one that was shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.trees import Node, paths
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "oasst"
_LAST = 1_000  # the rank of an answer that nobody ranked


def _known(contents: Contents) -> bool:
    first = contents.first
    return contents.is_json and (
        has(first, "message_id", "parent_id", "role") or has(first, "message_tree_id", "prompt")
    )


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    trees: dict[str, dict[str, Mapping[str, Any]]] = {}
    roots: dict[str, str] = {}
    for record in _flat(contents):
        name, parent = str(record.get("message_id")), record.get("parent_id")
        root = roots.get(str(parent), name) if parent else name
        roots[name] = root
        trees.setdefault(root, {})[name] = record
    for root, records in trees.items():
        kept = Gathered()
        nodes = {name: Node(one.get("parent_id"), _messages(name, one, kept)) for name, one in records.items()}
        path, branches = paths(nodes, _best(records, root))
        yield Conversation(
            id=session_id(KEY, root), source=SOURCE.name, path=path, branches=branches, left_out=kept.left_out
        )


def _flat(contents: Contents) -> Iterator[Mapping[str, Any]]:
    for record in contents.records:
        stack = [wording.mapping(record.get("prompt"))] if "prompt" in record else [record]
        stack = [one for one in stack if "message_id" in one]
        while stack:
            one = stack.pop()
            yield one
            replies = wording.objects(one.get("replies"))
            stack += [{"parent_id": one.get("message_id"), **reply} for reply in reversed(replies)]


def _best(records: Mapping[str, Mapping[str, Any]], root: str) -> str:
    """The last message of the path of the answers ranked first."""
    children: dict[str, list[str]] = {}
    for name, one in records.items():
        children.setdefault(str(one.get("parent_id")), []).append(name)
    here = root
    while there := [one for one in children.get(here, ()) if one != here]:
        here = min(there, key=lambda name: _rank(records[name]))
        children.pop(str(records[here].get("parent_id")), None)
    return here


def _rank(record: Mapping[str, Any]) -> int:
    rank = record.get("rank")
    return rank if isinstance(rank, int) else _LAST


def _messages(name: str, record: Mapping[str, Any], kept: Gathered) -> tuple[Message, ...]:
    words = record.get("text")
    if not isinstance(words, str) or not words.strip():
        kept.leave("messages without words")
        return ()
    role = "user" if record.get("role") == "prompter" else "assistant"
    return (said(role, words, name, instant(record.get("created_date")), state={"lang": record.get("lang")}),)


SOURCE = HistoryFormat(KEY, "OpenAssistant", _known, _read)
