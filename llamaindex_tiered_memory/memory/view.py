"""One `get`: what is asked of the core, and the list of chat messages that its answer becomes.

Rule 1: tokens of the list and `initial_token_count` are within the limit by the user's tokenizer, or a typed error
  says both numbers. The core's count leaves `additional_kwargs` out, so the list is counted once more.
Rule 2: the message that waits for its answer is one object until the next message comes (`pending`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.schema import QueryBundle

from llamaindex_tiered_memory.blocks import Block, verbatim
from llamaindex_tiered_memory.converted import Counted
from llamaindex_tiered_memory.counting import Tally
from llamaindex_tiered_memory.memory.arranging import Extra, arranged
from llamaindex_tiered_memory.memory.draft import Pending
from tiermem import AsyncSession, Context, Message, Piece, Session
from tiermem.agents.surviving import surviving, told
from tiermem.agents.view import NOTED
from tiermem.errors import BudgetTooSmall, InvalidSettings
from tiermem.flows.driving import adrive, drive
from tiermem.records import Trust, Within
from tiermem.text.clipping import clip
from tiermem.window.provenance import trust_of

FRAMES = 16  # tokens on top of what the core is asked for: it counts 4 a message for its frame, a tokenizer none
LONGEST_TURN = 200  # messages before the first one shown in which its question is looked for
TRIES = 14  # each asks for less room by what was too much, and by at least twice as much as the try before
WITHOUT_RECALL = 5  # the last tries leave recalled passages out


@dataclass(frozen=True, slots=True)
class ForContext:
    """Wanted: a context."""

    query: str | None
    budget: int
    reserved: int
    counter: Callable[[str], Any] | None
    recall: bool
    within: Within
    profile: int = 0

    def of(self, session: Any) -> Any:
        """It, from a session; to be awaited, from an async one."""
        return session.context(
            self.query,
            self.budget,
            reserved=self.reserved,
            counter=self.counter,
            recall=self.recall,
            within=self.within,
            profile=self.profile,
        )


@dataclass(frozen=True, slots=True)
class Earlier:
    """Wanted: the messages `first`..`last`."""

    first: int
    last: int

    def of(self, session: Any) -> Any:
        """They, from a session; to be awaited, from an async one."""
        return session.messages(self.first, self.last)


# Set in a step of an agent that makes its own view and throws away what the framework asks of the memory: what it is
# given then, for a view that nobody reads costs as much as the one that is sent. Each step is a task, so it is never
# seen by another one.
unread: ContextVar[list[ChatMessage] | None] = ContextVar("tiermem_unread", default=None)
# Set in the same steps: the conversation and the run, should the log not be readable then.
so_far: ContextVar[list[ChatMessage] | None] = ContextVar("tiermem_so_far", default=None)
Wanted: TypeAlias = ForContext | Earlier
Steps: TypeAlias = Generator[Wanted, Any, list[ChatMessage]]


class InitialTokensError(BudgetTooSmall, ValueError):
    """`initial_token_count` alone is above `token_limit`. `needed` and `budget` are the two numbers."""

    def __init__(self, needed: int, budget: int) -> None:
        super().__init__(needed, budget, "initial_token_count")

    def __str__(self) -> str:
        return "Initial token count exceeds token limit"  # the words that callers of ChatMemoryBuffer look for


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of one `get`, understood.

    Args:
        query: what to recall for; None: the newest user message of the log.
        initial: tokens that the caller adds in front.
        coming: text that the caller sends after the list, because it is not in the log yet.
        within: where in the archive.
        profile: tokens for what is known of the user.
    """

    query: str | None
    initial: int
    coming: str = ""
    within: Within = NOTED
    profile: int = 0


def asked(given: object, initial: int, limit: int, *, waiting: bool, within: Within = NOTED, profile: int = 0) -> Asked:
    """What `get(given, initial_token_count=initial)` asks.

    *given* may be text, a ChatMessage, a QueryBundle, None, or a number: the initial tokens, as older code passes them.
    *waiting*: the log ends with a user message, so *given* is that one, and nothing more is coming.

    Raises:
        InitialTokensError: also a ValueError, as with ChatMemoryBuffer.
    """
    if isinstance(given, int):
        initial, given = initial or int(given), None
    if isinstance(initial, bool) or not isinstance(initial, int) or initial < 0:
        raise InvalidSettings(f"initial_token_count must be a whole number of at least 0, not {initial!r}")
    if initial > limit:
        raise InitialTokensError(initial, limit)
    if isinstance(given, ChatMessage):
        given = given.content
    elif isinstance(given, QueryBundle):
        given = given.query_str
    query = str(given) if given else None
    return Asked(query, initial, "" if waiting or query is None else query, within, profile)


