"""TieredMemoryBlock: the archive as a memory block, for users who stay with LlamaIndex's own `Memory`.

Rule 1: what `Memory` flushes is kept exactly, once, in the session that the call names; the caller's messages are
  never written into.
Rule 2: two sessions on one block never see each other: nothing of a call is kept for the next one.
Rule 3: what answers the newest user message is shown, within `max_tokens`; nothing relevant is [].
Rule 4: it is shown as a message on the user's side before the history, wherever `Memory` puts texts of blocks: by
  default it writes those into the system message.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from os import PathLike
from typing import Any, Unpack

from llama_index.core.base.llms.types import ChatMessage, MessageRole, TextBlock
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.memory.memory import BaseMemoryBlock

from llamaindex_tiered_memory.blocks import InsertedTextBlock
from llamaindex_tiered_memory.convert import to_message
from llamaindex_tiered_memory.counting import Tally, names_encoding, tokenizer_for, with_counter
from llamaindex_tiered_memory.events import attach
from llamaindex_tiered_memory.memory import serialisation
from llamaindex_tiered_memory.memory.closing import Closing, hold
from tiermem import AsyncSession, Memory, Message, Session
from tiermem.agents.fitting import fitted
from tiermem.agents.view import NOTED
from tiermem.arguments import refused_profile_of, refused_within
from tiermem.errors import UnknownReference
from tiermem.memory import Zone, check_opening, for_user
from tiermem.providers.clock import zone_of
from tiermem.records import Within
from tiermem.runtime.options import OpenOptions, parted
from tiermem.settings import scope_of, whole

SESSION_KEY = "session_id"  # what `BaseMemoryBlock.aput` writes into `additional_kwargs`
AGAIN = 64  # messages: a few flushes of LlamaIndex's default size
REMEMBERED = 4_096  # messages of a session of which it is known when they came last; of others it is asked
SHOWN = 64  # texts for which it is known what was asked, so that a shorter one can be made of the same question
TRIES = 4  # each asks for less room, by what was too much
SESSIONS = 1_000  # of which it is known what came last; of others it is read again
_ID = re.compile(r"flushed-([0-9a-f]{32})-(\d+)-\d+")
SLACK = 1.1  # `Memory` may count with another tokenizer than ours; what is left too long is dropped whole


class _Delivered:
    """What was delivered to one session lately, so that the same message has the same id each time it comes.

    `Memory` hands out bare messages, and under concurrent puts one of them many times, in batches that begin and end
    anywhere. So a text that comes again within `AGAIN` messages is a second delivery; but one batch holds no row twice,
    so what it repeats was said again, and so was what comes again later. What came last is read from the session,
    which another process may have written; of what came before, the session is asked which times it has.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last: OrderedDict[str, tuple[int, int]] = OrderedDict()  # digest: which time it was said, place
        self._place = 0
        count = session.stats().messages
        for number in range(max(1, count - AGAIN + 1), count + 1):
            self._note(session.expand(f"m{number}").messages[0])  # what was forgotten was delivered all the same
        self._read = count

    def _look_again(self) -> None:
        for message in self._session.messages(self._read + 1):
            self._note(message)
            self._read = message.sequence

    def _note(self, message: Message) -> None:
        match = _ID.fullmatch(message.id)
        if match and (match[1] not in self._last or self._last[match[1]][0] < int(match[2])):
            self._place += match[1] not in self._last
            self._last[match[1]] = int(match[2]), self._place

    def identified(self, made: Sequence[Message]) -> list[Message]:
        """*made* with their ids."""
        within: dict[str, int] = {}
        named = []
        for message in made:
            digest = message.sha256.hex()[:32]
            time = self._time(digest) if digest not in within else self._last[digest][0]
            within[digest] = within.get(digest, 0) + 1
            named.append(dataclasses.replace(message, id=f"flushed-{digest}-{time}-{within[digest]}"))
        return named

    def _time(self, digest: str) -> int:
        known = self._last.pop(digest, None)
        if known is None:
            free = self._unused(digest)
            self._look_again()  # another block, or process, may have been given it a moment before
            known = self._last.pop(digest, None) or (free, 0)
            self._place += not known[1]
            known = known[0], known[1] or self._place
        elif self._place - known[1] > AGAIN:
            self._place += 1  # what comes again does not make the last time longer ago
            known = known[0] + 1, self._place
        self._last[digest] = known
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return known[0]

    def _unused(self, digest: str) -> int:
        """The first time that no message of the session has; there is none before it."""
        upto = 1
        while self._kept(digest, upto - 1):
            upto *= 2
        return bisect_left(range(upto), True, key=lambda time: not self._kept(digest, time))

    def _kept(self, digest: str, time: int) -> bool:
        try:
            self._session.expand(f"flushed-{digest}-{time}-1")
        except UnknownReference:
            return False
        return True


