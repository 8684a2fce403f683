"""What the page of a question shows: what was found, each part of its score, what was packed, and what not and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from tiermem.dashboard.pages.conversation import SessionHead, head
from tiermem.errors import InvalidMessage
from tiermem.memory import Memory
from tiermem.records import Context, Hit, Within
from tiermem.settings import Scope

Fate = Literal["quoted", "view", "room", "weak"]
FOUND, BUDGET, MOST_BUDGET = 20, 4_000, 200_000
ROOM = 8  # times the budget in which everything that is worth quoting is taken to have room
PLACES: tuple[Within, ...] = ("conversation", "user", "everything")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessage:
    """A hit, and what became of it: quoted, in view already, without room, or too weak to be put in unasked."""

    hit: Hit
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage:
    """A question to a conversation, the context for it (None: nothing was asked), and what was found."""

    head: SessionHead
    question: str
    budget: int
    within: Within
    places: Sequence[Within]
    context: Context | None
    found: Sequence[FoundMessage]


def ask(memory: Memory, scope: Scope, question: str = "", budget: int = 0, within: str = "") -> AskPage:
    """What a model would be given for *question* in so many tokens.

    Raises:
        InvalidMessage: *within* is none of `PLACES`. BudgetTooSmall: what must be shown does not fit.
    """
    top = head(memory, scope)
    places = PLACES if scope.named else PLACES[::2]
    place = cast("Within", within or places[0])
    if place not in get_args(Within):
        raise InvalidMessage(f"within must be one of {', '.join(places)}")
    room = min(budget or BUDGET, MOST_BUDGET)
    context, found = None, list[FoundMessage]()
    if question.strip():
        opened = memory.session(scope.session, (scope.tenant, scope.user) if scope.tenant else scope.user)
        context = opened.context(question, room, within=place)
        worth = {hit.ref for hit in opened.recall(question, room * ROOM, within=place).hits}
        hits = opened.search(question, FOUND, within=place, explain=True)
        found = [FoundMessage(hit=hit, fate=fate(hit, context, worth)) for hit in hits]
    return AskPage(head=top, question=question, budget=room, within=place, places=places, context=context, found=found)


def fate(hit: Hit, context: Context, worth: set[str]) -> Fate:
    """What became of *hit* in *context*; *worth*: the references of what is recalled where there is room for all."""
    if any(hit.ref in piece.refs for piece in context.pieces if piece.kind == "message" and piece.shown == "verbatim"):
        return "view"
    if any(one.ref == hit.ref for one in context.hits):
        return "quoted"
    return "room" if hit.ref in worth else "weak"
