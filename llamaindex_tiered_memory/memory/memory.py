"""TieredChatMemory: one class in the place of `ChatMemoryBuffer` and of `Memory`.

Rule 1: what was put is stored exactly; what `get` returns is a view, made of copies, within `token_limit`.
Rule 2: an object is true, whatever it holds: the framework replaces a memory that is false by one of its own.
Rule 3: copying, pickling or dumping a memory never makes a second conversation.
"""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from llama_index.core.async_utils import asyncio_run
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.bridge.pydantic import ConfigDict, Field, PrivateAttr
from llama_index.core.llms.llm import LLM
from llama_index.core.memory.memory import InsertMethod
from llama_index.core.memory.types import DEFAULT_CHAT_STORE_KEY, BaseMemory
from llama_index.core.storage.chat_store.base_db import MessageStatus

from llamaindex_tiered_memory.counting import OwnCounter, Tally, counts_with, in_force, names_encoding, tokenizer_for
from llamaindex_tiered_memory.events import attach
from llamaindex_tiered_memory.memory import history, loading, serialisation, view
from llamaindex_tiered_memory.memory.arranging import NOTHING, Extra
from llamaindex_tiered_memory.memory.closing import hold
from llamaindex_tiered_memory.memory.copying import Copying, forked
from llamaindex_tiered_memory.memory.draft import Pending
from llamaindex_tiered_memory.memory.options import Arguments, Keywords, arguments_from, fields_from
from llamaindex_tiered_memory.memory.stock_blocks import StockBlocks
from llamaindex_tiered_memory.memory.stores import Mirror, TieredChatStore
from tiermem import Memory, Message, Session
from tiermem.agents.view import NOTED
from tiermem.events import collecting
from tiermem.records import Within