def left_unread() -> list[ChatMessage] | None:
    """What stands for a view that nobody reads; None where it is read. It is said of one `get`."""
    messages = unread.get()
    unread.set(None)
    return messages


def showing(
    ask: Asked, limit: int, tally: Tally, counter: Callable[[str], Any] | None, pending: Pending, extra: Extra
) -> Steps:
    """Yields what it wants of a session, receives it, and returns the list of messages.

    Raises:
        BudgetTooSmall: what must be shown does not fit.
    """
    around = ask.initial + min(tally.text(ask.coming), (limit - ask.initial) // 2)
    least = around + tally.blocks(extra.blocks) + tally.messages(extra.messages)
    reserved, excess, question, headed, counted = least, 0, None, True, Counted(tally)
    for attempt in range(TRIES):
        headed = headed and attempt < TRIES - 2
        try:
            recall = attempt < TRIES - WITHOUT_RECALL
            context = yield ForContext(ask.query, limit + FRAMES, reserved, counter, recall, ask.within, ask.profile)
        except BudgetTooSmall:
            if question is None:
                raise
            reserved, question, headed = least, None, False  # without the question there may be room
            continue
        if headed and question is None and (earlier := _headless(context)) is not None:
            question = _question((yield earlier), limit, tally)
        waits = _waiting(context)
        made = partial(_chat, waits=waits, pending=pending, counted=counted)
        shown = arranged(context, made, extra, question if headed else None)
        excess = around + counted.tokens(shown) - limit
        if excess <= 0:
            return [*shown[:-1], pending.hand_out(_key(waits), shown[-1])] if waits and shown else shown
        # The core counts names and frames that a tokenizer does not see: an excess of one may come back for ever. And
        # it counts calls for less than their JSON: less room changes nothing until it is less than what is shown.
        scaled = context.tokens * (limit - around) // (limit - around + excess)
        reserved = max(reserved + max(excess, 2 ** (attempt % (TRIES - WITHOUT_RECALL))), limit + FRAMES - scaled)
    raise BudgetTooSmall(limit + excess, limit, "the newest message with its additional_kwargs")


def run(steps: Steps, session: Session) -> list[ChatMessage]:
    """Drive *steps* with *session*."""
    return drive(steps, lambda wanted: wanted.of(session))


async def arun(steps: Steps, session: AsyncSession) -> list[ChatMessage]:
    """`run` for an async session; where that fails in the middle of a run, what the run has."""
    if (messages := so_far.get()) is not None:
        steps = surviving(steps, messages, partial(told, session))
    return await adrive(steps, lambda wanted: wanted.of(session))


def _headless(context: Context) -> Earlier | None:
    """What to read where a turn's beginning is left out: the messages before the first one shown."""
    said = [piece.message for piece in context.pieces if piece.kind == "message"]
    if not said or said[0].acts_as == "user" or said[0].sequence < 2:
        return None
    return Earlier(max(1, said[0].sequence - LONGEST_TURN), said[0].sequence - 1)


def _question(earlier: Sequence[Message], limit: int, tally: Tally) -> str | None:
    """The user message that the shown messages answer, cut to an eighth of the limit; None where there was none."""
    asked = next((message for message in reversed(earlier) if message.text and _asks(message)), None)
    if asked is None:
        return None
    marker = f" … [the whole message is m{asked.sequence}]"
    return clip(asked.text, max(1, limit // 8), tally.text, marker, tail=False) or marker.strip()


def _asks(message: Message) -> bool:
    return message.acts_as == "user" and trust_of(message) is Trust.USER


def _waiting(context: Context) -> Piece | None:
    """The piece that waits for an answer: the last one, where it is a user's."""
    said = [piece for piece in context.pieces if piece.kind == "message"]
    return said[-1] if said and said[-1].message.acts_as == "user" else None


def _key(piece: Piece) -> tuple[str, str | None]:
    """What tells one working copy from another; each length of a clipped message is a copy of its own."""
    return piece.message.id, piece.message.text if piece.clipped else None


def _chat(piece: Piece, waits: Piece | None, pending: Pending, counted: Counted) -> ChatMessage:
    chat = pending.original(piece) or counted.chat(piece.message)
    chat.blocks = _verbatim(chat.blocks)  # the same words
    return pending.own(_key(piece), chat) if piece is waits and chat.role is MessageRole.USER else chat


def _verbatim(blocks: Sequence[Block]) -> list[Any]:
    return [verbatim(block) for block in blocks]