class BlockOptions(OpenOptions, total=False):
    """Keyword arguments of `TieredMemoryBlock` beside those that name the memory and its tokenizer."""

    name: str
    description: str | None
    priority: int
    accept_short_term_memory: bool
    max_tokens: int
    session_id: str
    namespace: str | tuple[str, str]
    within: Within
    profile: int


class TieredMemoryBlock(Closing, BaseMemoryBlock[list[ChatMessage]]):
    """Keeps what `Memory` flushes, for good, and gives back what answers the newest user message::

        Memory.from_defaults(session_id="ann-1", memory_blocks=[TieredMemoryBlock("notes.db")])

    One block may serve any number of sessions, tasks and threads.

    Args:
        path: a file, ":memory:" or a database URL; by default a file in the user's data directory.
        memory: an open `tiermem.Memory` instead.
        namespace: whose conversations these are: a user, or (tenant, user).
        session_id: the session of calls that name none.
        max_tokens: tokens of what is shown.
        within: where it is from; by default "notes", the session and what `remember` noted of the user; "user", all
            sessions of the user that *namespace* names, or "everything" with their documents.
        profile: of these tokens at most so many for what is known of the user that *namespace* names, in front, also
            where nothing is asked; 0 leaves it out.
        tokenizer_fn: the tokenizer of the `Memory` around it; by default LlamaIndex's own, as there.
        name, description, priority, accept_short_term_memory: as of every memory block; the priority is 1, so that
            `Memory` may ask for a shorter text.
        options: keyword arguments of `tiermem.Memory.open`: embedder, settings by name, and the others.

    Raises:
        InvalidSettings: also a ValueError; an argument is not known, or makes no sense.
        MissingNamespace: *within* is "user", or a *profile* is wanted, and no namespace names one.
    """

    name: str = Field(default="tiered_memory", description="The name of the memory block.")
    priority: int = Field(default=1, description="0 is never shortened.")
    max_tokens: int = Field(default=2_000, description="Tokens of what is shown.")
    session_id: str = Field(default="default", description="The session of calls that name none.")
    namespace: str | tuple[str, str] = Field(default="default", description="Whose conversations these are.")

    within: Within = Field(default=NOTED, description="Where what is shown is from: the session and notes.")

    profile: int = Field(default=0, description="Tokens of what is known of the user.")

    _memory: Memory = PrivateAttr()
    _tally: Tally = PrivateAttr()
    _zone: Zone = PrivateAttr(default=None)
    _delivered: OrderedDict[str, _Delivered] = PrivateAttr(default_factory=OrderedDict)
    _asked: OrderedDict[str, tuple[str, str]] = PrivateAttr(default_factory=OrderedDict)
    _lock: Any = PrivateAttr(default_factory=threading.Lock)
    _asking: Any = PrivateAttr(default_factory=threading.Lock)

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        memory: Memory | None = None,
        tokenizer_fn: Callable[[str], Any] | None = None,
        **arguments: Unpack[BlockOptions],
    ) -> None:
        options, own = parted(arguments, type(self).model_fields)
        whole(own.get("max_tokens", 1), "max_tokens", 1)
        scope_of(own.get("session_id", "-"), own.get("namespace", "default"))
        refused_within(own.get("within", NOTED), own.get("namespace", "default"))
        refused_profile_of(own.get("profile", 0), own.get("namespace", "default"))
        if tokenizer_fn is not None:
            options["counter"] = tokenizer_fn
        options, zone = for_user(options)
        check_opening(path, memory, options)
        zone_of(zone)
        super().__init__(**own)
        # Nothing is ever shown of the window of an archive, so it need not be managed.
        options = with_counter({"enable_context_management": False, **options})
        self._memory = memory or Memory.shared(None if path is None else str(path), **options)
        tokenizer = tokenizer_for(self._memory, encoding_named=names_encoding(options))
        self._tally, self._zone = Tally(tokenizer), zone
        attach(self._memory)
        if memory is None:
            hold(self._memory, self)

    @property
    def memory(self) -> Memory:
        """The open memory, whose sessions have what was flushed: search, expand, verify and the other verbs."""
        return self._memory

    async def aput(
        self, messages: list[ChatMessage], from_short_term_memory: bool = False, session_id: str | None = None
    ) -> None:
        """Keep *messages*; durable when it returns. Delivering them again adds nothing.

        A ChatMessage has no id, so one is made of its content: what is said a second time in the same delivery, or
        more than 64 messages later, is kept a second time.
        """
        if not from_short_term_memory or self.accept_short_term_memory:
            await self._keep(messages, session_id or self._named(messages))

    async def atruncate(self, content: list[ChatMessage], tokens_to_truncate: int) -> list[ChatMessage] | None:
        """*content*, at least *tokens_to_truncate* tokens shorter: what answers best in what is left; None: nothing."""
        text, count = "\n".join(message.content or "" for message in content or ()), self._tally.text
        room = count(text) - int(tokens_to_truncate * SLACK) - 1
        asked = self._asked.get(text)
        return (await self._shown(*asked, room)) or None if asked and room > 0 else None

    async def _aget(self, messages: list[ChatMessage] | None = None, **block_kwargs: Any) -> list[ChatMessage]:
        question = next((text for message in reversed(messages or ()) if (text := _question(message))), "")
        if not question and not self.profile:
            return []
        return await self._shown(block_kwargs.get(SESSION_KEY) or self.session_id, question, self.max_tokens)

    async def _aput(self, messages: list[ChatMessage]) -> None:
        await self._keep(messages, self._named(messages))

    def _session(self, session_id: str) -> AsyncSession:
        self.refuse_closed()
        return self._memory.session(session_id, self.namespace, self._zone).as_async()

    def _named(self, messages: Sequence[ChatMessage]) -> str:
        """The session that LlamaIndex wrote into the messages, or the block's own."""
        named = messages[0].additional_kwargs.get(SESSION_KEY) if messages else None
        return named if isinstance(named, str) and named else self.session_id

    async def _shown(self, session_id: str, question: str, budget: int) -> list[ChatMessage]:
        known = await self._within(min(self.profile, budget), self._known) if self.profile else ""
        left = budget - self._tally.text(f"{known}\n") if known else budget
        asked = partial(self._recalled, session_id, question)
        recalled = await self._within(left, asked) if question and left > 0 else ""
        shown = ChatMessage(
            role=MessageRole.USER, blocks=[InsertedTextBlock(text=text) for text in (known, recalled) if text]
        )
        with self._asking:
            self._asked[shown.content or ""] = (session_id, question)
            while len(self._asked) > SHOWN:
                self._asked.popitem(last=False)
        return [shown] if shown.blocks else []

    async def _known(self, budget: int) -> str:
        """What is known of the user."""
        self.refuse_closed()
        return await self._memory.profile(self.namespace, self._zone).as_async().text(budget)

    async def _recalled(self, session_id: str, question: str, budget: int) -> str:
        """The block that answers *question*."""
        return (await self._session(session_id).recall(question, budget, within=self.within)).text

    async def _within(self, budget: int, ask: Callable[[int], Awaitable[str]]) -> str:
        """What *ask* gives within *budget* by our tokenizer; the core may have another."""
        room = budget
        for _ in range(TRIES):
            text = await ask(room)
            size = self._tally.text(text)
            if size <= budget:
                return text
            room = min(room - max(1, room // 8), room * budget // size)  # a passage goes at a time, not a token
            if room <= 0:
                break
        return ""

    async def _keep(self, messages: Sequence[ChatMessage], session_id: str) -> None:
        self.refuse_closed()
        limit = self._memory.settings.max_message_bytes
        made = [fitted(to_message(_without(message, session_id), id="?"), limit) for message in messages]
        await asyncio.to_thread(self._add, made, session_id)

    def _add(self, made: Sequence[Message], session_id: str) -> None:
        with self._lock:  # `Memory` delivers one message from many tasks at once
            session = self._memory.session(session_id, self.namespace, self._zone)
            delivered = self._delivered.pop(session_id, None) or _Delivered(session)
            self._delivered[session_id] = delivered
            while len(self._delivered) > SESSIONS:
                self._delivered.popitem(last=False)
            session.add(delivered.identified(made))

    # A copy would be a second block on the same conversations, with nothing of its own.
    def __copy__(self) -> TieredMemoryBlock:
        return self

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> TieredMemoryBlock:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {name: getattr(self, name) for name in type(self).model_fields} | {"timezone": self._zone}
        return _again, (type(self), fields, *serialisation.opened(self._memory))


def _again(
    kind: type[TieredMemoryBlock], fields: dict[str, Any], place: dict[str, Any], settings: dict[str, Any]
) -> TieredMemoryBlock:
    """The block on the same database; on the same memory, where this process has it."""
    memory = serialisation.in_ram(place)
    return kind(memory=memory, **fields) if memory is not None else kind(place["path"], **settings, **fields)


def _without(chat: ChatMessage, session_id: str) -> ChatMessage:
    """*chat* without the session that LlamaIndex wrote into it."""
    kwargs = chat.additional_kwargs
    if kwargs.get(SESSION_KEY) != session_id:
        return chat
    return chat.model_copy(update={"additional_kwargs": {k: v for k, v in kwargs.items() if k != SESSION_KEY}})


def _question(chat: ChatMessage) -> str:
    if chat.role is not MessageRole.USER:
        return ""
    return "\n".join(block.text for block in chat.blocks if isinstance(block, TextBlock))
