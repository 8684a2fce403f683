"""Memory for `create_agent`: the state keeps every message, the model sees what fits and matters."""

from __future__ import annotations

import asyncio
import os
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Annotated, Any, NotRequired, TypeAlias, TypeVar, get_args

from langchain.agents.middleware.types import (
    AgentMiddleware,
    AgentState,
    ExtendedModelResponse,
    ModelRequest,
    ModelResponse,
    PrivateStateAttr,
)
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime
from langgraph.types import Command

from langchain_tiered_memory.agents.address import NamespaceOf, SessionOf, namespace_of, owner_of, replayed, session_of
from langchain_tiered_memory.agents.costs import Costs
from langchain_tiered_memory.agents.notes import Note, merged, note_of
from langchain_tiered_memory.agents.sync import storing
from langchain_tiered_memory.agents.view import Seen, Wish, overlaid, viewing
from langchain_tiered_memory.events import telling
from langchain_tiered_memory.memories import check, open_memory
from langchain_tiered_memory.procedures import Procedure, arun, run
from tiermem import Memory, Session
from tiermem.errors import BudgetTooSmall, InvalidSettings
from tiermem.records import Within

KEY = "tiered_memory"
_inside: ContextVar[Any] = ContextVar("tiermem_viewing", default=None)  # the run whose view another instance has made
T = TypeVar("T")
Answer: TypeAlias = ModelResponse[Any] | AIMessage | ExtendedModelResponse[Any]


class TieredMemoryState(AgentState[Any]):
    """An agent's state with the notes of this middleware: neither input nor output of the agent shows them.

    ``stream_mode="updates"`` does, as it does for all private state.
    """

    tiered_memory: NotRequired[Annotated[dict[str, Any], PrivateStateAttr, merged]]


