"""LangGraph's long-term store in the archive's database: durable, searched by meaning or by words, one user walled off
from the next.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from threading import Lock
from types import TracebackType
from typing import Any, Self, Unpack, cast

from langgraph.store.base import (
    BaseStore,
    GetOp,
    IndexConfig,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
    ensure_embeddings,
)

from langchain_tiered_memory.memories import open_memory
from langchain_tiered_memory.store.ttl_sweeper import Sweeper
from tiermem import Memory
from tiermem.errors import InvalidSettings
from tiermem.items.items import Get, Items, Operation, Paths, Put, Search
from tiermem.items.items import Item as Stored
from tiermem.memory import check_opening
from tiermem.runtime.options import OpenOptions
from tiermem.settings import scope_of

TTL_NAMES = frozenset(TTLConfig.__annotations__)


class TieredMemoryStore(BaseStore):
    """Long-term memory of agents and graphs that survives the process, in the database that keeps the conversations::

        store = TieredMemoryStore("chat.db", index={"dims": 1536, "embed": "openai:text-embedding-3-small"})
        agent = create_agent(model, tools, store=store)

    A batch is one transaction, durable when it returns: its reads see what was there before, of several puts of one
    key the last one counts, and `created_at` stays on an update. Values are JSON, and always copies.

    Search: with *index* by exact cosine, an item's best text counting, and items without a vector come last, with no
    score. Without it a query is not ignored, as by LangGraph's own stores, but ranks by words (English and Chinese,
    0 to 1); items that share none come last, with no score, so that nothing is missing that would have been there.
    Without a query the oldest come first. A filter may name "a.b" for b inside a, and a missing field is no error.

    Expired items are never returned, whatever ``omit_expired`` says. Each write removes some; `sweep_ttl` removes all,
    and `start_ttl_sweeper` calls it from time to time.

    Args:
        path: a file, a database URL, ":memory:", or None for a file in the user's data directory.
        memory: an open `tiermem.Memory`, instead of *path* and the settings.
        namespace: the user, or (tenant, user), whose items these are; others' are never seen. LangGraph's namespaces
            are paths inside it.
        index: LangGraph's `IndexConfig`: ``embed`` is a LangChain embedding, a function of texts (sync or async), or
            "provider:model"; ``dims``; ``fields``. An item has vectors from its next put on; after a change of
            embedder, also under its old name, old items are ranked by nothing until `reembed`.
        ttl: LangGraph's `TTLConfig`, in minutes.
        options: what `tiermem.Memory.open` takes.

    Raises:
        InvalidSettings: an argument contradicts another one, or is no setting. A database is opened at first use.
    """

    supports_ttl = True

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        memory: Memory | None = None,
        namespace: str | tuple[str, str] = "default",
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        **options: Unpack[OpenOptions],
    ) -> None:
        check_opening(path, memory, options)
        _check_configured(index, ttl)
        scope_of("-", namespace)
        self.namespace = namespace
        self.ttl_config = cast("TTLConfig", dict(ttl)) if ttl is not None else None
        self.index_config = cast("IndexConfig", dict(index)) if index else None
        self.embeddings = ensure_embeddings(index.get("embed")) if index else None
        self._opened_with = None if memory is not None else (path, options)
        self._memory = memory
        self._items: Items | None = None
        self._opening = Lock()
        self._sweeper: Sweeper | None = None

    @property
    def memory(self) -> Memory:
        """The open memory behind this store; opened when it is first used."""
        with self._opening:
            if self._memory is None:
                path, options = self._opened_with or (None, OpenOptions())
                self._memory = open_memory(path, options)
            return self._memory

    @property
    def items(self) -> Items:
        """The core's own face of the same items."""
        if self._items is None:
            self._items = self.memory.items(self.namespace, self._core_index())
        return self._items

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """All *ops* in one transaction; what each gives, in order.

        Raises:
            InvalidNamespaceError: a label that `put` and `get` refuse too: empty, no string, or with a period.
            InvalidMessage, InvalidNamespace: a value is no JSON, or an argument none of its kind (both ValueError).
            EmbeddingMismatch, StorageError, or what the embedder raises. Nothing of the batch was kept.
        """
        given = list(ops)
        return [_given_back(op, answer) for op, answer in zip(given, self.items.batch(map(_asked, given)), strict=True)]

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """`batch` without blocking the event loop; an async embedder is awaited on it."""
        given = list(ops)
        wanted = [_asked(op) for op in given]
        if self._items is None:
            await asyncio.to_thread(lambda: self.items)
        return [
            _given_back(op, answer) for op, answer in zip(given, await self.items.as_async().batch(wanted), strict=True)
        ]

    # --- after a change of embedder

    def reembed(self, on_progress: Callable[[int], object] | None = None) -> int:
        """Embed anew the items whose vectors another model made, and say how many. See `Items.reembed`."""
        return self.items.reembed(on_progress)

    async def areembed(self, on_progress: Callable[[int], object] | None = None) -> int:
        """`reembed` without blocking the event loop."""
        items = await asyncio.to_thread(lambda: self.items)
        return await items.as_async().reembed(on_progress)

    # --- what has expired

    def sweep_ttl(self) -> int:
        """Remove what has expired, and say how many items."""
        return self.items.sweep()

    async def asweep_ttl(self) -> int:
        """`sweep_ttl` without blocking the event loop."""
        return await asyncio.to_thread(self.sweep_ttl)

    def start_ttl_sweeper(self, sweep_interval_minutes: float | None = None) -> Future[None]:
        """Call `sweep_ttl` every *sweep_interval_minutes* (of the configuration, or 5) in a thread of its own.

        Returns a future that is done when the sweeper has stopped. One that runs already goes on.
        """
        configured = (self.ttl_config or {}).get("sweep_interval_minutes")
        with self._opening:
            if self._sweeper is None:
                self._sweeper = Sweeper(self.sweep_ttl, sweep_interval_minutes or configured or 5)
            return self._sweeper.done

    def stop_ttl_sweeper(self, timeout: float | None = None) -> bool:
        """Stop the sweeper, if there is one; False when it has not ended after *timeout* seconds."""
        with self._opening:
            sweeper, self._sweeper = self._sweeper, None
        return sweeper is None or sweeper.stop(timeout)

    # --- as a value

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the sweeper. The database stays open for others of this process that use it, until `close_all`."""
        self.stop_ttl_sweeper()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See `__exit__`."""
        await asyncio.to_thread(self.stop_ttl_sweeper)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(namespace={self.namespace!r})"

    def __getstate__(self) -> dict[str, Any]:
        """The configuration; an object made of it opens the same items."""
        if self._opened_with is None:
            raise TypeError("a store with memory= cannot be pickled; name the database with path= instead")
        path, options = self._opened_with
        configured = {"namespace": self.namespace, "index": self.index_config, "ttl": self.ttl_config}
        return {"path": path, **configured, "options": options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        options = state.pop("options")
        self.__init__(**state, **options)  # type: ignore[misc]

    def __copy__(self) -> TieredMemoryStore:
        made = type(self)(memory=self.memory, namespace=self.namespace, index=self.index_config, ttl=self.ttl_config)
        vars(made)["_opened_with"] = self._opened_with  # so that it can be pickled as this one
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> TieredMemoryStore:
        """Another object for the same items: what is stored is not copied."""
        return self.__copy__()

    def _core_index(self) -> Mapping[str, Any] | None:
        """The core takes the caller's own embedder, whose name says which vectors may be compared."""
        if self.index_config is None:
            return None
        embed = self.index_config["embed"]
        return {**self.index_config, "embed": self.embeddings if isinstance(embed, str) else embed}


def _check_configured(index: Any, ttl: Any) -> None:
    """Refuses what is neither a configuration of LangGraph's nor None."""
    for name, given in (("index", index), ("ttl", ttl)):
        if not isinstance(given, (Mapping, type(None))):
            raise InvalidSettings(f"{name}= takes a mapping, not {type(given).__name__}")
    if unknown := sorted(set(ttl or ()) - TTL_NAMES):
        raise InvalidSettings(f"unknown names in ttl: {', '.join(unknown)}; there are {', '.join(sorted(TTL_NAMES))}")
    for name, minutes in (ttl or {}).items():
        number = isinstance(minutes, (int, float)) and not isinstance(minutes, bool)
        if name != "refresh_on_read" and minutes is not None and not (number and minutes > 0):
            raise InvalidSettings(f"ttl's {name} must be a number above 0, not {minutes!r}")


def _asked(op: Op) -> Operation:
    if isinstance(op, GetOp):
        return Get(_labels(op.namespace), str(op.key), bool(op.refresh_ttl))
    if isinstance(op, PutOp):
        return Put(_labels(op.namespace), str(op.key), op.value, op.index, op.ttl)
    if isinstance(op, SearchOp):
        return Search(_labels(op.namespace_prefix), op.query, op.filter, op.limit, op.offset, bool(op.refresh_ttl))
    if isinstance(op, ListNamespacesOp):
        conditions = op.match_conditions or ()
        return Paths(
            _patterns(conditions, "prefix"), _patterns(conditions, "suffix"), op.max_depth, op.limit, op.offset
        )
    raise ValueError(f"not an operation of a store: {type(op).__name__}")


def _patterns(conditions: Sequence[MatchCondition], kind: str) -> list[Sequence[str]]:
    if other := {condition.match_type for condition in conditions} - {"prefix", "suffix"}:
        raise ValueError(f"unknown match types: {', '.join(sorted(other))}")
    paths = (condition.path for condition in conditions if condition.match_type == kind)
    return [_labels((path,) if isinstance(path, str) else path) for path in paths]  # "public" is one label


def _labels(path: Sequence[str]) -> Sequence[str]:
    """*path* by the rule of `BaseStore.put` and the like, so that an item put by `batch` is one that they reach."""
    for label in path if isinstance(path, list | tuple) else ():  # what is neither is the core's to refuse
        if not isinstance(label, str) or not label or "." in label:
            raise InvalidNamespaceError(f"a namespace's labels are non-empty strings without a period: {path!r}")
    return path


def _given_back(op: Op, result: Any) -> Result:
    if isinstance(op, SearchOp):
        return [SearchItem(score=found.score, **_fields(found)) for found in result]
    if isinstance(result, Stored):
        return Item(**_fields(result))
    return cast("Result", result)


def _fields(item: Stored) -> dict[str, Any]:
    return {
        "namespace": item.path,
        "key": item.key,
        "value": item.value,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }
