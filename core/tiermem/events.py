"""Events: what a memory did, told after the commit to whoever listens. Ids, numbers and reasons, never words said.

    stop = memory.subscribe(print)              # every event of this memory, until stop() is called
    with collecting() as told: session.add("…")  # the events of what runs in here, of any memory

Beside these, each event is a record of the logger "tiermem" and, where the process uses OpenTelemetry, a span.

| kind | told of | fields |
|---|---|---|
| added | messages, chunks of documents | count, first, last, tokens, session_tokens, window_tokens, ms |
| compacted | messages made stubs | decision, count, first, last, tokens_before, tokens_after, strategy, reason, ms |
| summarised | messages, or summaries, under a summary | as compacted, and summary ("s3"), level, refused_lines |
| summarised | what was restored, put back under it | decisions, count, first, last, reason, strategy ("again") |
| extracted | messages that an extractor read | count, first, last, facts, refused, reasons, extractor, error, ms |
| indexed | messages whose words were indexed | count, first, last, ms |
| slept | what a sleep did (`Life.sleep`) | sessions, finished, faded, woken, uses, indexed, compacted, covered, ms |
| dropped | what a run took from the window; `Session.dropped(since)` lists it | since, compacted, covered |
| recalled | what `context`, `recall`, `search` or a tool found | by, count, refs, scores, tokens, degraded, ms |
| restored | messages shown again | decisions, count, first, last, reason |
| pinned | messages that lay something down, which stands in every context from now on | as restored |
| forgotten | messages hidden: forget, clear, a document removed or replaced | as restored |
| undone | a decision taken back | as restored, and undone |
| forked | a session that begins with another's messages, up to number `at` | at |
| erased | what is gone for good: a session, or all of a user's | erasure, sessions, count, reason |
| exported, imported | all that is held of a user, to a file or from one | sessions, count |
| degraded | a mode in which less works, when it begins | mode, reason (of an error its type alone) |
| | a framework's message that is not kept whole | mode ("incomplete message"), reason |
| | what comes again that was erased with its conversation | mode ("erased message"), reason |

`first` and `last` are sequence numbers, with others between them perhaps; `decision` and `decisions` those of the
journal; `refs` what `expand` takes, beside `scores`, with the session in front of what another one of the user said
("friday/m12"; its digest in logs and telemetry); `refused` how many claims of an extractor no message bears out, with
the `reasons`; `error` the type alone of what kept it from reading; `ms` milliseconds. Events of one call come in
order, and so do those of calls that follow each other; calls at the same time may be told in another order than they
were committed in.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from tiermem import telemetry
from tiermem.errors import ClockError, InvalidSettings, RedactionFailed, brief_repr, described
from tiermem.providers.limited import Limited
from tiermem.settings import Scope

# The levels of the logger, which is read by those who run an application: its users' turns say nothing to them.
LEVELS = {
    "added": logging.DEBUG,
    "recalled": logging.DEBUG,
    "compacted": logging.INFO,
    "summarised": logging.INFO,
    "extracted": logging.INFO,
    "indexed": logging.DEBUG,
    "slept": logging.INFO,
    "dropped": logging.INFO,
    "pinned": logging.INFO,
    "restored": logging.INFO,
    "forgotten": logging.INFO,
    "undone": logging.INFO,
    "forked": logging.INFO,
    "erased": logging.INFO,
    "exported": logging.INFO,
    "imported": logging.INFO,
    "degraded": logging.WARNING,
}
KINDS = tuple(LEVELS)
_log = logging.getLogger("tiermem")
_log.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a memory did, once it was certain.

    Args:
        kind: one of `KINDS`.
        scope: tenant, user and session; of documents, ``scope.kind`` is "knowledge".
        at: when it was told, by the memory's clock.
        fields: numbers, ids and reasons, by kind: see the table above.
        words: the question and what was stored or found, for telemetry alone: in no log, and empty unless
            `telemetry.captures()`.
    """

    kind: str
    scope: Scope
    at: datetime
    fields: Mapping[str, Any]
    words: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The kind with our name before it: "tiermem.compacted"."""
        return f"tiermem.{self.kind}"

    @property
    def digest(self) -> str:
        """Stands for the session where its name, often a person's, should not be: in logs and telemetry."""
        return self._digest(self.scope.session)

    def _digest(self, session: str) -> str:
        names = (self.scope.tenant, self.scope.user, session, self.scope.kind)
        return blake2b("\0".join(names).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    @property
    def nameless(self) -> Mapping[str, Any]:
        """The fields with the digests of other sessions in place of their names, for logs and telemetry."""
        refs = self.fields.get("refs", ())
        if not any("/" in ref for ref in refs):
            return self.fields
        parted = (ref.rpartition("/") for ref in refs)
        return {
            **self.fields,
            "refs": tuple(f"{self._digest(name)}/{own}" if slash else own for name, slash, own in parted),
        }

    def as_dict(self) -> dict[str, Any]:
        """The event as new, plain JSON values."""
        scope = {"tenant": self.scope.tenant, "user": self.scope.user, "session": self.scope.session}
        return {"kind": self.kind, "at": self.at.isoformat()} | scope | self.numbers()

    def numbers(self) -> dict[str, Any]:
        """The fields as new, plain JSON values."""
        return _plain(self.fields)

    def __str__(self) -> str:
        values = (f"{name}={value}" for name, value in self.fields.items() if not isinstance(value, tuple))
        return " ".join([self.kind, f"session={self.digest}", *values])


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


Callback: TypeAlias = Callable[[Event], object]
Told: TypeAlias = Callable[[], Mapping[str, Any]]
_collectors: ContextVar[tuple[list[Event], ...]] = ContextVar("tiermem_collectors", default=())


@contextmanager
def collecting() -> Iterator[list[Event]]:
    """A list that receives the events of every memory that is called in here, also of async calls; nests."""
    events: list[Event] = []
    token = _collectors.set((*_collectors.get(), events))
    try:
        yield events
    finally:
        _collectors.reset(token)


class _Listener(NamedTuple):
    callback: Callback
    scope: Scope | None
    listening: Callable[[], bool]


class Listeners:
    """Those who listen to one memory. Thread-safe: each change is one step of the interpreter.

    Args:
        now: the clock.
        failed: is told of a callback's error, in words.
        seconds: that a callback may take for one event.
    """

    def __init__(self, now: Callable[[], datetime], failed: Callable[[str], None], seconds: float) -> None:
        self._now = now
        self._failed = failed
        self._seconds = seconds
        self._callbacks: dict[object, _Listener] = {}
        self._failing: set[object] = set()

    def add(
        self, callback: Callback, scope: Scope | None, listening: Callable[[], bool] = lambda: True
    ) -> Callable[[], None]:
        """Call *callback* with every event (of *scope*) until the function that is returned is called.

        *listening* says of the moment whether the callback would do anything: where it would not, the thread that each
        call has would be for nothing. It is one of our own, which neither hangs nor raises.

        Raises:
            InvalidSettings: it cannot be called, or is a coroutine function, which nobody would await.
        """
        if not callable(callback) or inspect.iscoroutinefunction(callback):
            raise InvalidSettings(f"a callback is a plain function of an event, not {brief_repr(callback)}")
        key = object()
        within = Limited(callback, self._seconds)
        self._callbacks[key] = _Listener(lambda event: within(event, None), scope, listening)

        def stop() -> None:
            self._callbacks.pop(key, None)
            self._failing.discard(key)

        return stop

    def wanted(self, kind: str) -> bool:
        """Whether anybody would hear an event of that kind now."""
        if _collectors.get() or telemetry.used() or _log.isEnabledFor(LEVELS[kind]):
            return True
        return any(listener.listening() for listener in list(self._callbacks.values()))

    def tell(self, kind: str, scope: Scope, fields: Told, words: Told | None = None) -> None:
        """Tell an event to all who listen. What a callback, a handler of the log, a processor of spans or the clock
        raises is noted, and goes no further: what is told of is done."""
        if not self.wanted(kind):
            return
        try:
            event = Event(kind, scope, self._now(), MappingProxyType(dict(fields())), self._words(words))
        except ClockError as error:
            self._failed(described(error))
            return
        for events in _collectors.get():
            events.append(event)
        self._call(_logged, _logged, event)
        self._call(telemetry.record, telemetry.record, event)
        for key, listener in list(self._callbacks.items()):
            if listener.scope in {None, scope} and listener.listening():
                self._call(key, listener.callback, event)

    def _words(self, words: Told | None) -> Mapping[str, Any]:
        if words is None or not telemetry.captures():
            return MappingProxyType({})
        try:
            return MappingProxyType(dict(words()))
        except RedactionFailed as error:  # then they are not told
            self._failed(described(error))
            return MappingProxyType({})

    def _call(self, key: object, callback: Callback, event: Event) -> None:
        try:
            callback(event)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # what it listens to is done, and others listen too
            self._failed(described(error))
            if key not in self._failing:
                self._failing.add(key)
                with suppress(Exception):  # the log may be what failed; stats() tells it all the same
                    _log.warning(
                        "a callback failed on %s; its later errors are told by stats() alone", event, exc_info=True
                    )


def _logged(event: Event) -> None:
    level = LEVELS[event.kind]
    if _log.isEnabledFor(level):
        values = {"kind": event.kind, "session": event.digest, "at": event.at.isoformat()} | _plain(event.nameless)
        _log.log(level, "%s", event, extra={"tiermem": values})
