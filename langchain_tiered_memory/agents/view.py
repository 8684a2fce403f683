"""What an agent's model sees of its session: written as a procedure, so that sync and async cannot drift apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_tiered_memory.agents.notes import Note
from langchain_tiered_memory.convert import to_langchain
from langchain_tiered_memory.procedures import Procedure
from langchain_tiered_memory.rendering import RECALLED, SUMMARY, made_up
from tiermem import Context, Piece, Report, Settings, Shown, Thresholds
from tiermem.errors import BudgetTooSmall
from tiermem.records import Within

DEEPER = 0.5  # of a trigger: how far down a run works where the user does not say; fewer runs change the prefix
RECENT_SHARE = 0.5  # of the limit that the newest messages may hold verbatim: tool results can be longer than all else
BLOCK_SHARE, LEAST_BLOCK, LARGEST_BLOCK = 0.05, 400, 2_000  # of the limit; tokens. Blocks stay in the prompt: several
# small ones let it grow for turns on end, and what else is wanted is a call of `search_memory` away
BLOCKS_SHARE = 0.5  # of the limit that blocks may take from the window's thresholds
OPENING, OPENED = "[The assistant speaks first.]", "opening"
NO_RESULT = "[no result was recorded for this call]"
_BOUND = frozenset({"thinking", "redacted_thinking", "reasoning_content"})  # Anthropic's and Bedrock's own forms
_BINDING = ("anthropic", "bedrock")  # providers that bind a block of reasoning to what stood before it


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a view.

    Args:
        limit: tokens for the messages, by *count*, the memory's counter.
        beside: tokens of the system prompt and the tools, which *limit* is without.
        settings: whose thresholds are taken as shares of *limit*.
        recall: look in the archive for a new question.
        recall_tokens: what is quoted for one question at most; None for a share of the limit.
        within: where.
        fresh: the newest message is a question that was not answered in any way yet.
    """

    limit: int
    count: Callable[[str], int]
    settings: Settings
    recall: bool
    within: Within
    fresh: bool
    recall_tokens: int | None = None
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """The messages for the model, which are whole as they were said, what they cost, what was decided, and the note."""

    messages: list[BaseMessage]
    whole: list[bool]
    context: Context
    report: Report
    note: Note


def viewing(note: Note, wish: Wish) -> Procedure[Seen]:
    """The view of a session that has everything: managed at the limit, then assembled within it.

    Raises:
        BudgetTooSmall: what must be shown does not fit *wish.limit*.
    """
    if wish.limit <= 0:
        what = "the system prompt with the tools and a first message"
        raise BudgetTooSmall(wish.beside + 1, wish.limit + wish.beside, what)
    blocks = sum(map(wish.count, note.quoted.values()))
    full = int(wish.limit * wish.settings.summarization_trigger)
    report: Report = yield lambda session: session.manage_context(_thresholds(wish, 0))
    crowded = not _decided(report) and report.tokens_after + blocks > full
    if crowded:  # blocks that must go change the prefix anyway: what can be compacted is compacted with them
        report = yield lambda session: session.manage_context(_thresholds(wish, blocks))
    decided = _decided(report)
    quoted = dict(note.quoted)
    if decided or crowded:  # what was quoted for older questions goes: it costs, and the archive has it
        quoted = {ref: text for ref, text in quoted.items() if ref == note.question}
    if not wish.fresh:  # in the middle of a run the model has tools to look with; a new block would change the prefix
        quoted.setdefault(note.question, "")
    note = replace(note, quoted=quoted, bare=note.upto if decided else note.bare)
    usual = min(LARGEST_BLOCK, max(LEAST_BLOCK, int(BLOCK_SHARE * wish.limit)))
    most = usual if wish.recall_tokens is None else wish.recall_tokens
    asked = {"steady": True, "recall_tokens": most, "quoted": quoted, "recall": wish.recall, "within": wish.within}
    context: Context = yield lambda session: session.context(None, wish.limit, **asked)
    quoted.setdefault(note.question, _new_block(context, note.asked))
    shown = _messages(context, note)
    return Seen([one for one, _ in shown], [whole for _, whole in shown], context, report, note)


def _decided(report: Report) -> bool:
    return bool(report.compacted or report.covered)


def _thresholds(wish: Wish, blocks: int) -> Thresholds:
    """The user's shares of what the messages may have beside *blocks* tokens."""
    most = max(1, wish.limit - min(blocks, int(BLOCKS_SHARE * wish.limit)))
    named: dict[str, float] = {}
    for step in ("compaction", "summarization"):
        trigger, target = getattr(wish.settings, f"{step}_trigger"), getattr(wish.settings, f"{step}_target")
        named[f"{step}_trigger"] = trigger
        named[f"{step}_target"] = DEEPER * trigger if target is None else target
    return Thresholds(
        pre_rot_threshold=most,
        hard_limit=max(most, wish.settings.hard_limit),
        keep_recent_count=wish.settings.keep_recent_count,
        keep_recent_tokens=int(RECENT_SHARE * most),
        **named,
    )


