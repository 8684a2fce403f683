"""Memory for `create_agent`: the state keeps every message, the model sees what fits and matters."""

from __future__ import annotations

import os
import threading
import uuid
import warnings
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeAlias, Unpack, get_args

from langchain.agents.middleware.types import AgentMiddleware, ModelRequest
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime

from langchain_tiered_memory.agents.address import (
    Namespace,
    NamespaceOf,
    SessionOf,
    Siblings,
    keeper,
    namespace_of,
    running,
    session_of,
    thread_name,
)
from langchain_tiered_memory.agents.call import (
    Answer,
    Async,
    ModelCall,
    Sync,
    Thread,
    Wishes,
    beginning,
    calling,
    ending,
    with_update,
)
from langchain_tiered_memory.agents.costs import beside
from langchain_tiered_memory.agents.state import TieredMemoryState, note_of, update_of
from langchain_tiered_memory.agents.zones import own_zone, zone_untold
from langchain_tiered_memory.memories import open_memory
from tiermem import Memory, Session
from tiermem.agents.budget import Costs
from tiermem.agents.note import Note, owner_of
from tiermem.agents.view import WITHIN
from tiermem.arguments import refused_profile_of, refused_within
from tiermem.errors import InvalidSettings, brief_repr
from tiermem.memory import Zone, check_opening, for_user
from tiermem.providers.clock import zone_of
from tiermem.records import Within
from tiermem.runtime.options import OpenOptions
from tiermem.settings import flag

