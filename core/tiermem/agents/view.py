"""What an agent's model is sent of its session, for both frameworks: managed at the limit of this call, and steady.

Between two decisions each context begins with the one before, so that a provider's prompt cache keeps it: the window
stands as it is, and a block that was recalled for a question stays before that question.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from tiermem.agents.budget import AnyNote, block_tokens, thresholds
from tiermem.agents.note import Note
from tiermem.arguments import assembling, managing_at, reaching
from tiermem.errors import BudgetTooSmall
from tiermem.flows.effects import Flow
from tiermem.flows.reading import opening as opened
from tiermem.flows.reading.opening import Opening
from tiermem.flows.services import Core
from tiermem.records import Context, Within
from tiermem.reports.state import Report
from tiermem.session import AsyncSession, Session
from tiermem.settings import Scope, Settings, Thresholds
from tiermem.window.pairing import clear_of_results
from tiermem.window.quotation import SUMMARY_TOKENS

T = TypeVar("T")
Step: TypeAlias = Callable[[Any], Any]  # of a `Session`, or of an `AsyncSession`, whose verbs have the same names
Procedure: TypeAlias = Generator[Step, Any, T]

WITHIN: Within = "everything"  # what agents recall from: the user's notes and documents too, as their tools search
# What memories of chains and engines recall from: there a retriever of the user's own brings documents, and a block may
# take most of the budget, where an agent's has a cap. Notes are few, and kept for this.
NOTED: Within = "notes"


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """What is asked of a view.

    Args:
        room: tokens for the messages, by *count*.
        count: the memory's counter, or the one that *counter* names.
        settings: whose thresholds are taken as shares of *room*.
        fresh: the newest message is a question that was not answered in any way yet.
        recall: look in the archive for a new question.
        recall_tokens: what is quoted for one question at most; None for a share of *room*.
        within: where.
        profile: tokens for what is known of the user, at most; 0 leaves it out.
        beside: tokens of the system prompt and the tools, which *room* is without; for the words of an error.
        counter: counts the context, where that is another one than the memory's.
    """

    room: int
    count: Callable[[str], int]
    settings: Settings
    fresh: bool
    recall: bool = True
    recall_tokens: int | None = None
    within: Within = WITHIN
    profile: int = 0
    beside: int = 0
    counter: Callable[[str], Any] | None = None


@dataclass(frozen=True, slots=True)
class AgentView(Generic[AnyNote]):
    """What the model is sent, what was decided on the way, and what to remember for the next call."""

    context: Context
    report: Report
    note: AnyNote


def following(flow: Callable[[Core, Scope], Flow[T]]) -> Step:
    """A step: all that *flow* asks for, of the session. What several verbs would each read is read once."""

    def step(session: Session | AsyncSession) -> Any:
        followed = flow(session.core, session.scope)
        if isinstance(session, AsyncSession):
            return session.memory.drive_async(followed)
        return session.memory.drive(followed)

    return step


def viewing(note: AnyNote, request: ViewRequest) -> Procedure[AgentView[AnyNote]]:
    """The view of a session that has everything: managed at the limit, then assembled within it.

    Raises:
        BudgetTooSmall: what must be shown does not fit *request.room*.
    """
    if request.room <= 0:
        what = "the system prompt, the schemas of the tools, and a first message"
        raise BudgetTooSmall(request.beside + 1, request.room + request.beside, what)
    view: AgentView[AnyNote] = yield following(partial(_opened, note, request))
    return view


def _opened(note: AnyNote, request: ViewRequest, core: Core, scope: Scope) -> Flow[AgentView[AnyNote]]:
    opening = yield from opened.load(core, scope, request.room)
    return (yield from viewed(note, request, OpenedSession(core, scope, opening)))


class OpenedSession:
    """A session that was opened just now: what it shows is read again only where something was decided since."""

    def __init__(self, core: Core, scope: Scope, opening: Opening) -> None:
        self._core, self._scope = core, scope
        self._opening: Opening | None = opening
        self._found = opening.row, opening.shown.window

    def manage_context(self, thresholds: Thresholds) -> Flow[Report]:
        """`Session.manage_context`, as a flow."""
        if thresholds.pre_rot_threshold <= self._core.settings.pre_rot_threshold:
            self._core.viewed.put(self._scope, self._core.timer())  # and the background need not
        report = yield from managing_at(self._core, self._scope, thresholds, self._found)
        tokens = {report.tokens_before, report.tokens_after, self._found[1].tokens}
        if decided(report) or report.degraded or len(tokens) > 1:  # a summariser may have taken its time
            self._opening = None
        return report

    def context(
        self,
        query: str | None,
        budget: int,
        *,
        counter: Callable[[str], Any] | None,
        recall: bool,
        within: Within,
        profile: int,
        recall_tokens: int,
        quoted: Mapping[str, str],
    ) -> Flow[Context]:
        """`Session.context`, steady, as a flow."""
        asked = (query, budget, (), None, 0, counter, recall, reaching(within), recall_tokens, True, quoted, profile)
        flow = assembling(self._core, self._scope, *asked, "budget", levels=False, opening=self._opening)
        return (yield from flow)


def viewed(note: AnyNote, request: ViewRequest, session: OpenedSession) -> Flow[AgentView[AnyNote]]:
    """`viewing`, of one snapshot where nothing is decided."""
    report, crowded = yield from _managed(note, request, session)
    quoted = dict(note.quoted)
    if decided(report) or crowded:  # what was quoted for older questions goes: it costs, and the archive has it
        quoted = {ref: text for ref, text in quoted.items() if ref == note.question and text}
    context = yield from session.context(
        None,
        request.room,
        counter=request.counter,
        # In the middle of a run the model has tools to look with; a new block would change the prefix.
        recall=request.recall and request.fresh,
        within=request.within,
        profile=request.profile,
        recall_tokens=block_tokens(request.room, request.recall_tokens),
        quoted=quoted,
    )
    question = context.asked or note.asked
    kept = {f"m{question}": _block(context, question)} | quoted
    bare = note.upto if decided(report) else note.bare
    rules = sum(piece.tokens for piece in context.pieces if piece.kind == "rules")
    return AgentView(context, report, replace(note, asked=question, quoted=kept, laid_down=rules, bare=bare))


def _managed(note: Note, request: ViewRequest, session: OpenedSession) -> Flow[tuple[Report, bool]]:
    """What was decided, and whether the blocks are too much for the window as it is."""
    beside = min(request.profile, request.room // 4) + note.laid_down  # what stands in front of the window
    room = max(1, request.room - beside)
    blocks = sum(map(request.count, filter(None, note.quoted.values())))
    frame = SUMMARY_TOKENS if blocks else 0  # no threshold counts it
    report = yield from session.manage_context(thresholds(request.settings, room))
    full = int(room * request.settings.summarization_trigger)
    crowded = not decided(report) and report.tokens_after + blocks + frame > full
    if crowded:  # blocks that must go change the prefix anyway: what can be compacted is compacted with them
        report = yield from session.manage_context(thresholds(request.settings, room, blocks))
    return report, crowded


def decided(report: Report) -> bool:
    """Whether something was decided."""
    return bool(report.compacted or report.covered or report.lifted)


def _block(context: Context, question: int) -> str:
    """The block that stands before *question*; "" where none does."""
    messages = [piece.message for piece in context.pieces]
    for place in (place for place, message in enumerate(messages) if message.sequence == question):
        before = clear_of_results(messages, place)
        if before and context.pieces[before - 1].kind == "recalled":
            return context.pieces[before - 1].message.text
    return ""
