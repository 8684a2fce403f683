"""One call of an agent's model, from the state to the answer: written once, for the sync hooks and the async ones.

A procedure here yields acts: functions of a `Sync` or an `Async`, which differ by their awaits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

from langchain.agents.middleware.types import ExtendedModelResponse, ModelRequest, ModelResponse
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langgraph.types import Command

from langchain_tiered_memory.agents.address import keeper, replayed
from langchain_tiered_memory.agents.listing import roster_of
from langchain_tiered_memory.agents.looked_at import LookedAt
from langchain_tiered_memory.agents.unstored import ENDS, RunEnd
from langchain_tiered_memory.agents.view import overlaid, prompt_of
from langchain_tiered_memory.converted import showing
from langchain_tiered_memory.events import telling
from langchain_tiered_memory.memories import PerMemory
from langchain_tiered_memory.procedures import Procedure
from tiermem import Session
from tiermem.agents.budget import Spent, limit_of, measured, overflowed, room
from tiermem.agents.note import Note
from tiermem.agents.storing import Roster, storing
from tiermem.agents.surviving import opened_later, surviving, told
from tiermem.agents.threads import marked, starting
from tiermem.agents.view import AgentView, ViewRequest, viewing
from tiermem.errors import BudgetTooSmall, StorageError
from tiermem.flows.driving import adrive, drive
from tiermem.records import Within

T = TypeVar("T")
Answer: TypeAlias = ModelResponse[Any] | AIMessage | ExtendedModelResponse[Any]
Act: TypeAlias = Callable[[Any], Any]
Acts: TypeAlias = Generator[Act, Any, T]
_LOOKED_AT = PerMemory(LookedAt)
_inside: ContextVar[Any] = ContextVar("tiermem_viewing", default=None)  # the run whose view another instance has made


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user of a middleware wants of every call; see `TieredMemoryMiddleware`.

    *owned*: the session is the thread's alone, so what leaves it is hidden, but for what is trimmed where it *trims*.
    """

    max_tokens: int | None
    recall: bool
    recall_tokens: int | None
    within: Within
    owned: bool
    trims: bool
    profile: int = 0


