"""The faces of a database: `Memory`, and `AsyncMemory`, the same verbs with `await`. One line a verb."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any, Self, TypeAlias, Unpack

from tiermem.arguments import managing, names, patience
from tiermem.conversations.verbs import AsyncUserTalk, UserTalk
from tiermem.erasure import erasing, proving
from tiermem.erasure.receipt import Receipt
from tiermem.erasure.verbs import AsyncRetaining, Retaining
from tiermem.errors import InvalidSettings
from tiermem.flows.indexing import reembed as reembedding
from tiermem.flows.reading.documents import collection
from tiermem.flows.writing import upkeep
from tiermem.graph.verbs import AsyncNaming, Naming
from tiermem.items.items import AsyncItems, Items
from tiermem.knowledge.knowledge import AsyncKnowledge, Knowledge
from tiermem.life.life import AsyncLife, Life
from tiermem.media.media import AsyncHoldingMedia, HoldingMedia
from tiermem.notes.notes import AsyncNotes, Notes
from tiermem.portability.verbs import AsyncMoving, Moving
from tiermem.profiles.profile import AsyncProfile, Profile
from tiermem.providers.clock import zone_of
from tiermem.reports.state import Report, Verification
from tiermem.runtime.opening import Opened, check_path, default_path, wired
from tiermem.runtime.options import OpenOptions, check
from tiermem.session import AsyncSession, Session
from tiermem.settings import Scope, Settings, scope_of
from tiermem.storage.database import MEMORY
from tiermem.validity.facts import AsyncFacts, Facts
from tiermem.verification import database as proof

Namespace: TypeAlias = str | tuple[str, str]
Zone: TypeAlias = str | tzinfo | None


class Memory(Opened, UserTalk, Moving, Retaining, HoldingMedia, Naming):
    """Conversations in one database. Safe to share between threads, event loops and (by file) processes."""

    @classmethod
    def open(cls, path: str | Path | None = None, **options: Unpack[OpenOptions]) -> Memory:
        """Open a memory, making its database when there is none.

        Args:
            path: a file, ":memory:", or a database URL ("postgresql://…"); None is the user's data directory.
            settings: all settings at once; single ones may be given by name as well, and then count.
            counter: tokens of a text, as an int or something with a length; tiktoken's o200k by default.
            summarizer: takes messages, returns a StructuredSummary or its fields, at least one of `user_goal`,
                `key_decisions`, `modified_files`, `critical_context`, `last_step`; sync or async. Lines that name a
                figure or a file which no message names are left out; where most do, the rules write the summary.
            extractor: takes messages, returns the facts that users state in them, a list of objects with `attribute`,
                `value` and `message`, its number, and maybe `subject`, `status` and `several`; sync or async. It is
                asked in the background, about `extract_batch` messages at once. What the message does not bear out is
                refused and counted; see `facts`.
            compactor: takes a message, returns what to show instead; None leaves it to the default. Like `keep` and
                `store_summary` it is called in a thread of its own, for at most `callback_timeout` seconds.
            store_summary: is given each summary before it takes effect, to keep it elsewhere too; the text it
                returns is shown in the window, None leaves the default.
            keep: says which messages of a summarised span stay in view; or a `tiermem.life.Placement`.
            describe: takes an `UndescribedMedium` (a picture, a sound, a file), returns what it shows, in words to find
                it by, or ""; sync or async. It is asked in the background, once a medium.
            redactor: takes a text, returns it without what must not be stored, as `tiermem.redaction.Redactor` does; it
                is asked for every text on its way in. Where it fails, nothing is stored.
            embedder: of LangChain, LlamaIndex, or a function of texts; by default none, words and spelling do.
            vector_store: a vector database of yours that names candidates: `ArchiveVectors` of either adapter, or a
                `tiermem.index.outside.store.VectorStore`. It is given vectors by ids and digests, never words.
            vector_index: who compares vectors: "ram", or pgvector in a PostgreSQL database: "pgvector-exact" all of
                them, "pgvector-hnsw" where there are many those that an index names. See docs/howto/embedders.
            synonyms: your own words that stand for each other, as lists, or a mapping of a word to its others.
            clock: the time now, aware.
            timezone: whose days and hours are meant by dates, asked or quoted: an IANA name like "Asia/Shanghai", or
                a tzinfo. `session` takes another one for a user elsewhere. None: each message's own clock, which is
                UTC unless `clock` or `created_at` say another one, and is marked as UTC where it is quoted.
            read_only: make and write nothing, as where a file may not be written; what would, raises StorageReadOnly.
            sleep_after: seconds that a user must have been silent before what they said sleeps in the background, as
                by `life(…).sleep()`, looked at twice a minute; None: only where you call that.

        Raises:
            InvalidSettings, StorageError: it cannot be opened like this; nothing was changed.
        """
        return cls(*wired(path, options))

    @classmethod
    def shared(cls, path: str | Path | None = None, **options: Unpack[OpenOptions]) -> Memory:
        """`open`, or the memory this process already opened with the same path and options and still uses."""
        return shared(path, options)

    def session(self, session_id: str, namespace: Namespace = "default", timezone: Zone = None) -> Session:
        """One conversation; made when something is first added. *namespace* is a user, or (tenant, user).

        *timezone* is the user's, an IANA name or a tzinfo; by default that of the memory. It is not stored: name it
        each time.

        Raises:
            InvalidNamespace, MissingNamespace: these name nobody.
            InvalidSettings: there is no such zone.
        """
        return Session(self, scope_of(session_id, namespace), self._core.within(zone_of(timezone)))

    def knowledge(self, namespace: Namespace = "default", timezone: Zone = None) -> Knowledge:
        """The documents of a user, or of (tenant, user), beside all conversations; *timezone* as of `session`."""
        return Knowledge(self, collection(scope_of("-", namespace)), self._core.within(zone_of(timezone)))

    def items(self, namespace: Namespace = "default", index: Mapping[str, Any] | None = None) -> Items:
        """The JSON objects of a user, by path and key; *index* names an embedder for queries, see `Items`."""
        return Items(self, scope_of("-", namespace), index)

    def facts(self, namespace: Namespace, timezone: Zone = None) -> Facts:
        """What is known of a user, or of (tenant, user), over all conversations; *timezone* as of `session`.

        Raises:
            MissingNamespace: it names nobody, or everybody who names none.
        """
        return Facts(self, scope_of("-", namespace), self._core.within(zone_of(timezone)))

    def profile(self, namespace: Namespace, timezone: Zone = None) -> Profile:
        """What is known of a user, or of (tenant, user), in short; *timezone* as of `session`.

        Raises:
            MissingNamespace: it names nobody, or everybody who names none.
        """
        return Profile(self, scope_of("-", namespace), self._core.within(zone_of(timezone)))

    def notes(self, namespace: Namespace = "default", timezone: Zone = None) -> Notes:
        """What an application or an agent keeps for a user, or for (tenant, user), in four kinds."""
        return Notes(self, scope_of("-", namespace), self._core.within(zone_of(timezone)))

    def life(self, namespace: Namespace = "default", timezone: Zone = None) -> Life:
        """How what a user, or (tenant, user), said lives: levels, uses, what fades, sleep."""
        return Life(self, scope_of("-", namespace), self._core.within(zone_of(timezone)))

    def erase(
        self,
        namespace: Namespace,
        *,
        reason: str = "",
        dry_run: bool = False,
        vacuum: bool = False,
        overrule: bool = False,
    ) -> Receipt:
        """Remove for good all that there is of a user, or of (tenant, user): conversations, documents, items, and all
        that was derived of them. Nothing of it is found from the first moment on; it cannot be undone.

        Args:
            reason: kept with the tombstone, so without personal data.
            dry_run: only count.
            vacuum: write the database's files anew, without any byte of it. A SQLite file needs that only to become
                smaller; a server keeps dead rows until then, and nobody can use its tables meanwhile.
            overrule: erase also what must be kept longer by `retain`, as where the law gives a person the right to it.

        Returns the receipt, which `verify_erased` checks, at any time, here or on a backup.

        Raises:
            KeptByRule: something of it must be kept longer; nothing was erased.
            StorageBusy: with *vacuum*, somebody else is at work in the file; all is removed nevertheless.
            StorageError: nothing was removed, or the rest will be when the database is next opened: nobody finds it.
        """
        user = scope_of("-", namespace)
        return self.drive(erasing.of_user(self._core, user, reason, dry_run, vacuum, overrule))

    def verify_erased(self, receipt: Receipt | str) -> Verification:
        """Whether what *receipt* (or its JSON) names is gone from this database, be it the one, a copy or another.

        Raises:
            InvalidMessage: it is no receipt.
        """
        return self.drive(proving.verify(receipt))

    def manage_context(self, session_id: str, namespace: Namespace = "default") -> Report:
        """Look at the thresholds of a session now.

        Raises:
            UnknownReference: nothing was ever added to it; the nearest name of the user's sessions is named.
        """
        return self.drive(managing(self._core, scope_of(session_id, namespace)))

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until the background of this process has nothing to do, at most *timeout* seconds; False where it has.

        See `Session.settle`, which also has done what another process left undone.
        """
        return self.drive(upkeep.settle_all(self._core, patience(timeout)))

    def sessions(self, namespace: Namespace = "default") -> list[str]:
        """The ids of a user's sessions, oldest first."""
        return self.drive(names(scope_of("-", namespace)))

    def verify(self) -> dict[Scope, Verification]:
        """Derive everything again: sessions, documents, items; what is wrong elsewhere has the kind "database"."""
        return self.drive(proof.verify())

    def reembed(
        self, namespace: Namespace | None = None, on_progress: Callable[[int, int], object] | None = None
    ) -> int:
        """Embed every message (of a user, or of all) with the embedder in use, and drop others' vectors at the end;
        without an embedder, all. Items have embedders of their own, and `Items.reembed`.
        Safe to stop: called again, it goes on where it was. *on_progress* is given (messages embedded, all messages).
        Returns how many messages were embedded; raises what the embedder raises.
        """
        return self.drive(reembedding.reembed(self._core, namespace, on_progress))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncMemory(Opened, AsyncUserTalk, AsyncMoving, AsyncRetaining, AsyncHoldingMedia, AsyncNaming):
    """`Memory` with `await`."""

    _kept: Memory | None = None

    @classmethod
    async def open(cls, path: str | Path | None = None, **options: Unpack[OpenOptions]) -> AsyncMemory:
        """`Memory.open`, off the event loop."""
        opened = await asyncio.to_thread(Memory.open, path, **options)
        return cls(*opened.wiring)

    @classmethod
    async def shared(cls, path: str | Path | None = None, **options: Unpack[OpenOptions]) -> AsyncMemory:
        """`Memory.shared`, off the event loop; the same database as that of a `Memory` that is shared."""
        opened = await asyncio.to_thread(shared, path, options)
        made = cls(*opened.wiring)
        made._kept = opened  # others find it as long as somebody has it
        return made

    def session(self, session_id: str, namespace: Namespace = "default", timezone: Zone = None) -> AsyncSession:
        """One conversation; no I/O. See `Memory.session`."""
        return Memory(self._core, self._performer).session(session_id, namespace, timezone).as_async()

    def knowledge(self, namespace: Namespace = "default", timezone: Zone = None) -> AsyncKnowledge:
        """The documents of a user; no I/O. See `Memory.knowledge`."""
        return Memory(self._core, self._performer).knowledge(namespace, timezone).as_async()

    def items(self, namespace: Namespace = "default", index: Mapping[str, Any] | None = None) -> AsyncItems:
        """The JSON objects of a user, by path and key; no I/O. See `Memory.items`."""
        return AsyncItems(self, scope_of("-", namespace), index)

    def facts(self, namespace: Namespace, timezone: Zone = None) -> AsyncFacts:
        """What is known of a user; no I/O. See `Memory.facts`."""
        return Memory(self._core, self._performer).facts(namespace, timezone).as_async()

    def profile(self, namespace: Namespace, timezone: Zone = None) -> AsyncProfile:
        """What is known of a user in short; no I/O. See `Memory.profile`."""
        return Memory(self._core, self._performer).profile(namespace, timezone).as_async()

    def notes(self, namespace: Namespace = "default", timezone: Zone = None) -> AsyncNotes:
        """What is kept for a user in four kinds; no I/O. See `Memory.notes`."""
        return Memory(self._core, self._performer).notes(namespace, timezone).as_async()

    def life(self, namespace: Namespace = "default", timezone: Zone = None) -> AsyncLife:
        """How what a user said lives; no I/O. See `Memory.life`."""
        return Memory(self._core, self._performer).life(namespace, timezone).as_async()

    async def erase(
        self,
        namespace: Namespace,
        *,
        reason: str = "",
        dry_run: bool = False,
        vacuum: bool = False,
        overrule: bool = False,
    ) -> Receipt:
        """See `Memory.erase`."""
        user = scope_of("-", namespace)
        return await self.drive_async(erasing.of_user(self._core, user, reason, dry_run, vacuum, overrule))

    async def verify_erased(self, receipt: Receipt | str) -> Verification:
        """See `Memory.verify_erased`."""
        return await self.drive_async(proving.verify(receipt))

    async def manage_context(self, session_id: str, namespace: Namespace = "default") -> Report:
        """See `Memory.manage_context`."""
        return await self.drive_async(managing(self._core, scope_of(session_id, namespace)))

    async def settle(self, timeout: float | None = None) -> bool:
        """See `Memory.settle`."""
        return await self.drive_async(upkeep.settle_all(self._core, patience(timeout)))

    async def sessions(self, namespace: Namespace = "default") -> list[str]:
        """The ids of a user's sessions, oldest first."""
        return await self.drive_async(names(scope_of("-", namespace)))

    async def verify(self) -> dict[Scope, Verification]:
        """See `Memory.verify`."""
        return await self.drive_async(proof.verify())

    async def reembed(
        self, namespace: Namespace | None = None, on_progress: Callable[[int, int], object] | None = None
    ) -> int:
        """See `Memory.reembed`."""
        return await self.drive_async(reembedding.reembed(self._core, namespace, on_progress))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._performer.finish()
        self.close()


