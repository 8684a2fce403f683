"""Store items: JSON objects of a user under paths and keys, kept in the same database as what was said.

    notes = memory.items("anna")
    notes.put(("facts",), "tea", {"text": "Anna drinks green tea"})
    notes.search(("facts",), query="what does she drink")

`Items` and `AsyncItems` have the same verbs; `Get`, `Put`, `Search` and `Paths` are those of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tiermem.erasure.items import of_path
from tiermem.erasure.receipt import Receipt
from tiermem.items import flow
from tiermem.items.item import ANY, Fields, Get, Item, Operation, Path, Paths, Put, Search, checked_path, path_bytes
from tiermem.settings import Scope

if TYPE_CHECKING:
    from tiermem.items.embedder import VectorSpace
    from tiermem.runtime.opening import Opened

__all__ = ["ANY", "AsyncItems", "Fields", "Get", "Item", "Items", "Operation", "Path", "Paths", "Put", "Search"]


class _Batched:
    """What both faces hold."""

    def __init__(self, memory: Opened, scope: Scope, index: Mapping[str, Any] | VectorSpace | None = None) -> None:
        from tiermem.items.embedder import space_of

        self.memory = memory
        self.scope = replace(scope, kind="items")
        self._core = memory.wiring[0]
        self._space = space_of(index)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.scope.user!r}>"


class Items(_Batched):
    """A user's items. No other user's call reads or changes them.

    Args:
        memory, scope: given by `Memory.items`.
        index: {"embed": an embedder or function, sync or async, "dims": length of its vectors, "fields": paths of the
            texts, the whole value by default}. A query then ranks by cosine, -1 to 1; of several texts of an item the
            best one counts. Without it a query ranks by words, English and Chinese, 0 to 1.

    A put and a get cost the same beside any number of items. A query looks at every item under its path, and keeps in
    RAM what it compares, of the 32 paths asked last: for 10,000 items with 20 words each 40 MB and 1 ms (their first
    query reads them, which takes a second), with 384 dimensions 20 MB and 10 ms. A filter reads values, best first,
    until the page is full: 70 ms where none of 10,000 fits.

    Raises:
        InvalidSettings: *index* is no such thing.
    """

    def as_async(self) -> AsyncItems:
        """The same items with `await`."""
        return AsyncItems(self.memory, self.scope, self._space)

    def batch(self, operations: Iterable[Operation]) -> list[Any]:
        """All *operations* in one transaction; returns what each gives, in order.

        Reads see what was there before the batch; of several puts of one key the last one counts. A `Get` gives an
        item or None, a `Put` None, a `Search` a list of items, `Paths` a list of paths.

        Raises:
            OutcomeUnknown: the connection to the server was lost, and nobody can say whether the batch was kept.
            InvalidMessage, EmbeddingMismatch, StorageError, what the embedder raises: nothing was kept.
        """
        return self.memory.drive(flow.batch(self._core, self.scope, list(operations), self._space))

    def get(self, path: Sequence[str], key: str, *, refresh: bool = True) -> Item | None:
        """The item, or None. *refresh* starts its time to live again."""
        item: Item | None = self.batch([Get(path, key, refresh)])[0]
        return item

    def put(
        self,
        path: Sequence[str],
        key: str,
        value: Mapping[str, Any],
        *,
        fields: Fields = None,
        ttl: float | None = None,
    ) -> None:
        """Keep *value* in place of what was there; durable when it returns. See `Put`."""
        self.batch([Put(path, key, value, fields, ttl)])

    def delete(self, path: Sequence[str], key: str) -> None:
        """Remove the item, if there is one."""
        self.batch([Put(path, key, None)])

    def search(
        self,
        path: Sequence[str] = (),
        query: str | None = None,
        *,
        filter: Mapping[str, Any] | None = None,  # the word that every store uses
        limit: int = 10,
        offset: int = 0,
        refresh: bool = True,
    ) -> list[Item]:
        """Items at and under *path*, oldest first; with *query* the best answers first, then those it says nothing of.

        *filter* names fields and what they must be: a value, or {"$gt": 3} ($eq, $ne, $gt, $gte, $lt, $lte).
        """
        items: list[Item] = self.batch([Search(path, query, filter, limit, offset, refresh)])[0]
        return items

    def paths(self, start: Sequence[str] = (), *, depth: int | None = None) -> list[Path]:
        """All paths at and under *start* that hold items, sorted; cut after *depth* labels. See `Paths`."""
        paths: list[Path] = self.batch([Paths(starts=[start], depth=depth, limit=2**62)])[0]
        return paths

    def erase(
        self, path: Sequence[str] = (), *, reason: str = "", dry_run: bool = False, vacuum: bool = False
    ) -> Receipt:
        """Remove for good all items at and under *path*, with a receipt and without a byte left in the database's
        files; `delete` removes one of them, and its bytes when the file is next written. See `Memory.erase`."""
        return self.memory.drive(
            of_path(self._core, self.scope, path_bytes(checked_path(path)), reason, dry_run, vacuum)
        )

    def sweep(self) -> int:
        """Remove what has expired now, and say how many. Nothing else needs it: what has expired is never found, and
        each write removes some of it."""
        return self.memory.drive(flow.sweep(self._core, self.scope))

    def reembed(self, on_progress: Callable[[int], object] | None = None) -> int:
        """Embed anew the items whose vectors another model made, and say how many.

        After a change of embedder, also under its old name, a query ranks them by nothing, which an event tells
        ("degraded", mode "items").

        Safe to stop: called again, it goes on where it was. *on_progress* is given the items embedded so far. What
        never had a vector gets none.

        Raises:
            InvalidSettings: these items have no embedder.
            Exception: what the embedder raises.
        """
        from tiermem.items.reembed import reembed

        return self.memory.drive(reembed(self._core, self.scope, self._space, on_progress))


class AsyncItems(_Batched):
    """`Items` with `await`; an async embedder is awaited on the caller's own loop."""

    async def batch(self, operations: Iterable[Operation]) -> list[Any]:
        """See `Items.batch`."""
        return await self.memory.drive_async(flow.batch(self._core, self.scope, list(operations), self._space))

    async def get(self, path: Sequence[str], key: str, *, refresh: bool = True) -> Item | None:
        """See `Items.get`."""
        item: Item | None = (await self.batch([Get(path, key, refresh)]))[0]
        return item

    async def put(
        self,
        path: Sequence[str],
        key: str,
        value: Mapping[str, Any],
        *,
        fields: Fields = None,
        ttl: float | None = None,
    ) -> None:
        """See `Items.put`."""
        await self.batch([Put(path, key, value, fields, ttl)])

    async def delete(self, path: Sequence[str], key: str) -> None:
        """See `Items.delete`."""
        await self.batch([Put(path, key, None)])

    async def search(
        self,
        path: Sequence[str] = (),
        query: str | None = None,
        *,
        filter: Mapping[str, Any] | None = None,  # the word that every store uses
        limit: int = 10,
        offset: int = 0,
        refresh: bool = True,
    ) -> list[Item]:
        """See `Items.search`."""
        items: list[Item] = (await self.batch([Search(path, query, filter, limit, offset, refresh)]))[0]
        return items

    async def paths(self, start: Sequence[str] = (), *, depth: int | None = None) -> list[Path]:
        """See `Items.paths`."""
        paths: list[Path] = (await self.batch([Paths(starts=[start], depth=depth, limit=2**62)]))[0]
        return paths

    async def erase(
        self, path: Sequence[str] = (), *, reason: str = "", dry_run: bool = False, vacuum: bool = False
    ) -> Receipt:
        """See `Items.erase`."""
        stored = path_bytes(checked_path(path))
        return await self.memory.drive_async(of_path(self._core, self.scope, stored, reason, dry_run, vacuum))

    async def sweep(self) -> int:
        """See `Items.sweep`."""
        return await self.memory.drive_async(flow.sweep(self._core, self.scope))

    async def reembed(self, on_progress: Callable[[int], object] | None = None) -> int:
        """See `Items.reembed`."""
        from tiermem.items.reembed import reembed

        return await self.memory.drive_async(reembed(self._core, self.scope, self._space, on_progress))