TimezoneOf: TypeAlias = Callable[[Any], Zone] | None
Removed: TypeAlias = Literal["auto", "hide", "keep"]
UNNAMED = (
    "Nothing names this conversation, so no later run will remember it: "
    'pass config={"configurable": {"thread_id": ...}} to the agent, or session_id= to the middleware.'
)


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
            without one has a conversation of its own. An agent that is a node of a graph, or runs in one, has the
            session "thread_id|node"; one that a tool runs has a new session in each call.
        max_tokens: the limit of everything a model is sent: system prompt, tools, messages. By default
            ``pre_rot_threshold``, or the window that the model declares in its ``profile`` where that is smaller.
        recall: quote what an answer may need and the window no longer shows.
        recall_tokens: of what is quoted for one question; by default 5 % of the limit, from 400 to 2,000.
        within: "everything" recalls from all conversations of the user that *namespace* names, and from their notes and
            documents; "user" from the conversations alone, "conversation" from this one. Without a namespace, which
            everybody would share, "everything" has this conversation alone, and "user" is refused. The tools search
            there, and with "user" in notes and documents too.
        profile: tokens of each prompt for what is known of the user that *namespace* names (`Memory.profile`), behind
            the system prompt, at most a quarter of the limit. It stays as it is until something of it changes; 0 leaves
            it out. Without a namespace it is refused.
        removed: what becomes of messages that leave the state. "auto" hides what a person or code took out, what
            another branch said, and all of a thread that was deleted; the journal and an event name the decision, and
            `undo` shows it again. What other middleware trims in front during a run, while newer messages stay, is
            kept: shown while there is room, and found. Where that happens between runs, or in ``before_agent`` of a
            middleware in front, nothing tells it from taking out. "keep" hides nothing, "hide" also what is trimmed.
            Threads may share a session that *session_id=* names: there "auto" hides nothing, and "hide" needs a
            function.
            A thread was deleted where the checkpointer that kept it has it no more: an `InMemorySaver` as long as it
            lives, others across restarts. Without one, and inside of other graphs, a conversation goes on.
        tools: True gives the agent the memory's tools, False none; or the names of some of them. The schemas of all
            four are about 700 tokens of each prompt.
        name: must differ where one agent has two; the first makes the view, the others store and lend their tools.
        timezone_of: a function of the runtime that says the user's zone (an IANA name or a tzinfo), for agents that
            serve users of several; otherwise ``timezone``, one of the options, says it. Where it raises, or names no
            zone, days are by the memory's own zone, as where it says None: the log and an event "degraded" (mode
            "timezone") tell it, and the run goes on.
        options: ``summarizer``, ``counter``, ``embedder`` and every setting of `Memory.open` by name.

    Raises:
        InvalidSettings: an argument contradicts another one, or is no setting.
        MissingNamespace: *within* is "user", or a *profile* is wanted, and no namespace names one.
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
        within: Within = WITHIN,
        profile: int = 0,
        removed: Removed = "auto",
        tools: bool | Sequence[str] = True,
        name: str = "TieredMemoryMiddleware",
        timezone_of: TimezoneOf = None,
        **options: Unpack[OpenOptions],
    ) -> None:
        super().__init__()
        others, zone = for_user(options)
        check_opening(path, memory, others)
        zone_of(zone)
        if timezone_of is not None and (zone is not None or not callable(timezone_of)):
            raise InvalidSettings("timezone_of must be a function of the runtime, and stands instead of timezone")
        flag(recall, "recall")
        for what, value in (("max_tokens", max_tokens), ("recall_tokens", recall_tokens)):
            if value is not None and (type(value) is not int or value < 1):
                raise InvalidSettings(f"{what} must be a whole number of at least 1, not {brief_repr(value)}")
        _check_address(namespace, session_id, within)
        refused_profile_of(profile, namespace)
        _check_removed(removed, session_id)
        self._name = name
        self._path, self._given = path, memory
        self._options: OpenOptions = {"enable_context_management": False, **others}
        self._timezone_of: Callable[[Any], Zone] = timezone_of or (lambda _: zone)
        self._namespace, self._session_id = namespace, session_id
        owned = removed == "hide" or (removed == "auto" and session_id is None)
        self._wishes = Wishes(max_tokens, recall, recall_tokens, within, owned, removed == "auto", profile)
        self._costs, self._opening, self._opened = Costs(), threading.Lock(), False
        self._siblings, self._warned = Siblings(), False
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

    def session(
        self, runtime: Any = None, state: Any = None, *, thread_id: object = None, namespace: Namespace | None = None
    ) -> Session:
        """The session of the agent that runs now, for tools and hooks of your own; outside of a run that of a thread::

            middleware.session(thread_id="t").stats()

        Args:
            runtime, state: of the run, as a tool or a hook is handed them.
            thread_id: the thread, named as in the run's config (a text, a number, a UUID), or the name of any other
                session; not needed where *session_id=* is a text.
            namespace: the user, or (tenant, user), where *namespace=* is a function, which needs a run to answer.

        Raises:
            InvalidSettings: no agent runs here, and nothing says which session, or whose, is meant.
        """
        named = thread_name(thread_id)
        if named or not running():
            name, user = self._name_outside(named), self._user_outside(namespace, runtime)
        else:
            name = self._session_named(runtime) or note_of(state or {}, self._name).session or uuid.uuid4().hex
            user = namespace or namespace_of(self._namespace, runtime)
        zone, unknown = own_zone(self._timezone_of, runtime)
        session = self.memory.session(name, user, zone)
        if unknown is not None:
            zone_untold(session, unknown)
        return session

    def _name_outside(self, named: str) -> str:
        name = named or self._session_id
        if not isinstance(name, str) or not name:
            raise InvalidSettings('no agent runs here; name the session: session(thread_id="...")')
        return name

    def _user_outside(self, namespace: Namespace | None, runtime: Any) -> Namespace:
        if namespace is None and callable(self._namespace) and not running():
            raise InvalidSettings('no agent runs here to ask namespace= of; say whose: session(..., namespace="...")')
        return namespace or namespace_of(self._namespace, runtime)

    def _session_named(self, runtime: Any) -> str:
        return session_of(self._session_id, runtime, self._siblings)

    def _own_tools(self, wanted: bool | Sequence[str]) -> list[BaseTool]:
        if wanted is False:
            return []
        if wanted is not True and (isinstance(wanted, str) or not isinstance(wanted, Sequence)):
            raise InvalidSettings(f"tools must be True, False, or names of tools in a list, not {brief_repr(wanted)}")
        from langchain_tiered_memory.tools import memory_tools

        names = None if wanted is True else tuple(wanted)
        within: Within = self._wishes.within if self._wishes.within in {"conversation", "notes"} else "everything"
        own = memory_tools(resolve=lambda runtime: self.session(runtime, runtime.state), names=names, within=within)
        return list(own)

    # --- the hooks

    def before_agent(self, state: TieredMemoryState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Gives a run that nobody names a conversation of its own; hides what left a thread since its last run."""
        if self._unnamed(state, runtime):
            return update_of(self._name, Note(session=uuid.uuid4().hex))
        note = Sync().run(beginning(lambda: self._thread(runtime, state), self._wishes)) if self._begun(state) else None
        return None if note is None else update_of(self._name, note)

    async def abefore_agent(self, state: TieredMemoryState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """`before_agent` without blocking the event loop."""
        if self._unnamed(state, runtime) or not self._begun(state):
            return self.before_agent(state, runtime)
        note = await Async().run(beginning(lambda: self._thread(runtime, state), self._wishes))
        return None if note is None else update_of(self._name, note)

    def _unnamed(self, state: TieredMemoryState, runtime: Runtime[Any]) -> bool:
        if self._session_named(runtime) or note_of(state, self._name).session:
            return False
        if not self._warned:
            self._warned = True
            warnings.warn(UNNAMED, stacklevel=3)
        return True

    def _begun(self, state: TieredMemoryState) -> bool:
        """Whether the thread had an earlier run, as far as can be told without its database."""
        return self._wishes.owned and bool(keeper() or note_of(state, self._name).count)

    def wrap_model_call(self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Answer]) -> Answer:
        """Calls the model with the view; once more with less, where the provider says that it was too long."""
        answer, note = Sync(handler).run(calling(request, lambda: self._call(request)))
        return answer if note is None else with_update(answer, update_of(self._name, note))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[Answer]]
    ) -> Answer:
        """`wrap_model_call` without blocking the event loop."""
        answer, note = await Async(handler).run(calling(request, lambda: self._call(request)))
        return answer if note is None else with_update(answer, update_of(self._name, note))

    def after_agent(self, state: TieredMemoryState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Stores the answer."""
        note = Sync().run(ending(lambda: self._thread(runtime, state), self._wishes))
        return None if note is None else update_of(self._name, note)

    async def aafter_agent(self, state: TieredMemoryState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """`after_agent` without blocking the event loop."""
        note = await Async().run(ending(lambda: self._thread(runtime, state), self._wishes))
        return None if note is None else update_of(self._name, note)

    def _call(self, request: ModelRequest[Any]) -> ModelCall:
        thread = self._thread(request.runtime, request.state)
        return ModelCall(request, thread, self._wishes, beside(request, self._costs, thread.session.memory.counter))

    def _thread(self, runtime: Any, state: Any) -> Thread:
        session = self.session(runtime, state)
        note = note_of(state, self._name).owned_by(owner_of(session.scope))
        return Thread(session, note, runtime, state["messages"])


def _check_removed(removed: Any, session_id: Any) -> None:
    if removed not in get_args(Removed):
        raise InvalidSettings(f"removed must be one of {', '.join(get_args(Removed))}, not {removed!r}")
    if removed == "hide" and isinstance(session_id, str):
        raise InvalidSettings('removed="hide" with a session_id= for all threads would hide what other threads said')


def _check_address(namespace: Any, session_id: Any, within: Any) -> None:
    if not (callable(namespace) or isinstance(namespace, (str, tuple))):
        raise InvalidSettings(f"namespace must be a user, (tenant, user), or a function, not {brief_repr(namespace)}")
    if not (session_id is None or callable(session_id) or isinstance(session_id, str)):
        raise InvalidSettings(f"session_id must be an id or a function, not {brief_repr(session_id)}")
    refused_within(within, namespace)