class TieredChatMemory(Copying, BaseMemory):
    """A conversation that never ends and never loses a word, wherever LlamaIndex takes a memory.

    Takes the arguments of `ChatMemoryBuffer.from_defaults` and of `Memory.from_defaults`, plus `session_id=`, `path=`
    (a file, ":memory:" or a database URL; by default a file in the user's data directory), `namespace=`, or `memory=`
    (an open `tiermem.Memory`), `summarizer=`, `compactor=`, `embedder=`, and the core's settings by name.

    A copy, also a deep one, is this object itself; `fork` makes one that is independent.

    Raises:
        InvalidSettings: also a ValueError; an argument is not known, or makes no sense.
        MissingNamespace: *within* is "user", or a *profile* is wanted, and no namespace names one.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    token_limit: int = Field(description="Tokens of what `get` returns, initial_token_count included.")
    session_id: str = Field(description="The conversation.")
    namespace: str | tuple[str, str] = Field(default="default", description="Whose conversation it is.")
    chat_store_key: str = Field(default=DEFAULT_CHAT_STORE_KEY, description="The key in `chat_store`.")
    chat_history_token_ratio: float = Field(default=0.7, description="Least share of the limit for the history.")
    token_flush_size: int = Field(default=0, description="Tokens that one summarisation frees.")
    within: Within = Field(default=NOTED, description="Where what is recalled is from: the conversation and notes.")
    profile: int = Field(default=0, description="Tokens of what `get` shows of what is known of the user, in front.")
    tokenizer_fn: Callable[[str], Any] = Field(exclude=True, description="Tokens of a text, or their number.")
    memory_blocks: list[Any] = Field(default_factory=list, exclude=True, description="LlamaIndex's memory blocks.")

    _arguments: Arguments = PrivateAttr()
    _opened: Session = PrivateAttr()
    _counted_by: Any = PrivateAttr()
    _tally: Tally = PrivateAttr()
    _own: OwnCounter = PrivateAttr(default_factory=OwnCounter)
    _pending: Pending = PrivateAttr(default_factory=Pending)
    _lock: Any = PrivateAttr(default_factory=threading.RLock)
    _object: str = PrivateAttr(default_factory=lambda: uuid.uuid4().hex)
    _mirror: Mirror | None = PrivateAttr(default=None)
    _stock: StockBlocks | None = PrivateAttr(default=None)
    _waiting: bool = PrivateAttr(default=False)

    def __init__(
        self, chat_history: list[ChatMessage] | None = None, llm: LLM | None = None, **options: Unpack[Keywords]
    ) -> None:
        chosen = arguments_from({"chat_history": chat_history, "llm": llm, **options})
        memory = chosen.memory or Memory.shared(loading.place(chosen), **chosen.opening())
        attach(memory)
        if chosen.memory is None:
            hold(memory, self)
        tokenizer = chosen.tokenizer_fn or tokenizer_for(memory, encoding_named=names_encoding(chosen.options))
        super().__init__(**fields_from(chosen, memory.settings, tokenizer))
        self._arguments = chosen
        self._opened = memory.session(self.session_id, self.namespace, chosen.timezone)
        self._counted_by = in_force(tokenizer) if counts_with(memory, tokenizer) else None
        self._tally = Tally(tokenizer, chosen.media)
        self._begin()
        serialisation.live[self._object] = self

    @classmethod
    def class_name(cls) -> str:
        """The name in dumps."""
        return "TieredChatMemory"

    @classmethod
    def from_defaults(  # type: ignore[override]  # narrower than **kwargs, so that a type checker knows the names
        cls, chat_history: list[ChatMessage] | None = None, llm: LLM | None = None, **options: Unpack[Keywords]
    ) -> TieredChatMemory:
        """The same as calling the class."""
        return cls(chat_history, llm, **options)

    @property
    def object_name(self) -> str:
        """The name of this object in its dumps."""
        return self._object

    @property
    def tally(self) -> Tally:
        """Counts chat messages with `tokenizer_fn`."""
        if self._tally.tokenizer is not self.tokenizer_fn:
            self._tally = Tally(self.tokenizer_fn, self._arguments.media)
        return self._tally

    @property
    def pending(self) -> Pending:
        """The working copy of the message that waits, and originals."""
        return self._pending

    @property
    def own_counter(self) -> Callable[[str], Any] | None:
        """Counts with `tokenizer_fn`, where the core counts, or has counted, with another one."""
        return None if self._counted_by is in_force(self.tokenizer_fn) else self._own.of(self.tally)

    @property
    def chat_store(self) -> Any:
        """The chat store that was given, or else the log as a live chat store."""
        return self._mirror.store if self._mirror is not None else TieredChatStore(self)

    # -- reading ------------------------------------------------------------------------------------------------

    def get(self, input: Any = None, initial_token_count: int = 0, **kwargs: Any) -> list[ChatMessage]:
        """What the model should read now: new copies, in at most `token_limit` tokens.

        Args:
            input: what to recall for; by default the newest user message of the log.
            initial_token_count: tokens that the caller puts in front.
            kwargs: handed to `memory_blocks`.

        Raises:
            InitialTokensError: also a ValueError.
            BudgetTooSmall: what must be shown does not fit.
        """
        if self.memory_blocks:
            shown: list[ChatMessage] = asyncio_run(self.aget(input, initial_token_count=initial_token_count, **kwargs))
            return shown
        return view.run(self._steps(input, initial_token_count, NOTHING), self.session)

    async def aget(self, input: Any = None, **kwargs: Any) -> list[ChatMessage]:
        """`get`, without blocking the event loop."""
        if (unread := view.left_unread()) is not None:
            return unread
        initial = kwargs.pop("initial_token_count", 0)
        extra = await self.aextra(input, **kwargs)
        return await view.arun(self._steps(input, initial, extra), self.session.as_async())

    async def aextra(self, given: Any = None, **kwargs: Any) -> Extra:
        """What `memory_blocks` add to the view; *kwargs* are handed to them."""
        if self._stock is None:
            return NOTHING
        talk = history.chats((await self.session.as_async().view()).messages)
        if isinstance(given, str):
            talk.append(ChatMessage(role=MessageRole.USER, content=given))
        room = int(self.token_limit * (1 - self.chat_history_token_ratio))
        return await self._stock.shown(talk, room, self.tally, **kwargs)

    def get_all(self, status: MessageStatus | None = None) -> list[ChatMessage]:
        """Every original that was not reset, as new copies; *status*: only those (not) shown in the window."""
        messages = self.session.messages()
        return history.chats(
            messages if status is None else history.with_status(messages, self.session.view().messages, status)
        )

    async def aget_all(self, status: MessageStatus | None = None) -> list[ChatMessage]:
        """`get_all`, without blocking the event loop."""
        messages = await self.session.as_async().messages()
        if status is None:
            return history.chats(messages)
        return history.chats(history.with_status(messages, (await self.session.as_async().view()).messages, status))

    # -- writing ------------------------------------------------------------------------------------------------

    def put(self, message: ChatMessage) -> None:
        """Append *message*; durable when it returns. From any thread."""
        self.put_messages([message])

    def put_messages(self, messages: list[ChatMessage]) -> None:
        """Append *messages*, all or none."""
        stored = self.session.add(history.made(self.session, messages))
        self._noted(messages, stored)
        if self._mirror is not None:
            self._mirror.add(messages)
        if self.memory_blocks:
            asyncio_run(self._deliver())

    async def aput(self, message: ChatMessage) -> None:
        """`put`, without blocking the event loop."""
        await self.aput_messages([message])

    async def aput_messages(
        self, messages: list[ChatMessage], ids: Sequence[str] = (), names: Mapping[str, str] | None = None
    ) -> None:
        """`put_messages`, without blocking the event loop.

        Args:
            messages: those to append.
            ids: one a message; with them, adding again adds nothing.
            names: of tools, by the calls that *messages* answer; known for calls among *messages*.
        """
        with collecting() as told:
            stored = await self.session.as_async().add(history.made(self.session, messages, ids, names or {}))
        self._noted(messages, stored)
        if self._mirror is not None and (new := history.newly_stored(self.session, messages, stored, told)):
            await self._mirror.aadd(new)
        if self.memory_blocks:
            await self._deliver()

    def set(self, messages: list[ChatMessage]) -> None:
        """Make *messages* the conversation. What only extends the log is added; else the log so far is hidden."""
        self._replace(messages)
        if self._mirror is not None:
            self._mirror.replace(messages)

    async def aset(self, messages: list[ChatMessage]) -> None:
        """`set`, without blocking the event loop."""
        await asyncio.to_thread(self._replace, messages)
        if self._mirror is not None:
            await self._mirror.areplace(messages)

    def reset(self, status: MessageStatus | None = None, *, erase: bool = False) -> None:
        """Hide everything said so far. Nothing is removed: `memory.session.undo` brings it back. *erase*: remove it for
        good; `memory.session.erase()` does that alone, with a receipt.

        Raises:
            ValueError: *status* is ARCHIVED: what left the window cannot be reset alone.
        """
        history.check_reset(status)
        (self.session.erase if erase else self.session.clear)()
        self._noted([])
        if self._mirror is not None:
            self._mirror.replace([])

    async def areset(self, status: MessageStatus | None = None, *, erase: bool = False) -> None:
        """`reset`, without blocking the event loop."""
        history.check_reset(status)
        session = self.session.as_async()
        await (session.erase() if erase else session.clear())
        self._noted([])
        if self._mirror is not None:
            await self._mirror.areplace([])

    # -- dumps and copies ---------------------------------------------------------------------------------------

    def to_dict(self, **_: Any) -> dict[str, Any]:
        """This memory as JSON values: where it is, and, if that is only RAM, its messages."""
        return serialisation.dumped(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], **options: Any) -> TieredChatMemory:
        """The memory whose dump is *data*: the object itself while this process has it open, else one on the same log.

        Args:
            data: of `to_dict`, or of a stock memory or chat store: then its messages go into a new session.
            options: keyword arguments of the class; with any, a new object is made. Functions are not in a dump.

        Raises:
            InvalidSettings: the dump is of another version.
            InvalidMessage: *data* is no dump of a memory.
        """
        if loading.is_stock(data):
            limit = {"token_limit": data["token_limit"]} if data.get("token_limit") else {}
            return cls(**({"chat_history": loading.load_saved(data)} | limit | options))
        found = serialisation.live.get(str(data.get("object")))
        if isinstance(found, cls) and not options and not (found.closed or found.opened.memory.closed):
            return found
        return serialisation.rebuilt(cls, data, options)

    def to_string(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_string(cls, json_str: str, **options: Any) -> TieredChatMemory:
        """`from_dict` of JSON text; texts of `ChatMemoryBuffer.to_string` are read as well."""
        data = json.loads(json_str)
        return cls.from_dict(data if isinstance(data, dict) else {"chat_history": data}, **options)

    def fork(self, session_id: str | None = None) -> TieredChatMemory:
        """An independent copy: what was said so far, in session *session_id* or a new one.

        Raises:
            InvalidSettings: there is a conversation of that name.
        """
        return forked(self, self._arguments, session_id)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_dict, (self.to_dict(),)

    # -- inside -------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Take over what the arguments bring along, and attach what follows the log."""
        chosen = self._arguments
        if self.memory_blocks:
            in_system = chosen.insert_method is InsertMethod.SYSTEM
            blocks = StockBlocks(
                self.memory_blocks, chosen.memory_blocks_template, self.session_id, in_system=in_system
            )
            blocks.start_at(max((one.last for one in self.session.view().summaries), default=0))
            self._stock = blocks
        self._extend(loading.from_table(chosen, self.session_id))
        if chosen.chat_store is not None:
            key = chosen.chat_store_key or (self.session_id if chosen.session_id else DEFAULT_CHAT_STORE_KEY)
            self._mirror = Mirror(chosen.chat_store, key)
            self._extend(self._mirror.messages())
        if chosen.chat_history and not history.goes_on(self.session, chosen.chat_history):
            self.set(chosen.chat_history)

    def _steps(self, given: Any, initial: int, extra: Extra) -> view.Steps:
        ask = view.asked(
            given, initial, self.token_limit, waiting=self._waiting, within=self.within, profile=self.profile
        )
        return view.showing(ask, self.token_limit, self.tally, self.own_counter, self._pending, extra)

    async def _deliver(self) -> None:
        if self._stock is not None:
            await self._stock.follow(self.session.as_async())

    def _noted(self, messages: Sequence[ChatMessage], stored: Sequence[Message] = ()) -> None:
        self._waiting = bool(messages) and messages[-1].role is MessageRole.USER
        self._pending.drop()
        fits = self.token_limit // 2
        self._pending.keep(stored, messages if stored else (), lambda chat: self.tally.message(chat) <= fits)

    def _replace(self, messages: Sequence[ChatMessage]) -> None:
        with self._lock:
            history.replace(self.session, messages)
        self._noted(messages)

    def _extend(self, messages: Sequence[ChatMessage]) -> None:
        """Add what *messages* have beyond the log; a log that says something else stays as it is."""
        with self._lock:
            if history.extend(self.session, messages):
                self._noted(messages)
