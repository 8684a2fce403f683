"""Effects: what a flow asks for, as values; and who performs them.

A flow is a generator that yields effects and receives their results; it holds no thread, no connection and no await.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from tiermem.flows.driving import Performing, adrive_in_stretches, drive
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage.shards.flow import flow as whose

if TYPE_CHECKING:
    import sqlalchemy as sa

T = TypeVar("T")
FEW = 64  # messages that are read in some milliseconds


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell whoever listens that something happened.

    *fields* gives ids, numbers and reasons by name, never what somebody said; it is asked where somebody listens.
    *words* gives the question and what was stored or found; it is asked where the process wants them in its telemetry.
    """

    kind: str
    scope: Scope
    fields: Callable[[], Mapping[str, Any]]
    words: Callable[[], Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Transact:
    """Run *body* in one transaction that writes; the result comes after the commit. It may run twice, once committed.

    *telling* says what is to be told of the result. It belongs to the transaction because an async caller may be
    cancelled while it runs: what was committed is told then too. *brief*: it takes some milliseconds.
    """

    body: Callable[[sa.Connection], Any]
    telling: Callable[[Any], Iterable[Tell]] | None = None
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Run *body* on one consistent snapshot.

    *brief* is the same for where it takes some milliseconds; where it would take longer it answers `LATER`.
    """

    body: Callable[[sa.Connection], Any]
    brief: Callable[[sa.Connection], Any] | None = None


@dataclass(frozen=True, slots=True)
class Scrub:
    """Rid the database's files of what was removed; *vacuum*: write them anew, without any of it. Gives `Scrubbed`."""

    vacuum: bool


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What became of it: whether the log is *emptied*, whether files were *vacuumed*, whether they are a *server*'s."""

    emptied: bool
    vacuumed: bool
    server: bool


@dataclass(frozen=True, slots=True)
class Compute:
    """Run *body*, which is pure but may take long; async drivers keep it off the event loop."""

    body: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Summarize:
    """Ask the user's summariser about *messages* of *scope*, at most *timeout* seconds long."""

    summarizer: Callable[[Sequence[Message]], Any]
    messages: Sequence[Message]
    scope: Scope
    timeout: float


@dataclass(frozen=True, slots=True)
class Embed:
    """Embed texts with the user's embedder; *query* says that it is one question."""

    texts: Sequence[str]
    scope: Scope
    query: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Call other code of the user: *function*, or without blocking *afunction*, at most *timeout* seconds long."""

    function: Callable[[Any], Any]
    afunction: Callable[[Any], Any]
    argument: Any
    scope: Scope
    timeout: float


@dataclass(frozen=True, slots=True)
class Wake:
    """Let the background see to what waits in *scope*, or with *embed* to its vectors alone, with *extract* to what an
    extractor reads, with *describe* to its media, with *sleep* to a sleep of its user; returns at once."""

    scope: Scope
    embed: bool = False
    extract: bool = False
    sleep: bool = False
    describe: bool = False


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until *reached* says so, at most *seconds*; the result is whether it did.

    It is asked again and again, and given a function that says whether the background is busy with a scope (None: with
    any).
    """

    reached: Callable[[Callable[[Scope | None], bool]], bool]
    seconds: float


Effect: TypeAlias = Transact | Read | Scrub | Compute | Summarize | Embed | Call | Wake | Await | Tell
Flow: TypeAlias = Generator[Effect, Any, T]


class Actor(Protocol):
    """Performs effects."""

    def act(self, effect: Effect) -> Any:
        """The result of *effect*."""
        ...


class AsyncActor(Actor, Protocol):
    """Performs effects for callers on an event loop."""

    async def aact(self, effect: Effect) -> Any:
        """The result of *effect*, which calls code of the user's that may run on the loop itself, or waits."""
        ...

    def start(self, function: Callable[[Any], Any], argument: Any) -> Future[Any]:
        """Run `function(argument)` in another thread, with the caller's context variables."""
        ...


def run(flow: Flow[T], actor: Actor) -> T:
    """Drive *flow* to its end and return its value; an effect's error is raised inside the flow."""
    with whose():
        return drive(flow, actor.act)


async def arun(flow: Flow[T], actor: AsyncActor) -> T:
    """`run` for async callers: database and computing in threads; a cancelled write is seen to its end."""
    performing: Performing[Effect] = Performing(
        perform=actor.act,
        aperform=actor.aact,
        awaited=_of_the_loop,
        seen_to_its_end=_of_the_log,
        start=actor.start,
    )
    with whose():
        return await adrive_in_stretches(flow, performing)


def _of_the_loop(effect: Effect) -> bool:
    return isinstance(effect, Summarize | Call | Await) or (isinstance(effect, Wake) and not effect.embed)


def _of_the_log(effect: Effect) -> bool:
    return isinstance(effect, Transact)
