"""Turns and tool pairs: what may never be parted, and how a list of messages is made valid for every provider.

Rule 1: a turn is a user message and all that answers it; turns that a tool call and its result connect are one group.
Rule 2: in what `paired` returns, each call is followed at once by all its results, and each result has its call.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tiermem.messages import Message, ToolCall, content_text
from tiermem.window.view import Entry

USER_ROLES = frozenset({"user", "human"})
NO_RESULT = "[no result was recorded for this call]"


def groups(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The entries in groups that move as one: whole turns, joined where a tool pair spans several."""
    return _joined(entries, [index for index, entry in enumerate(entries) if entry.role in USER_ROLES])


def steps(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The smallest groups that keep tool pairs together: for a turn that is itself too long to keep."""
    return _joined(entries, range(len(entries)))


def _joined(entries: Sequence[Entry], starts: Iterable[int]) -> list[list[Entry]]:
    ties = _ties(entries)
    borders = [0, *(start for start in starts if start and not _cut(ties, start)), len(entries)]
    return [list(entries[low:high]) for low, high in pairwise(borders) if low < high]


def _ties(entries: Sequence[Entry]) -> list[int]:
    """For each position the number of tool pairs that a cut before it would part."""
    open_calls: dict[str, int] = {}
    deltas = [0] * (len(entries) + 1)
    for index, entry in enumerate(entries):
        if entry.answers and entry.answers in open_calls:
            deltas[open_calls[entry.answers] + 1] += 1
            deltas[index + 1] -= 1
        open_calls |= dict.fromkeys(entry.calls, index)
    for index in range(1, len(deltas)):
        deltas[index] += deltas[index - 1]
    return deltas


def _cut(ties: Sequence[int], position: int) -> bool:
    return ties[position] > 0


def paired(messages: Sequence[Message], *, open_end: bool = True) -> list[Message]:
    """*messages* with every tool result directly behind its call.

    A result that came late moves up; a call without a result gets an explicit one, unless it stands at the very end
    (its result is what comes next) and *open_end* says that nothing follows; a result without a call is shown as
    quoted text of the user's side.
    """
    results = _results(messages)
    placed: set[int] = set()
    ordered: list[Message] = []
    for index, message in enumerate(messages):
        if index in placed:
            continue
        if message.tool_calls:
            ordered.append(message)
            pending = open_end and index == len(messages) - 1
            ordered += _answers(message, results, placed, index, pending=pending)
        else:
            ordered.append(_quoted(message) if message.role == "tool" else message)
    return ordered


def _results(messages: Sequence[Message]) -> dict[str, deque[tuple[int, Message]]]:
    results: dict[str, deque[tuple[int, Message]]] = defaultdict(deque)
    for index, message in enumerate(messages):
        if message.role == "tool" and message.tool_call_id:
            results[message.tool_call_id].append((index, message))
    return results


def _answers(
    message: Message,
    results: dict[str, deque[tuple[int, Message]]],
    placed: set[int],
    index: int,
    *,
    pending: bool,
) -> list[Message]:
    answers: list[Message] = []
    for call in message.tool_calls:
        waiting = results.get(call.id, deque())
        while waiting and waiting[0][0] < index:
            waiting.popleft()
        if waiting:
            position, result = waiting.popleft()
            placed.add(position)
            answers.append(result)
        elif not pending:
            answers.append(_unanswered(call))
    return answers


def _unanswered(call: ToolCall) -> Message:
    """The same for the same call, so that the same window gives the same context."""
    name = call.name or None
    return Message(role="tool", content=NO_RESULT, id=f"no-result-{call.id}", tool_call_id=call.id, name=name)


def _quoted(message: Message) -> Message:
    name = f" of {message.name}" if message.name else ""
    text = f"[result{name} of a tool call that is no longer shown]\n{content_text(message.content)}"
    return message.shown_as(text, role="user", tool_call_id=None, raw=None)