@dataclass(frozen=True, slots=True)
class Thread:
    """Where an agent runs: the session, what was noted of it, LangGraph's runtime, and the state's messages."""

    session: Session
    note: Note
    runtime: Any
    messages: Sequence[BaseMessage]

    def storing(self, wishes: Wishes) -> Procedure[Note]:
        """Stores what the session lacks of the state, and before it the end of a run that could not be stored."""
        limit = self.session.memory.settings.max_message_bytes
        if end := ENDS.take(self.session, self.messages):
            try:
                yield from storing(end.note, roster_of(end.messages, limit, owned=wishes.owned, trims=wishes.trims))
            except BaseException:
                ENDS.put(self.session, end)
                raise
        return (yield from storing(self.note, self._roster(wishes)))

    def starting(self, wishes: Wishes) -> Procedure[Note | None]:
        """Hides what left since the last run; None where nothing did."""
        return starting(self.note, self._roster(wishes), keeper())

    def stopping(self, wishes: Wishes) -> Procedure[Note]:
        """Stores the end of a run."""
        note = yield from self.storing(wishes)
        return (yield from marked(note, keeper() if wishes.owned else ""))

    def _roster(self, wishes: Wishes) -> Roster:
        limit = self.session.memory.settings.max_message_bytes
        checks = _LOOKED_AT.of(self.session.memory).checks(self.session.scope, self.messages)
        known: dict[str, Any] = {"owned": wishes.owned, "trims": wishes.trims, "checks": checks}
        return roster_of(self.messages, limit, replayed=replayed(), **known)

    def survived(self, procedure: Procedure[T], otherwise: T, *passing: type[Exception]) -> Procedure[T]:
        """*procedure*, or *otherwise* where the archive fails."""
        return surviving(procedure, otherwise, partial(told, self.session), passing)


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of the model: what the agent asks, in which thread, and the tokens *beside* the messages."""

    request: ModelRequest[Any]
    thread: Thread
    wishes: Wishes
    beside: int

    def showing(self) -> Procedure[AgentView[Note]]:
        """Stores what is new, and makes the view."""
        note = yield from self.thread.storing(self.wishes)
        return (yield from viewing(note, self._wanted(note)))

    def tighter(self, view: AgentView[Note], error: ContextOverflowError) -> Procedure[AgentView[Note]]:
        """A smaller view, after the provider refused *view*; *error*, where less cannot be said."""
        note = overflowed(view.note, self.spent(view))
        try:
            return (yield from viewing(note, self._wanted(note)))
        except BudgetTooSmall:
            raise error from None

    def with_view(self, view: AgentView[Note]) -> ModelRequest[Any] | None:
        """The request that the model is sent; None where what was stored is no message of LangChain's any more."""
        try:
            session = self.thread.session
            prompt = prompt_of(view, self.thread.messages, session.memory.counter, showing(session))
        except Exception as error:  # noqa: BLE001  # LangChain's classes check what they are made of
            told(self.thread.session, error)
            return None
        shown: Any = overlaid(prompt, self.request.messages, self.thread.messages)
        return self.request.override(messages=shown)

    def spent(self, view: AgentView[Note], answer: Answer | None = None) -> Spent:
        """What *view* cost, by our count and by the provider's."""
        return Spent(view.context.tokens + self.beside, 0 if answer is None else _reported(answer))

    def _wanted(self, note: Note) -> ViewRequest:
        memory, messages = self.thread.session.memory, self.thread.messages
        window = (getattr(self.request.model, "profile", None) or {}).get("max_input_tokens")
        declared = window if isinstance(window, int) else None
        limit = limit_of(self.wishes.max_tokens, memory.settings.pre_rot_threshold, declared)
        return ViewRequest(
            room=room(note, limit) - self.beside,
            count=memory.counter,
            settings=memory.settings,
            fresh=bool(messages) and isinstance(messages[-1], HumanMessage),
            recall=self.wishes.recall,
            recall_tokens=self.wishes.recall_tokens,
            within=self.wishes.within,
            profile=self.wishes.profile,
            beside=self.beside,
        )


def calling(request: ModelRequest[Any], make: Callable[[], ModelCall]) -> Acts[tuple[Answer, Note | None]]:
    """The model's answer to the view, and the note; once more with less, where the provider says it was too long.

    Where the archive fails, the model is asked as it would be without one, and the next call stores what this one could
    not; there is no note where it could not be opened.
    """
    call: ModelCall | None = yield from _started(make)
    if call is None:
        return (yield lambda by: by.ask(request)), None
    thread = call.thread
    if _inside.get() is thread.runtime:  # another instance makes the view; this one stores
        note = yield _working(thread.survived(thread.storing(call.wishes), thread.note), thread)
        return (yield lambda by: by.ask(request)), note
    view: AgentView[Note] | None = yield _working(thread.survived(call.showing(), None), thread)
    shown = None if view is None else call.with_view(view)
    if view is None or shown is None:
        return (yield lambda by: by.ask(request)), thread.note
    with _viewed(thread.runtime):
        try:
            answer: Answer = yield _asking(shown)
        except ContextOverflowError as error:
            view, shown = yield from _tighter(call, view, error)
            answer = yield _asking(shown)
    return answer, measured(view.note, call.spent(view, answer))


def _tighter(call: ModelCall, view: AgentView[Note], error: ContextOverflowError) -> Acts[tuple[AgentView[Note], Any]]:
    procedure = call.thread.survived(call.tighter(view, error), None, ContextOverflowError)
    less: AgentView[Note] | None = yield _working(procedure, call.thread)
    shown = None if less is None else call.with_view(less)
    if less is None or shown is None:
        raise error
    return less, shown