class TieredMemoryMiddleware(AgentMiddleware[TieredMemoryState, Any, Any]):
    """Shows an agent's model a view of the conversation that stays within a limit, and loses nothing.

    The agent's state and its checkpoints keep every message. Before each model call what is new is stored, old messages
    are compacted and summarised at the thresholds, which are shares of the limit, and what was said long ago is quoted
    where a new question needs it. Between two decisions each prompt begins with the one before::

        agent = create_agent(model, tools, middleware=[TieredMemoryMiddleware("chat.db")], checkpointer=saver)

    Args:
        path: the database, as for `Memory.open`.
        memory: an open memory instead of `path` and settings.
        namespace: the user, or (tenant, user); or a function of the runtime, for agents that serve many.
        session_id: the conversation, or a function of the runtime. By default the ``thread_id`` of the call; a run
            without one has a conversation of its own. Sub-agents get sessions beside their caller's.
        max_tokens: the limit of everything a model is sent: system prompt, tools, messages. By default
            ``pre_rot_threshold``, or the window that the model declares in its ``profile`` where that is smaller.
        recall: quote what an answer may need and the window no longer shows.
        recall_tokens: of what is quoted for one question; by default 5 % of the limit, from 400 to 2,000.
        within: "everything" recalls from the user's documents and notes too.
        tools: True gives the agent the memory's tools, False none; or the names of some of them. The schemas of all
            four are about 700 tokens of each prompt.
        name: must differ where one agent has two; the first makes the view, the others store and lend their tools.
        options: ``summarizer``, ``counter``, ``embedder`` and every setting of `Memory.open` by name.

    Raises:
        InvalidSettings: an argument contradicts another one, or is no setting.
    """

    state_schema = TieredMemoryState

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        memory: Memory | None = None,
        namespace: NamespaceOf = "default",
        session_id: SessionOf = None,
        max_tokens: int | None = None,
        recall: bool = True,
        recall_tokens: int | None = None,
        within: Within = "everything",
        tools: bool | Sequence[str] = True,
        name: str = "TieredMemoryMiddleware",
        **options: Any,
    ) -> None:
        super().__init__()
        check(options)
        if memory is not None and (options or path is not None):
            raise InvalidSettings("memory= is open already; leave path and settings to it")
        for what, value in (("max_tokens", max_tokens), ("recall_tokens", recall_tokens)):
            if value is not None and (type(value) is not int or value < 1):
                raise InvalidSettings(f"{what} must be a whole number of at least 1, not {value!r}")
        _check_address(namespace, session_id, within)
        self._name = name
        self._path, self._given, self._options = path, memory, {"enable_context_management": False} | options
        self._namespace, self._session_id = namespace, session_id
        self._max_tokens, self._recall, self._recall_tokens, self._within = max_tokens, recall, recall_tokens, within
        self._costs, self._opening, self._opened = Costs(), threading.Lock(), False
        self.tools: Sequence[BaseTool] = self._own_tools(tools)

    @property
    def name(self) -> str:
        """Tells instances in one agent apart."""
        return self._name

    @property
    def memory(self) -> Memory:
        """The memory, opened when it is first needed."""
        with self._opening:
            if self._given is None or (self._opened and self._given.closed):
                self._given, self._opened = open_memory(self._path, self._options), True
            return self._given

    def session(self, runtime: Any = None, state: Any = None) -> Session:
        """The session of the agent that runs now, for tools and hooks of your own.

        Outside of a run it is ``middleware.memory.session(thread_id, namespace)``.

        Raises:
            RuntimeError: no agent runs here.
        """
        named = session_of(self._session_id, runtime) or note_of(state or {}, KEY, self._name).session
        return self.memory.session(named or uuid.uuid4().hex, namespace_of(self._namespace, runtime))

    def _own_tools(self, wanted: bool | Sequence[str]) -> list[BaseTool]:
        if wanted is False:
            return []
        from langchain_tiered_memory.tools import memory_tools

        names = None if wanted is True else tuple(wanted)
        return list(memory_tools(resolve=lambda runtime: self.session(runtime, runtime.state), names=names))

    # --- the hooks

    def before_agent(self, state: TieredMemoryState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Gives a run that nobody names a conversation of its own."""
        if session_of(self._session_id, runtime) or note_of(state, KEY, self._name).session:
            return None
        return self._update(Note(session=uuid.uuid4().hex))

    def wrap_model_call(self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Answer]) -> Answer:
        """Calls the model with the view; once more with less, where the provider says that it was too long."""
        session, note = self._start(request)
        if _inside.get() is request.runtime:
            note = self._run(self._stored(request, note), session, request.runtime)
            return self._noted(handler(request), note)
        seen = self._run(self._showing(request, note), session, request.runtime)
        with _viewed(request.runtime):
            try:
                answer = handler(self._shown(request, seen))
            except ContextOverflowError as error:
                seen = self._run(self._tighter(request, seen, error), session, request.runtime)
                answer = handler(self._shown(request, seen))
        return self._noted(answer, self._measured(request, seen, answer))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[Answer]]
    ) -> Answer:
        """`wrap_model_call` without blocking the event loop."""
        session, note = await asyncio.to_thread(self._start, request)
        if _inside.get() is request.runtime:
            note = await self._arun(self._stored(request, note), session, request.runtime)
            return self._noted(await handler(request), note)
        seen = await self._arun(self._showing(request, note), session, request.runtime)
        with _viewed(request.runtime):
            try:
                answer = await handler(self._shown(request, seen))
            except ContextOverflowError as error:
                seen = await self._arun(self._tighter(request, seen, error), session, request.runtime)
                answer = await handler(self._shown(request, seen))
        return self._noted(answer, self._measured(request, seen, answer))

    def after_agent(self, state: TieredMemoryState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Stores the answer."""
        session, note = self._place(runtime, state)
        return self._update(self._run(self._storing(note, state["messages"]), session, runtime))

    async def aafter_agent(self, state: TieredMemoryState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """`after_agent` without blocking the event loop."""
        session, note = await asyncio.to_thread(self._place, runtime, state)
        return self._update(await self._arun(self._storing(note, state["messages"]), session, runtime))

    # --- one call

    @staticmethod
    def _run(procedure: Procedure[T], session: Session, runtime: Any) -> T:
        """Runs *procedure*; what the memory does is told to callbacks, and as progress to ``stream_mode="custom"``."""
        with telling(writer=getattr(runtime, "stream_writer", None)):
            return run(procedure, session)

    @staticmethod
    async def _arun(procedure: Procedure[T], session: Session, runtime: Any) -> T:
        async with telling(writer=getattr(runtime, "stream_writer", None)):
            return await arun(procedure, session.as_async())

    def _start(self, request: ModelRequest[Any]) -> tuple[Session, Note]:
        return self._place(request.runtime, request.state)

    def _place(self, runtime: Any, state: Any) -> tuple[Session, Note]:
        session = self.session(runtime, state)
        return session, note_of(state, KEY, self._name).owned_by(owner_of(session))

    def _stored(self, request: ModelRequest[Any], note: Note) -> Procedure[Note]:
        return self._storing(note, request.state["messages"])

    def _storing(self, note: Note, state: Sequence[BaseMessage]) -> Procedure[Note]:
        return storing(note, state, owned=self._session_id is None, replayed=replayed())

    def _showing(self, request: ModelRequest[Any], note: Note) -> Procedure[Seen]:
        note = yield from self._stored(request, note)
        return (yield from viewing(note, self._wish(request, note)))

    def _tighter(self, request: ModelRequest[Any], seen: Seen, error: ContextOverflowError) -> Procedure[Seen]:
        note = seen.note.overflowed(seen.context.tokens + self._beside(request))
        try:
            return (yield from viewing(note, self._wish(request, note)))
        except BudgetTooSmall:
            raise error from None  # less than this cannot be said

    def _wish(self, request: ModelRequest[Any], note: Note) -> Wish:
        messages, beside = request.state["messages"], self._beside(request)
        return Wish(
            limit=note.room(self._limit(request)) - beside,
            beside=beside,
            count=self.memory.counter,
            settings=self.memory.settings,
            recall=self._recall,
            recall_tokens=self._recall_tokens,
            within=self._within,
            fresh=bool(messages) and isinstance(messages[-1], HumanMessage),
        )

    def _limit(self, request: ModelRequest[Any]) -> int:
        """Tokens of everything, by the provider's count."""
        if self._max_tokens is not None:
            return self._max_tokens
        declared = (getattr(request.model, "profile", None) or {}).get("max_input_tokens")
        usual = self.memory.settings.pre_rot_threshold
        return min(usual, declared) if isinstance(declared, int) and declared > 0 else usual

    def _beside(self, request: ModelRequest[Any]) -> int:
        return self._costs.beside(request, self.memory.counter)

    def _shown(self, request: ModelRequest[Any], seen: Seen) -> ModelRequest[Any]:
        shown: Any = overlaid(seen, request.messages, request.state["messages"])
        return request.override(messages=shown)

    def _measured(self, request: ModelRequest[Any], seen: Seen, answer: Answer) -> Note:
        return seen.note.measured(seen.context.tokens + self._beside(request), _reported(answer))

    def _noted(self, answer: Answer, note: Note) -> Answer:
        """*answer*, with the note for the next call."""
        update = self._update(note)
        if isinstance(answer, ExtendedModelResponse):
            given = answer.command.update if answer.command is not None else None
            return replace(answer, command=Command(update={**(given if isinstance(given, dict) else {}), **update}))
        response = answer if isinstance(answer, ModelResponse) else ModelResponse(result=[answer])
        return ExtendedModelResponse(model_response=response, command=Command(update=update))

    def _update(self, note: Note) -> dict[str, Any]:
        return {KEY: {self._name: note.plain()}}


def _check_address(namespace: Any, session_id: Any, within: Any) -> None:
    if not (callable(namespace) or isinstance(namespace, (str, tuple))):
        raise InvalidSettings(f"namespace must be a user, (tenant, user), or a function, not {namespace!r}")
    if not (session_id is None or callable(session_id) or isinstance(session_id, str)):
        raise InvalidSettings(f"session_id must be an id or a function, not {session_id!r}")
    if within not in get_args(Within):
        raise InvalidSettings(f"within must be one of {', '.join(get_args(Within))}, not {within!r}")


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
    usage = next((one.usage_metadata for one in messages if isinstance(one, AIMessage) and one.usage_metadata), None)
    return int(usage.get("input_tokens", 0)) if usage else 0
