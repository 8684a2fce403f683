"""Turns and tool pairs: what may never be parted, and how a list of messages is made valid for every provider.

Rule 1: a turn is a user message and all that answers it; turns that a tool call and its result connect are one group.
Rule 2: in what `paired` returns, each call is followed at once by all its results, and each result has its call.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tiermem.messages import Message, ToolCall, content_text
from tiermem.window.provenance import FOREIGN
from tiermem.window.quotation import RESULT, quoted
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
    waiting: list[str] = []
    deltas = [0] * (len(entries) + 1)
    for index, entry in enumerate(entries):
        answers = entry.answers or (waiting[0] if waiting and entry.role == "tool" else None)
        if answers is not None and answers in open_calls:
            deltas[open_calls[answers] + 1] += 1
            deltas[index + 1] -= 1
        waiting = [*entry.calls] if entry.calls else _without(waiting, answers)
        open_calls |= dict.fromkeys(entry.calls, index)
    for index in range(1, len(deltas)):
        deltas[index] += deltas[index - 1]
    return deltas


def _without(waiting: Sequence[str], answers: str | None) -> list[str]:
    """The calls that still wait for a result, once one came for *answers*."""
    place = next((place for place, call in enumerate(waiting) if call == answers), len(waiting))
    return [*waiting[:place], *waiting[place + 1 :]]


def _cut(ties: Sequence[int], position: int) -> bool:
    return ties[position] > 0


def paired(messages: Sequence[Message], *, open_end: bool = True) -> list[Message]:
    """*messages* with every tool result directly behind its call.

    A result that came late moves up; a call without a result gets an explicit one, unless it stands at the very end
    (its result is what comes next) and *open_end* says that nothing follows; a result without a call is quoted, and so
    is what stands on the user's side though its `origin` says that it is not the user's.
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
            ordered.append(_as_said(message))
    return ordered


def _results(messages: Sequence[Message]) -> dict[str, deque[tuple[int, Message]]]:
    """The results of each call, in order. One that names no call is paired by its place: with the first of the calls
    before it that waits, of its tool if one is of that tool. (Local servers, and Gemini by OpenAI's API, give no ids.)
    """
    results: dict[str, deque[tuple[int, Message]]] = defaultdict(deque)
    waiting: list[ToolCall] = []
    for index, message in enumerate(messages):
        if message.tool_calls:
            waiting = list(message.tool_calls)
        elif message.role == "tool":
            call = _awaited(message, waiting)
            answers = message.tool_call_id or (call.id if call else None)
            if answers is not None:
                results[answers].append((index, message))
            waiting = [one for one in waiting if one is not call]
    return results


def _awaited(result: Message, waiting: Sequence[ToolCall]) -> ToolCall | None:
    if result.tool_call_id:
        return next((call for call in waiting if call.id == result.tool_call_id), None)
    return next((call for call in waiting if call.name == result.name), next(iter(waiting), None))


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
            own = (one for one in waiting if not call.id and one[1].name == call.name)  # several calls have no id
            position, result = next(own, waiting[0])
            waiting.remove((position, result))
            placed.add(position)
            answers.append(result)
        elif not pending:
            answers.append(_unanswered(call))
    return answers


def _unanswered(call: ToolCall) -> Message:
    """The same for the same call, so that the same window gives the same context."""
    name = call.name or None
    return Message(role="tool", content=NO_RESULT, id=f"no-result-{call.id}", tool_call_id=call.id, name=name)


def _as_said(message: Message) -> Message:
    if message.role == "tool":
        return quoted(message, content_text(message.content), RESULT)
    if message.role in USER_ROLES and message.origin in FOREIGN:
        return quoted(message, content_text(message.content))
    return message
