"""Echoes: calls of the memory tools that a conversation holds; they must not be found as if they had been said."""

from __future__ import annotations

from collections.abc import Mapping

from tiermem.messages import ToolCall, loads

# The tools of `tiermem.tools` by name, with their arguments. Somebody else's tool of such a name, with no other
# arguments, means the same, so nothing of its own is lost with it.
ARGUMENTS: Mapping[str, frozenset[str]] = {
    "search_memory": frozenset({"query", "since", "until", "role"}),
    "expand_memory": frozenset({"ref", "offset"}),
    "remember": frozenset({"note"}),
    "forget_memory": frozenset({"ref"}),
}


def asks_memory(call: ToolCall) -> bool:
    """Whether *call* is one of a memory tool."""
    known = ARGUMENTS.get(call.name)
    return known is not None and _names(call.arguments) <= known


def _names(arguments: object) -> frozenset[str]:
    """The names of the arguments; of a broken one, one that no tool has."""
    if isinstance(arguments, str):
        try:
            arguments = loads(arguments.encode("utf-8", "surrogatepass"))
        except ValueError:
            arguments = None
    return frozenset(arguments) if isinstance(arguments, Mapping) else frozenset({""})
