"""What a session needs after its messages are safe: its window managed, words and vectors indexed; in the background.

Rule 1: whether something is due is seen in numbers that the session's row has. So what a process that ended left
undone is due for the next one that adds or asks.
Rule 2: adding waits for none of it, but where the window has outgrown what the background is given to catch up.
"""

from __future__ import annotations

from collections.abc import Callable

from tiermem.errors import Closed, described
from tiermem.flows import reporting
from tiermem.flows.effects import Await, Flow, Read, Wake
from tiermem.flows.indexing import shelving, words
from tiermem.flows.services import Core
from tiermem.flows.writing.maintain import manage
from tiermem.providers.calls import refuse_waiting
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.storage.extracted import stretches as extraction
from tiermem.storage.sessions import SessionRow

RACES = 8  # threads that may come first to an overgrown window before one that adds goes on without it
WORDS_LATE = 16  # times `index_batch`: where no background lives long enough, as in a process for each message
FOREVER = float("inf")
AGENT_IS_GONE = 30.0  # seconds after an agent's last view from which on its window is the background's again


def manageable(core: Core, scope: Scope, row: SessionRow) -> bool:
    """Whether the window of *scope* is to be looked at."""
    return core.settings.enable_context_management and row.window_tokens >= row.look_at and scope.kind == "conversation"


def overgrown(core: Core, row: SessionRow) -> bool:
    """Whether a window that is to be looked at waits too long for it. The background is given what `pre_rot_threshold`
    leaves above the first trigger, and where planning is later, for nothing could be gained, a quarter of that."""
    least = (core.settings.pre_rot_threshold - core.settings.compact_at) // 4
    return row.window_tokens >= max(core.settings.pre_rot_threshold, row.look_at + least)


def _to_be_managed(core: Core, scope: Scope, row: SessionRow) -> bool:
    """Whether the background is to look at the window of *scope*. Where an agent manages it before each of its calls,
    both would plan the same, and one of them in vain."""
    if not manageable(core, scope, row):
        return False
    seen = core.viewed.get(scope)
    return seen is None or core.timer() - seen > AGENT_IS_GONE or overgrown(core, row)


def _wordless(core: Core, scope: Scope, row: SessionRow) -> bool:
    least = 1 if scope in core.tails else core.settings.index_batch
    return not row.foreign and row.messages - row.indexed >= least


def _vectorless(core: Core, row: SessionRow) -> bool:
    return not core.lexical and row.messages - (core.embedded.get(row.pk) or row.base) >= core.settings.index_batch


def _due(core: Core, scope: Scope, row: SessionRow) -> bool:
    return _to_be_managed(core, scope, row) or _wordless(core, scope, row) or _vectorless(core, row)


def after_adding(core: Core, scope: Scope, row: SessionRow) -> Flow[None]:
    """Have done what the session *row* is due. What was added is safe: what fails here fails no add, the next tries
    again."""
    if _due(core, scope, row):
        yield Wake(scope)
    if manageable(core, scope, row) and overgrown(core, row):
        yield from _tried(core, scope, _catch_up(core, scope))
    if row.messages - row.indexed >= WORDS_LATE * core.settings.index_batch and not row.foreign:
        yield from _tried(core, scope, words.follow_words_alone(core, scope))
    if extracts(core, scope):
        yield from _extractable(core, scope, row)
    if core.sleep_after is not None and scope.kind == "conversation":
        yield from _awake(core, scope)
    yield from reporting.noticed(core, scope)


def _awake(core: Core, scope: Scope) -> Flow[None]:
    """Remember when the user of *scope* was heard, who is to sleep some time after that."""
    user = Scope(scope.tenant, scope.user, "-")
    new = user not in core.awake
    core.awake[user] = core.timer()
    if new:
        yield Wake(user, sleep=True)


def extracts(core: Core, scope: Scope) -> bool:
    """Whether an extractor reads *scope*. Where no user is named nobody could ask for the facts: they would be those of
    everybody who names none."""
    return core.extractor is not None and scope.kind == "conversation" and scope.named


def _extractable(core: Core, scope: Scope, row: SessionRow) -> Flow[None]:
    """Have read what an extractor was not given: a batch of it now, fewer once nobody adds more."""
    new = scope not in core.unread
    core.unread[scope] = core.timer()
    if new or row.messages - (core.extracted.get(row.pk) or row.base) >= core.settings.extract_batch:
        yield Wake(scope, extract=True)


