"""Conversations that part: each message names the one before it. The path that was shown, and the others. Pure.

Rule 1: a tree orders its messages, times never do: an answer may be older by its clock than the thought before it.
Rule 2: a message whose parent is not there begins; a parent that leads back to itself is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tiermem.messages import Message

Path = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """What stands at one place of a tree: no message, where its program shows none there, or several."""

    parent: str | None
    messages: Path = ()

    def __post_init__(self) -> None:
        given: Any = self.parent
        if not isinstance(given, str):  # files have numbers there, and whatever a fault left
            object.__setattr__(self, "parent", str(given) if type(given) is int else None)


def paths(nodes: Mapping[str, Node], shown: str | None = None) -> tuple[Path, tuple[Path, ...]]:
    """The path that ends in the node *shown*, and the other paths that say something that no earlier one says.

    Where *shown* is no node, the last of the file is what was shown.
    """
    if not nodes:
        return (), ()
    behind = _children(nodes)
    last = shown if isinstance(shown, str) and shown in nodes else list(nodes)[-1]
    main = _path(nodes, last)
    known = {one.id for one in main}
    others: list[Path] = []
    for name in nodes:
        if name in behind:
            continue
        path = _path(nodes, name)
        if any(one.id not in known for one in path):
            others.append(path)
            known |= {one.id for one in path}
    return main, tuple(others)


def _children(nodes: Mapping[str, Node]) -> set[str]:
    """The names of the nodes behind which others stand."""
    return {node.parent for node in nodes.values() if node.parent is not None and node.parent in nodes}


def _path(nodes: Mapping[str, Node], last: str) -> Path:
    return tuple(one for name in reversed([*upwards(nodes, last)]) for one in nodes[name].messages)


def upwards(nodes: Mapping[str, Node], name: str | None) -> Iterator[str]:
    """The names of the nodes from *name* to its beginning."""
    seen: set[str] = set()
    while name is not None and name in nodes and name not in seen:
        seen.add(name)
        yield name
        name = nodes[name].parent
