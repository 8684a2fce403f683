"""What the pages of a conversation show: its window, its messages, its decisions, what was dropped, what it costs.

Rule: no page reads a whole conversation that may be long; what would is left out above a size, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles

from tiermem.branches.record import Branch
from tiermem.browsing import activity, listing, stretch
from tiermem.browsing import quality as again
from tiermem.browsing.records import AskedAgain, ListedSession, ShownMessage, Step
from tiermem.dropped import Dropped
from tiermem.facts.rules.record import LaidDown
from tiermem.memory import Memory
from tiermem.messages import Message
from tiermem.records import Decision, Explanation, Summary, Within
from tiermem.reports.state import Stats
from tiermem.search.passages import runs
from tiermem.settings import Scope

PAGE = 50  # messages, or decisions
LARGE = 1_000_000  # tokens of a window, or messages of a conversation, above which a page does not read them all
COMPARED = 20_000  # decisions of a conversation whose views are compared for what was dropped
TIMED = 500  # messages whose times are read
DROPPED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHead:
    """What stands above each page of a conversation; *stats* is None where it is too long to be counted."""

    scope: Scope
    session: ListedSession
    stats: Stats | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPage:
    """The window: summaries, what was laid down, the messages from number *first* on; None: too large to be shown."""

    head: SessionHead
    summaries: Sequence[Summary]
    rules: Sequence[LaidDown]
    shown: Sequence[ShownMessage] | None
    count: int
    first: int
    following: int
    earlier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesPage:
    """Messages by number, whatever the window shows of them."""

    head: SessionHead
    shown: Sequence[ShownMessage]
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """One message, or what is behind a summary: why it is shown as it is, and what was said."""

    head: SessionHead
    ref: str
    explanation: Explanation
    shown: ShownMessage | None
    summary: Summary | None
    behind: Sequence[Message]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionsPage:
    """The journal, newest first, and the window at each of the newest messages."""

    head: SessionHead
    steps: Sequence[Step]
    journal: Sequence[Decision]
    branches: Sequence[Branch]
    following: int
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedPage:
    """What was dropped since a decision (0: by the last run); None where there is too much to compare."""

    head: SessionHead
    dropped: Sequence[Dropped] | None
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCosts:
    """What a conversation costs: its window at each of the newest messages, the share that a cache may reuse, seconds
    to answers with their median and 90 %."""

    head: SessionHead
    steps: Sequence[Step]
    reused: float | None
    answers: Sequence[tuple[int, float]]
    median: float
    most: float

    @property
    def sent(self) -> int:
        """Tokens of all prompts, were the window sent once for each message of a user."""
        return sum(step.window for step in self.steps if step.role == "user")

    @property
    def unmanaged(self) -> int:
        """The same, had nothing been compacted or covered since the first of these messages."""
        return sum(step.window + step.saved for step in self.steps if step.role == "user")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPage:
    """The newest questions of a conversation, put again as of when they were asked."""

    head: SessionHead
    asked: Sequence[AskedAgain]

    @property
    def recalled(self) -> float:
        """The share of them for which something is recalled."""
        return fmean(one.hits > 0 for one in self.asked)

    @property
    def likely(self) -> float:
        """The mean chance that it answers; nothing recalled counts as none."""
        return fmean(one.likely for one in self.asked)

    @property
    def chances(self) -> Sequence[float]:
        """The same in percent, as a mean over the last few questions."""
        return [100 * mean for mean in again.running([one.likely for one in self.asked])]

    @property
    def shares(self) -> Sequence[float]:
        """The share for which something is recalled, likewise."""
        return [100 * mean for mean in again.running([float(one.hits > 0) for one in self.asked])]


def head(memory: Memory, scope: Scope) -> SessionHead:
    """What stands above each page.

    Raises:
        UnknownReference: there is no such conversation.
    """
    session = listing.session(memory, scope)
    small = session.messages <= LARGE // 10 and session.decisions <= COMPARED
    stats = memory.session(scope.session, _namespace(scope)).stats() if small else None
    return SessionHead(scope=scope, session=session, stats=stats)


def window(memory: Memory, scope: Scope, after: int = 0, page: int = PAGE) -> WindowPage:
    """The window, its messages behind number *after*."""
    top = head(memory, scope)
    if top.session.window_tokens > LARGE:
        return _window(top, (), (), None, [], 0)
    opened = memory.session(scope.session, _namespace(scope))
    view = opened.view()
    numbers = [message.sequence for message in view.messages]
    start = next((place for place, number in enumerate(numbers) if number > after), len(numbers))
    wanted = numbers[start : start + page]
    shown = [one for first, last in runs(wanted) for one in stretch.stretch(memory, scope, first, last)]
    rules = opened.rules() if not after else []
    return _window(top, view.summaries if not after else (), rules, shown, numbers, start, page)


def _window(
    top: SessionHead,
    summaries: Sequence[Summary],
    rules: Sequence[LaidDown],
    shown: Sequence[ShownMessage] | None,
    numbers: Sequence[int],
    start: int,
    page: int = PAGE,
) -> WindowPage:
    end = start + page
    return WindowPage(
        head=top,
        summaries=summaries,
        rules=rules,
        shown=shown,
        count=len(numbers),
        first=start,
        following=numbers[end - 1] if end < len(numbers) else 0,
        earlier=numbers[start - page - 1] if start > page else 0,
    )


def messages(memory: Memory, scope: Scope, first: int = 0, page: int = PAGE) -> MessagesPage:
    """The messages from number *first* on; 0: the newest ones."""
    top = head(memory, scope)
    low = first or max(1, top.session.messages - page + 1)
    shown = stretch.stretch(memory, scope, low, low + page - 1)
    return MessagesPage(head=top, shown=shown, first=low, last=min(low + page - 1, top.session.messages))


def message(memory: Memory, scope: Scope, ref: str) -> MessagePage:
    """One message ("m12"), or a summary ("s3") and the first messages behind it.

    Raises:
        UnknownReference: *ref* names nothing here.
    """
    top = head(memory, scope)
    opened = memory.session(scope.session, _namespace(scope))
    explanation = opened.explain(ref)
    if ref[:1] == "s" and ref[1:].isdigit():
        (summary,) = stretch.summaries(memory, scope, [int(ref[1:])])
        last = min(summary.last, summary.first + PAGE - 1)
        behind = [one.message for one in stretch.stretch(memory, scope, summary.first, last)]
        return MessagePage(
            head=top,
            ref=ref,
            explanation=explanation,
            shown=None,
            summary=summary,
            behind=behind,
            more=summary.last - last,
        )
    number = int(ref[1:]) if ref[:1] == "m" and ref[1:].isdigit() else opened.expand(ref).messages[0].sequence
    (shown,) = stretch.stretch(memory, scope, number, number)
    return MessagePage(
        head=top, ref=f"m{number}", explanation=explanation, shown=shown, summary=None, behind=[shown.message], more=0
    )


def decisions(memory: Memory, scope: Scope, before: int = 0) -> DecisionsPage:
    """The journal below number *before* (0: from its end), with the curve of the window and the forks."""
    top = head(memory, scope)
    journal = stretch.journal(memory, scope, before, PAGE + 1)
    return DecisionsPage(
        head=top,
        steps=[] if before else activity.steps(memory, scope),
        journal=journal[:PAGE],
        branches=[] if before else memory.session(scope.session, _namespace(scope)).branches(),
        following=journal[PAGE - 1].number if len(journal) > PAGE else 0,
        first=not before,
    )


def dropped(memory: Memory, scope: Scope, since: int = 0) -> DroppedPage:
    """What was dropped since the decision *since*; 0: by the last run.

    Raises:
        UnknownReference: there is no such decision.
    """
    top = head(memory, scope)
    if top.stats is None:
        return DroppedPage(head=top, dropped=None, since=since)
    opened = memory.session(scope.session, _namespace(scope))
    return DroppedPage(head=top, dropped=opened.dropped(since or None, limit=DROPPED), since=since)


def costs(memory: Memory, scope: Scope) -> SessionCosts:
    """What the conversation costs."""
    top, steps = head(memory, scope), activity.steps(memory, scope)
    newest = stretch.stretch(memory, scope, max(1, top.session.messages - TIMED + 1), top.session.messages)
    answers = activity.answer_times(newest)
    seconds = [took for _, took in answers]
    return SessionCosts(
        head=top,
        steps=steps,
        reused=activity.reused(steps),
        answers=answers,
        median=median(seconds) if seconds else 0.0,
        most=quantiles(seconds, n=10)[-1] if len(seconds) > 1 else max(seconds, default=0.0),
    )


def quality(memory: Memory, scope: Scope) -> QualityPage:
    """How well its newest questions are recalled, over all conversations of the user where one is named."""
    top = head(memory, scope)
    newest = stretch.stretch(memory, scope, max(1, top.session.messages - TIMED + 1), top.session.messages)
    within: Within = "user" if scope.named else "conversation"
    return QualityPage(
        head=top, asked=again.asked_again(memory.session(scope.session, _namespace(scope)), newest, within)
    )


def undo(memory: Memory, scope: Scope, number: int) -> None:
    """Take a decision of the conversation back.

    Raises:
        UnknownReference: there is none, or it is undone already.
    """
    memory.session(scope.session, _namespace(scope)).undo(number)


def _namespace(scope: Scope) -> str | tuple[str, str]:
    return (scope.tenant, scope.user) if scope.tenant else scope.user
