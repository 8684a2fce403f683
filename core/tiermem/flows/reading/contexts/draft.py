"""What a context is made of, for both ways to make one: the request, the summary, the hits, and messages as pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tiermem.flows import running
from tiermem.flows.effects import Flow
from tiermem.flows.reading import search
from tiermem.flows.reading.opening import Opening
from tiermem.flows.reading.request import Reach, SearchRequest, SearchResult
from tiermem.flows.services import Core
from tiermem.flows.standing import StandingRules
from tiermem.messages import Message
from tiermem.records import Hit, Likely, Piece, Shown, Tier
from tiermem.search import passages, quoting
from tiermem.settings import Scope
from tiermem.text.clipping import Count
from tiermem.window.assembly import Part, Scale
from tiermem.window.turns import USER_ROLES
from tiermem.window.view import Entry


@dataclass(frozen=True, slots=True)
class ContextRequest:
    """What a caller asks of a context; the defaults are those of `Session.context`."""

    query: str | None = None
    budget: int | None = None
    system: Sequence[Message] = ()
    goal: str | None = None
    reserved: int = 0
    count: Callable[[str], int] | None = None
    recall: bool = True
    reach: Reach = field(default_factory=Reach)
    recall_tokens: int | None = None
    steady: bool = False
    quoted: Mapping[str, str] = field(default_factory=dict)
    profile: int = 0  # tokens
    profiled: Callable[[int, Count], tuple[str, tuple[str, ...]]] | None = None  # what is known of the user, in so many
    sufficient: bool = False  # no more is recalled than is likely to answer
    levels: bool = False  # of what has no room whole, as much is quoted as fits


LINE = 64  # tokens of the block of what was laid down with a line in it
TIGHT = 2_048  # tokens up to which what is asked takes room of all else


class Filled(NamedTuple):
    """What stands in a context behind the system prompts, the hits that it quotes, what worked less than well, and how
    likely it answers; None where nothing was looked up."""

    middle: list[Piece]
    hits: list[Hit]
    degraded: tuple[str, ...]
    likely: Likely | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A context in the making: what was asked, of which session, and the tokens that are still free."""

    core: Core
    scope: Scope
    opening: Opening
    request: ContextRequest
    scale: Scale
    free: int
    owed: int = 0  # of what recalled passages leave over, the tokens that are kept for what was laid down

    @property
    def asks_else(self) -> bool:
        """Whether something is asked that is not the newest question of the window."""
        query = self.request.query
        return query is not None and query != _newest_question(self.opening.shown.tail, self.scale)

    @property
    def tight(self) -> bool:
        """Whether there is little room, and something else is asked than what the window ends with."""
        return self.free <= TIGHT and self.request.recall and self.asks_else

    def beside(self, pieces: Sequence[Piece]) -> Draft:
        """The same draft with room left for *pieces*."""
        return replace(self, free=self.free - sum(piece.tokens for piece in pieces)) if pieces else self

    def rules(self, laid_down: StandingRules, shown: Mapping[int, str | None], most: int | None = None) -> list[Piece]:
        """The block of what was *laid_down* and is not *shown*, within its share or *most* tokens."""
        room = int(self.free * self.core.settings.rules_share) if most is None else most
        return [*laid_down.pieces(laid_down.unseen(shown), room, self.scale.count)] if room > 0 else []

    def with_rules(self, laid_down: StandingRules) -> tuple[Draft, int]:
        """The same draft beside what was *laid_down*, and the tokens that it takes at most: its share, or what a line
        needs. Where there is little room, half of the share is its own, and the rest comes before older turns."""
        if not self.core.settings.rules_share:
            return self, 0
        most = max(int(self.free * self.core.settings.rules_share), min(LINE, self.free // (2 if self.tight else 3)))
        whole = sum(piece.tokens for piece in self.rules(laid_down, {}, most))
        if not self.tight:
            return replace(self, free=self.free - whole), whole
        half = int(self.free * self.core.settings.rules_share / 2)
        own = sum(piece.tokens for piece in self.rules(laid_down, {}, half))
        return replace(self, free=self.free - own, owed=whole - own), whole

    def recallable(self, tokens: int) -> int:
        """*tokens*, or what the caller allows for recalled passages, if that is less."""
        most = self.request.recall_tokens
        return tokens if most is None else max(0, min(tokens, most))

    def quoted(self, hits: Sequence[Hit], query: str, budget: int) -> tuple[list[Piece], list[Hit]]:
        """The block of *hits* within *budget* tokens, and those that it shows."""
        asked = (self.scope.tenant, self.scope.user, self.scope.session)
        core = self.core
        levels = self.request.levels
        return quoting.block(hits, query, budget, self.scale.count, core.quotes, asked, levels=levels)

    def summary(self, budget: int) -> list[Piece]:
        """The running summary within *budget* tokens."""
        return running.pieces(self.core, self.opening.shown.live, budget, self.scale.count)


def looked_up(
    draft: Draft, entries: Sequence[Entry], budget: int, *, talk: bool = True
) -> Flow[tuple[str, SearchResult]]:
    """The question, and what was found for it outside *entries*: as many messages as *budget* could hold.

    *talk*: look in the conversation too, where that is asked for; not needed where all of it is in view.
    """
    query, tail = draft.request.query, draft.opening.shown.tail
    if query is None:
        query = _newest_question(tail, draft.scale)
    if not draft.request.recall or not query or budget <= passages.BLOCK_TOKENS:
        return "", SearchResult(degraded=search.degraded(draft.core))
    limit, shown = search.candidates(draft.core, budget), frozenset(verbatim(entries))
    reach = draft.request.reach
    request = SearchRequest(
        query,
        reach.within,
        limit=limit,
        without=shown,
        talk=talk,
        sessions=reach.sessions,
        exclude=reach.exclude,
    )
    result = yield from search.find(draft.core, draft.scope, _before_question(draft, tail, query), request)
    return query, replace(result, hits=tuple(hit for hit in result.hits if quoting.quotable(hit.message)))


def unseen(draft: Draft, hits: Sequence[Hit], entries: Sequence[Entry]) -> list[Hit]:
    """The *hits* of which nothing stands word for word in *entries*, in this conversation or as said in another."""
    shown = verbatim(entries)
    others = [hit for hit in hits if hit.source or not hit.home or hit.message.sequence not in shown]
    return quoting.once(others, (draft.scale.messages[number] for number in shown))


def _before_question(draft: Draft, tail: Sequence[Entry], query: str) -> Opening:
    """The session before the question, where that is its newest message: it would lend its words to those before it."""
    last, newest = draft.opening.row.messages, tail[-1] if tail else None
    if newest is None or not newest.sequence == last > 1 or newest.role not in USER_ROLES:
        return draft.opening
    if draft.scale.messages[newest.sequence].text != query:
        return draft.opening
    return draft.opening.upto(last - 1)


def _newest_question(tail: Sequence[Entry], scale: Scale) -> str | None:
    for entry in reversed(tail):
        if entry.role in USER_ROLES:
            return scale.messages[entry.sequence].text
    return None


def verbatim(entries: Sequence[Entry]) -> set[int]:
    """The numbers of those that are shown as they were said."""
    return {entry.sequence for entry in entries if entry.shown is Shown.VERBATIM}


def message_pieces(scale: Scale, parts: Sequence[Part], entries: Sequence[Entry], kind: str = "message") -> list[Piece]:
    """*parts* as pieces, each with what its message is shown as."""
    by_number = {entry.sequence: entry for entry in entries}
    return [_piece(scale, part, by_number.get(part.message.sequence), kind) for part in parts]


def _piece(scale: Scale, part: Part, entry: Entry | None, kind: str) -> Piece:
    """The piece of *part*: that which *scale* was asked for before, where it is the same."""
    shown = entry.shown if entry else Shown.VERBATIM
    known = scale.pieces.get(part.message.sequence)
    if (
        known is None
        or known.message is not part.message
        or (known.shown, known.tokens, known.clipped, known.kind) != (shown, part.tokens, part.clipped, kind)
    ):
        known = scale.pieces.put(part.message.sequence, _made(part, shown, kind))
    return known


def _made(part: Part, shown: Shown, kind: str) -> Piece:
    return Piece(
        message=part.message,
        kind=kind,
        tier=Tier.L2 if shown is Shown.COMPACTED else Tier.L1,
        tokens=part.tokens,
        shown=shown,
        refs=(f"m{part.message.sequence}",) if part.message.sequence else (),
        clipped=part.clipped,
    )