_open_memories: weakref.WeakValueDictionary[Any, Memory] = weakref.WeakValueDictionary()
_opening = threading.Lock()


def shared(path: str | Path | None, options: OpenOptions) -> Memory:
    """The open memory of this process for that path and those options, or a new one."""
    target = default_path() if path is None else str(path)
    if target == MEMORY:
        return Memory.open(MEMORY, **options)
    where = target if "://" in target else str(Path(target).absolute())
    key = (where, tuple(sorted((name, _key(value)) for name, value in options.items())))
    with _opening:
        memory = _open_memories.get(key)
        if memory is None or memory.closed:
            memory = _open_memories[key] = Memory.open(target, **options)
        return memory


def check_opening(path: Any, memory: Any, options: OpenOptions) -> None:
    """What a class checks that is given an open *memory*, or else a *path* and *options* to open one by, maybe later.

    Raises:
        InvalidSettings: one of them makes no sense, or two contradict each other.
    """
    if memory is not None and not isinstance(memory, Memory):
        raise InvalidSettings(f"memory= takes an open tiermem.Memory, not {type(memory).__name__}")
    if memory is not None and (path is not None or options):
        named = ", ".join(sorted([*options, *(["path"] if path is not None else [])]))
        raise InvalidSettings(f"memory= is open already: {named} belong to Memory.open")
    check_path(path)
    check(options)


def for_user(options: OpenOptions) -> tuple[OpenOptions, Zone]:
    """*options* without the zone, and the zone: with `shared` memories it is each user's, and one serves them all."""
    others = OpenOptions(**options)
    return others, others.pop("timezone", None)


def _key(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, Settings, type(None))) else id(value)