def _new_block(context: Context, asked: int) -> str:
    """The block that stands before the question *asked*; "" where none does."""
    for block, behind in zip(context.pieces, context.pieces[1:], strict=False):
        if block.kind == "recalled" and behind.message.sequence == asked:
            return block.message.text
    return ""


def _messages(context: Context, note: Note) -> list[tuple[BaseMessage, bool]]:
    shown: list[tuple[BaseMessage, bool]] = []
    at_front = True
    for piece in context.pieces:
        message = _message(piece, at_front=at_front)
        at_front = at_front and isinstance(message, SystemMessage)
        whole = piece.kind == "message" and piece.shown is Shown.VERBATIM and not piece.clipped
        shown.append((without_reasoning(message) if 0 < piece.message.sequence <= note.bare else message, whole))
    return [*_opened(shown), *_unanswered(shown)]


def _opened(shown: Sequence[tuple[BaseMessage, bool]]) -> list[tuple[BaseMessage, bool]]:
    """*shown*, begun on the user's side, as most providers want it."""
    first = next((place for place, (one, _) in enumerate(shown) if not isinstance(one, SystemMessage)), len(shown))
    if first == len(shown) or not isinstance(shown[first][0], AIMessage):
        return list(shown)
    return [*shown[:first], (made_up(OPENING, OPENED, system=False), False), *shown[first:]]


def _unanswered(shown: Sequence[tuple[BaseMessage, bool]]) -> list[tuple[BaseMessage, bool]]:
    """Results for calls at the very end: a run was interrupted there, and the model is asked all the same."""
    last = shown[-1][0] if shown else None
    calls = last.tool_calls if isinstance(last, AIMessage) else []
    return [(ToolMessage(NO_RESULT, tool_call_id=call["id"] or "", name=call["name"]), False) for call in calls]


def _message(piece: Piece, *, at_front: bool) -> BaseMessage:
    if piece.kind in {"summary", "recalled"}:
        return made_up(piece.message.text, SUMMARY if piece.kind == "summary" else RECALLED, system=False)
    message = to_langchain(piece.message)
    if isinstance(message, SystemMessage) and not at_front:
        return HumanMessage(f"[system message] {message.text}", name=message.name)
    return message


def without_reasoning(message: BaseMessage) -> BaseMessage:
    """*message* without thoughts that a provider ties to what stood before it, which is no longer what it was."""
    if not isinstance(message, AIMessage):
        return message
    made_by = str(message.response_metadata.get("model_provider", ""))
    bound = _BOUND | {"reasoning"} if made_by.startswith(_BINDING) else _BOUND
    beside = {name: value for name, value in message.additional_kwargs.items() if name != "reasoning_content"}
    content: Any = message.content
    if isinstance(content, list):
        content = [block for block in content if not (isinstance(block, dict) and block.get("type") in bound)]
    if content == message.content and beside == message.additional_kwargs:
        return message
    return message.model_copy(update={"content": content or "", "additional_kwargs": beside})


def overlaid(seen: Seen, given: Sequence[BaseMessage], state: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The view with what other middleware made of this call: messages it changed, and those it put in.

    What it left out is for this memory to decide, and stays; only where nothing of the state is left, what it made
    stands for all. Results that it put in, as LangChain does for broken calls, stand behind their calls.
    """
    if _untouched(given, state):
        return seen.messages
    raw = {one.id: one for one in state if one.id}
    changed = {one.id: one for one in given if one.id in raw and one is not raw[one.id]}
    first = next((place for place, one in enumerate(given) if one.id in raw), len(given))
    if given and state and first == len(given):
        return list(given)
    results = {one.tool_call_id: one for one in given if isinstance(one, ToolMessage) and one.id not in raw}
    front = [one for one in inserted(given[:first], raw) if not isinstance(one, ToolMessage)]
    behind = [one for one in inserted(given[first:], raw) if not isinstance(one, ToolMessage)]
    shown: list[BaseMessage] = []
    for one, whole in zip(seen.messages, seen.whole, strict=True):
        answer = results.get(one.tool_call_id) if isinstance(one, ToolMessage) and one.text == NO_RESULT else None
        shown.append(answer or (changed.get(one.id or "", one) if whole else one))
    return [*front, *shown, *behind]


def inserted(given: Sequence[BaseMessage], raw: Collection[str | None]) -> list[BaseMessage]:
    """What of a call's messages is not of the state, whose ids *raw* has."""
    return [one for one in given if one.id not in raw]


def grown(given: Sequence[BaseMessage], state: Sequence[BaseMessage]) -> list[str]:
    """The texts by which other middleware made a call longer: put in, or in place of shorter ones.

    Results that stand for missing ones are as long as these.
    """
    if _untouched(given, state):
        return []
    raw = {one.id: one for one in state if one.id}
    put_in = [one.text for one in inserted(given, raw) if not isinstance(one, ToolMessage)]
    longer = [one.text for one in given if one.id in raw and len(one.text) > len(raw[one.id].text)]
    return [*put_in, *longer]


def _untouched(given: Sequence[BaseMessage], state: Sequence[BaseMessage]) -> bool:
    return len(given) == len(state) and all(one is other for one, other in zip(given, state, strict=True))
