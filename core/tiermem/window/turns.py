"""Turns and tool pairs: what may never be parted.

Rule: a turn is a user message and all that answers it; turns that a tool call and its result connect are one group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from tiermem.messages import Message
from tiermem.window.view import Entry

USER_ROLES = frozenset({"user", "human"})
NEAREST, NEAR = 16, 256  # entries in which the newest step is looked for first; a window may have a hundred thousand


def groups(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The entries in groups that move as one: whole turns, joined where a tool pair spans several."""
    return _joined(entries, [index for index, entry in enumerate(entries) if entry.role in USER_ROLES])


def steps(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The smallest groups that keep tool pairs together: for a turn that is itself too long to keep."""
    return _joined(entries, range(len(entries)))


def steps_apart(entries: Sequence[Entry], messages: Mapping[int, Message]) -> list[list[Entry]] | None:
    """`steps` of *entries*, where pairing each by itself comes to what pairing all together does, as they are shown in
    *messages*; else None: a call has no id, or one that another has too, or a result does not name its call.
    """
    seen: set[str] = set()
    for entry in entries:
        message = messages[entry.sequence]
        calls = [call.id for call in message.calls]
        if calls and not (all(calls) and seen.isdisjoint(calls) and len({*calls}) == len(calls)):
            return None
        seen.update(calls)
        if not (message.answers or calls) and message.acts_as != "tool":
            continue
        linked = {*calls} <= {*entry.calls} and {*message.answers} <= {*entry.answers}
        if not linked or not all(message.answers) or (message.acts_as == "tool" and not message.answers):
            return None
    return steps(entries)


def last_step(entries: Sequence[Entry], near: int = NEAR) -> list[Entry]:
    """The last of `steps`, for which the *near* newest entries are enough where nothing in them answers older ones.

    What answers nothing is a step of its own.
    """
    if entries and not entries[-1].answers and entries[-1].role != "tool":
        return [entries[-1]]
    if near > NEAREST and (step := _last_of(entries, NEAREST)):
        return step
    return _last_of(entries, near) or (steps(entries) or [[]])[-1]


def _last_of(entries: Sequence[Entry], near: int) -> list[Entry]:
    """The last step, where the *near* newest entries tell it; else nothing."""
    tail = entries[-near:]
    calls = {call for entry in tail for call in entry.calls}
    if len(tail) < len(entries) and calls.issuperset(answer for entry in tail for answer in entry.answers):
        joined = steps(tail)
        if len(joined) > 1 and joined[-1][0].role != "tool":  # one without an id may answer what stands before the tail
            return joined[-1]
    return []


def newest_step(entries: Sequence[Entry]) -> list[Entry]:
    """The newest call with all its results, which a view shows as one; or the newest message.

    A late result ties many steps together: of those only what stands from the newest call on is in work.
    """
    step = last_step(entries)
    start = next((place for place in reversed(range(len(step))) if step[place].calls), 0)
    return step[start:]


def _joined(entries: Sequence[Entry], starts: Iterable[int]) -> list[list[Entry]]:
    linked = any(entry.calls or entry.answers or entry.role == "tool" for entry in entries)
    ties = _ties(entries) if linked else ()
    borders = [0, *(start for start in starts if start and not (linked and _cut(ties, start))), len(entries)]
    return [list(entries[low:high]) for low, high in pairwise(borders) if low < high]


def _ties(entries: Sequence[Entry]) -> list[int]:
    """For each position the number of tool pairs that a cut before it would part."""
    open_calls: dict[str, int] = {}
    waiting: list[str] = []
    deltas = [0] * (len(entries) + 1)
    for index, entry in enumerate(entries):
        answers = entry.answers or (waiting[:1] if entry.role == "tool" else ())
        for call in (one for one in answers if one in open_calls):
            deltas[open_calls[call] + 1] += 1
            deltas[index + 1] -= 1
        waiting = [*entry.calls] if entry.calls else _without(waiting, answers)
        open_calls |= dict.fromkeys(entry.calls, index)
    for index in range(1, len(deltas)):
        deltas[index] += deltas[index - 1]
    return deltas


def _without(waiting: Sequence[str], answers: Sequence[str]) -> list[str]:
    """The calls that still wait for a result, once some came for *answers*."""
    left = list(waiting)
    for call in answers:
        if call in left:
            left.remove(call)
    return left


def _cut(ties: Sequence[int], position: int) -> bool:
    return ties[position] > 0
