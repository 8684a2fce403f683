"""A list of messages as every provider takes it: each call is followed by its results, each result has its call.

A result is a message of its own, or a block in the content of one (Anthropic, Bedrock, Google, OpenAI's Responses),
which may hold the results of several calls, and a user's words beside them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

from tiermem.blocks import linking
from tiermem.blocks.forms import Sort
from tiermem.blocks.reading import ReadBlock, words
from tiermem.blocks.rewording import reply, without_results
from tiermem.messages import Message, ToolCall
from tiermem.window.provenance import FOREIGN
from tiermem.window.quotation import RESULT, quoted
from tiermem.window.turns import USER_ROLES

NO_RESULT = "[no result was recorded for this call]"
_Placed: TypeAlias = tuple[int, Message]  # a message with its place in the list
_Results: TypeAlias = dict[str, deque[_Placed]]  # by the id of the call


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
        if message.calls:
            ordered.append(message)
            pending = open_end and index == len(messages) - 1
            ordered += _answers(message, results, placed, index, pending=pending)
        else:
            ordered.append(_as_said(message))
    return ordered


def clear_of_results(messages: Sequence[Message], place: int) -> int:
    """The place up to *place* before which something else may be put: never between a call and its results, where a
    user's words may stand beside results."""
    while place and (messages[place].answers or messages[place].acts_as == "tool"):
        place -= 1
    return place


def _results(messages: Sequence[Message]) -> _Results:
    """The results of each call, in order. One that names no call is paired by its place: with the first of the calls
    before it that waits, of its tool if one is of that tool. (Local servers, and Gemini by OpenAI's API, give no ids.)
    """
    results: _Results = defaultdict(deque)
    waiting: list[ToolCall] = []
    for index, message in enumerate(messages):
        if message.calls:
            waiting = list(message.calls)
            continue
        for identity in _answered(message, waiting):
            results[identity].append((index, message))
    return results


def _answered(message: Message, waiting: list[ToolCall]) -> list[str]:
    """The ids of the calls that *message* answers, which then wait no longer."""
    found: list[str] = []
    for identity in message.answers if message.acts_as == "tool" else linking.answers(message.content):
        _strike(waiting, next((call for call in waiting if call.id == identity), None))
        found.append(identity)
    if found or message.acts_as != "tool":
        return found
    for name in _names(message):
        call = next((one for one in waiting if one.name == name), next(iter(waiting), None))
        found += [call.id] if call else []
        _strike(waiting, call)
    return found


def _strike(waiting: list[ToolCall], call: ToolCall | None) -> None:
    waiting[:] = [one for one in waiting if one is not call]


def _names(message: Message) -> list[str | None]:
    """The tools that *message* is the results of."""
    blocks = [block.name for block in linking.open_links(message.content) if block.sort is Sort.RESULT]
    return [*blocks] if blocks else [message.name]


def _answers(message: Message, results: _Results, placed: set[int], index: int, *, pending: bool) -> list[Message]:
    """What stands behind *message*, which calls tools: the results of its calls, in the order of the calls."""
    behind: dict[int, Message] = {}
    order: list[int | ToolCall] = []
    for call in message.calls:
        found = _result(call, results, index, behind, placed)
        if found is None:
            order += [] if pending else [call]
        elif found[0] not in behind:
            behind[found[0]] = found[1]
            order.append(found[0])
    placed.update(behind)
    return _completed(message, [behind[one] if isinstance(one, int) else one for one in order])


def _result(
    call: ToolCall, results: _Results, index: int, behind: Collection[int], placed: Collection[int]
) -> _Placed | None:
    """The first result of *call* behind *index* that no other call has: one message may hold several results."""
    waiting = results.get(call.id, deque())
    while waiting and (waiting[0][0] < index or (waiting[0][0] in placed and waiting[0][0] not in behind)):
        waiting.popleft()
    if not waiting:
        return None
    own = (one for one in waiting if not call.id and call.name in _names(one[1]))  # several calls have no id
    found = next(own, waiting[0])
    waiting.remove(found)
    return found


def _completed(message: Message, behind: Sequence[Message | ToolCall]) -> list[Message]:
    """*behind*, with a result for each call that has none, without results of calls that *message* does not make."""
    open_calls = [call.id for call in message.calls]
    told = [_with_known(one, open_calls) if isinstance(one, Message) else one for one in behind]
    in_content = {id(call) for call in message.calls[len(message.tool_calls) :]}
    lacking = [one for one in told if isinstance(one, ToolCall) and id(one) in in_content]
    here = [one for one in told if isinstance(one, Message) or id(one) not in in_content]
    whole = [_unanswered(one) if isinstance(one, ToolCall) else one for one in here]
    return _with_replies(message, whole, lacking) if lacking else whole


def _with_known(result: Message, open_calls: list[str]) -> Message:
    """*result*, in which results of other calls than those are told as text; the others are not open any more."""
    lost: list[str] = []
    for identity in dict.fromkeys(linking.answers(result.content)):
        if identity in open_calls:
            open_calls.remove(identity)
        else:
            lost.append(identity)
    return _told(result, lost) if lost else result


def _told(message: Message, lost: Collection[str]) -> Message:
    def shown(part: dict[str, object]) -> str:
        return quoted(message.shown_as([part], role="tool"), "\n".join(words(part)), RESULT).text

    return message.shown_as(without_results(message.content, lost, shown), raw=None)


def _with_replies(message: Message, behind: list[Message], lacking: Sequence[ToolCall]) -> list[Message]:
    """*behind* with results of the calls *lacking*, in the form in which the content of *message* asks for them.

    A provider wants the results of one message in one message: they join those that are there.
    """
    blocks = (block for call in lacking if (block := _block(message, call)) is not None)
    parts: list[str | dict[str, Any]] = [made for block in blocks if (made := reply(block, NO_RESULT)) is not None]
    if not parts:
        return [*behind, *map(_unanswered, lacking)]
    place = next((place for place, one in enumerate(behind) if linking.answers(one.content)), None)
    if place is not None:
        joined = behind[place].shown_as([*parts, *(behind[place].content or [])])
        return [*behind[:place], joined, *behind[place + 1 :]]
    return [Message(role="user", content=parts, id=f"no-result-{lacking[0].id}", origin="tool"), *behind]


def _block(message: Message, call: ToolCall) -> ReadBlock | None:
    blocks = (one for one in linking.open_links(message.content) if one.sort is Sort.CALL)
    return next((one for one in blocks if (one.id, one.name) == (call.id, call.name)), None)


def _unanswered(call: ToolCall) -> Message:
    """The same for the same call, so that the same window gives the same context."""
    name = call.name or None
    return Message(role="tool", content=NO_RESULT, id=f"no-result-{call.id}", tool_call_id=call.id, name=name)


def _as_said(message: Message) -> Message:
    if message.acts_as == "tool":
        return quoted(message, message.text, RESULT)
    if message.acts_as in USER_ROLES and message.origin in FOREIGN:
        return quoted(message, message.text)
    lost = linking.answers(message.content)
    return _told(message, lost) if lost else message
