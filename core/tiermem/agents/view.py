"""What an agent's model is sent of its session, for both frameworks: managed at the limit of this call, and steady.

Between two decisions each context begins with the one before, so that a provider's prompt cache keeps it: the window
stands as it is, and a block that was recalled for a question stays before that question.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeAlias, TypeVar

from tiermem.agents.budget import AnyNote, block_tokens, thresholds
from tiermem.agents.note import Note
from tiermem.errors import BudgetTooSmall
from tiermem.records import Context, Within
from tiermem.reports.state import Report
from tiermem.settings import Settings
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


def viewing(note: AnyNote, request: ViewRequest) -> Procedure[AgentView[AnyNote]]:
    """The view of a session that has everything: managed at the limit, then assembled within it.

    Raises:
        BudgetTooSmall: what must be shown does not fit *request.room*.
    """
    if request.room <= 0:
        what = "the system prompt, the schemas of the tools, and a first message"
        raise BudgetTooSmall(request.beside + 1, request.room + request.beside, what)
    report, crowded = yield from _managed(note, request)
    decided = _decided(report)
    quoted = dict(note.quoted)
    if decided or crowded:  # what was quoted for older questions goes: it costs, and the archive has it
        quoted = {ref: text for ref, text in quoted.items() if ref == note.question and text}
    asked = {
        "counter": request.counter,
        # In the middle of a run the model has tools to look with; a new block would change the prefix.
        "recall": request.recall and request.fresh,
        "within": request.within,
        "profile": request.profile,
        "recall_tokens": block_tokens(request.room, request.recall_tokens),
        "steady": True,
        "quoted": quoted,
    }
    context: Context = yield lambda session: session.context(None, request.room, **asked)
    question = context.asked or note.asked
    kept = {f"m{question}": _block(context, question)} | quoted
    bare = note.upto if decided else note.bare
    rules = sum(piece.tokens for piece in context.pieces if piece.kind == "rules")
    return AgentView(context, report, replace(note, asked=question, quoted=kept, laid_down=rules, bare=bare))


def _managed(note: Note, request: ViewRequest) -> Procedure[tuple[Report, bool]]:
    """What was decided, and whether the blocks are too much for the window as it is."""
    beside = min(request.profile, request.room // 4) + note.laid_down  # what stands in front of the window
    room = max(1, request.room - beside)
    blocks = sum(map(request.count, filter(None, note.quoted.values())))
    frame = SUMMARY_TOKENS if blocks else 0  # no threshold counts it
    report: Report = yield lambda session: session.manage_context(thresholds(request.settings, room))
    full = int(room * request.settings.summarization_trigger)
    crowded = not _decided(report) and report.tokens_after + blocks + frame > full
    if crowded:  # blocks that must go change the prefix anyway: what can be compacted is compacted with them
        report = yield lambda session: session.manage_context(thresholds(request.settings, room, blocks))
    return report, crowded


def _decided(report: Report) -> bool:
    return bool(report.compacted or report.covered or report.lifted)


def _block(context: Context, question: int) -> str:
    """The block that stands before *question*; "" where none does."""
    messages = [piece.message for piece in context.pieces]
    for place in (place for place, message in enumerate(messages) if message.sequence == question):
        before = clear_of_results(messages, place)
        if before and context.pieces[before - 1].kind == "recalled":
            return context.pieces[before - 1].message.text
    return ""