def _catch_up(core: Core, scope: Scope) -> Flow[None]:
    """Bring an overgrown window down: wait for who is at it, then do what is left. No summariser takes longer than its
    attempts may, so neither does this."""
    settings = core.settings
    patience = settings.summarizer_timeout * (1 + settings.summarizer_retries) + settings.callback_timeout
    for _ in range(RACES):
        if not (yield Await(lambda _: scope not in core.managing, patience)):
            return
        row = yield Read(lambda connection: sessions.find(connection, scope))
        if not (manageable(core, scope, row) and overgrown(core, row)):
            return
        if scope not in core.managing:  # another may have begun while the row was read
            yield from manage(core, scope, contending=False)
            return


def attempt(core: Core, scope: Scope, *, manages: bool = True) -> Flow[bool | None]:
    """One step in the background: the window, else words; vectors are left to their own thread, for an embedder may
    hang. True: there is more; False: nothing is left; None: something failed.

    Args:
        manages: False leaves the window alone, because the summariser belongs to an event loop.
    """
    more = False

    def step() -> Flow[None]:
        nonlocal more
        more = manages and (yield from _managed(core, scope))
        if not more:
            row = yield Read(lambda connection: sessions.find(connection, scope))
            if _wordless(core, scope, row):
                yield from words.follow_words_alone(core, scope)
            if shelving.due(core, scope):
                more = yield from shelving.step(core, scope)
            core.tails.discard(scope)
            if not core.lexical:
                yield Wake(scope, embed=True)

    return more if (yield from _tried(core, scope, step())) else None


def managed(core: Core, scope: Scope) -> Flow[bool | None]:
    """The window's part of `attempt`, for those whose summariser belongs to their event loop."""
    yield from _tried(core, scope, _managed(core, scope))
    return False


def _managed(core: Core, scope: Scope) -> Flow[bool]:
    """Whether something was decided; one that another thread is at is left to it."""
    row = yield Read(lambda connection: sessions.find(connection, scope))
    if not _to_be_managed(core, scope, row) or scope in core.managing:
        return False
    report = yield from manage(core, scope, contending=False)
    return bool(report.compacted or report.covered or report.lifted)


def _tried(core: Core, scope: Scope, flow: Flow[object]) -> Flow[bool]:
    """Whether *flow* came to its end, or the memory was closed; what it raises is told by `stats` and an event."""
    before = core.known.upkeep_error
    try:
        yield from flow
    except Closed:
        return True
    except Exception as error:  # noqa: BLE001  # in the background nobody catches, and what was added is kept
        core.known.upkeep_error = described(error)
        yield from reporting.noticed(core, scope)
        return False
    if core.known.upkeep_error is before:  # it may be of another thread, and new
        core.known.upkeep_error = ""
    yield from reporting.noticed(core, scope)
    return True


def settle(core: Core, scope: Scope, seconds: float | None) -> Flow[bool]:
    """Wait until what *scope* is due is done, at most *seconds*; False where it is not, as after something failed.

    Raises:
        Reentrant: the background itself calls, which would wait for itself.
    """
    refuse_waiting()
    core.viewed.put(scope, -FOREVER)  # who waits wants all of it done
    row = yield Read(lambda connection: sessions.find(connection, scope))
    if _due(core, scope, row):
        yield Wake(scope)
    if extracts(core, scope):
        core.unread.pop(scope, None)  # nothing more is waited for
        yield Wake(scope, extract=True)
    if core.describe is not None:
        yield Wake(scope, describe=True)
    if not (yield Await(_idle(scope), FOREVER if seconds is None else seconds)):
        return False
    row = yield Read(lambda connection: sessions.find(connection, scope))
    if manageable(core, scope, row) or _wordless(core, scope, row):
        return False
    through = yield Read(lambda connection: extraction.through(connection, row.pk))
    return through >= row.messages or not extracts(core, scope)


def settle_all(core: Core, seconds: float | None) -> Flow[bool]:
    """Wait until the background of this process has nothing to do, at most *seconds*; whether it came to that.

    Raises:
        Reentrant: as `settle`.
    """
    refuse_waiting()
    for scope in list(core.unread):
        core.unread.pop(scope, None)
        yield Wake(scope, extract=True)
    return bool((yield Await(_idle(None), FOREVER if seconds is None else seconds)))


def _idle(scope: Scope | None) -> Callable[[Callable[[Scope | None], bool]], bool]:
    return lambda busy: not busy(scope)