def beginning(make: Callable[[], Thread], wishes: Wishes) -> Acts[Note | None]:
    """Looks at what left since the last run; None where nothing did, or where the archive fails."""
    thread: Thread | None = yield from _started(make)
    if thread is None:
        return None
    note: Note | None = yield _working(thread.survived(thread.starting(wishes), None), thread)
    return note


def ending(make: Callable[[], Thread], wishes: Wishes) -> Acts[Note | None]:
    """Stores the end of a run; None where the archive could not be opened. What could not be stored is held."""
    thread: Thread | None = yield from _started(make)
    if thread is None:
        return None
    note: Note | None = yield _working(thread.survived(thread.stopping(wishes), None), thread)
    if note is None:
        ENDS.put(thread.session, RunEnd(thread.messages, thread.note))
    return note


def _started(make: Callable[[], T]) -> Acts[T | None]:
    """What *make* opens; None where that may be there at the next try."""
    try:
        made: T | None = yield lambda by: by.start(make)
    except StorageError as error:
        if not opened_later(error):
            raise
        told(None, error)
        made = None
    return made


def _asking(request: ModelRequest[Any]) -> Act:
    return lambda by: by.ask(request)


def _working(procedure: Procedure[Any], thread: Thread) -> Act:
    return lambda by: by.work(procedure, thread)


class Sync:
    """Does what acts ask for; *ask* calls the model. What the memory does is told as progress too."""

    def __init__(self, ask: Callable[[ModelRequest[Any]], Answer] | None = None) -> None:
        self.ask = ask

    def start(self, make: Callable[[], T]) -> T:
        """Opens what is needed."""
        return make()

    def work(self, procedure: Procedure[T], thread: Thread) -> T:
        """Runs *procedure* on the session."""
        with telling(writer=getattr(thread.runtime, "stream_writer", None)):
            return drive(procedure, lambda step: step(thread.session))

    def run(self, acts: Acts[T]) -> T:
        """What *acts* come to."""
        return drive(acts, lambda act: act(self))


class Async:
    """`Sync`, without blocking the event loop."""

    def __init__(self, ask: Callable[[ModelRequest[Any]], Awaitable[Answer]] | None = None) -> None:
        self.ask = ask

    async def start(self, make: Callable[[], T]) -> T:
        """See `Sync.start`."""
        return await asyncio.to_thread(make)

    async def work(self, procedure: Procedure[T], thread: Thread) -> T:
        """See `Sync.work`."""
        session = thread.session.as_async()
        async with telling(writer=getattr(thread.runtime, "stream_writer", None)):
            return await adrive(procedure, lambda step: step(session))

    async def run(self, acts: Acts[T]) -> T:
        """See `Sync.run`."""
        return await adrive(acts, lambda act: act(self))


@contextmanager
def _viewed(runtime: Any) -> Iterator[None]:
    token = _inside.set(runtime)
    try:
        yield
    finally:
        _inside.reset(token)


def _reported(answer: Answer) -> int:
    """Tokens of the prompt as the provider counted them; 0 where it did not say."""
    response = answer.model_response if isinstance(answer, ExtendedModelResponse) else answer
    messages = response.result if isinstance(response, ModelResponse) else [response]
    usages = (message.usage_metadata for message in messages if isinstance(message, AIMessage))
    usage = next((usage for usage in usages if usage), None)
    return int(usage.get("input_tokens", 0)) if usage else 0


def with_update(answer: Answer, update: dict[str, Any]) -> Answer:
    """*answer*, which also writes *update* into the agent's state."""
    if isinstance(answer, ExtendedModelResponse):
        others = answer.command.update if answer.command is not None else None
        return replace(answer, command=Command(update={**(others if isinstance(others, dict) else {}), **update}))
    response = answer if isinstance(answer, ModelResponse) else ModelResponse(result=[answer])
    return ExtendedModelResponse(model_response=response, command=Command(update=update))
