"""The faces of the graph of a user's names: `Graph`, and `AsyncGraph`, the same verbs with `await`."""

from __future__ import annotations

from tiermem.faces.user import AsyncUserFace, UserFace
from tiermem.graph import asking
from tiermem.graph.records import Entity, Near, Relation


class Graph(UserFace):
    """Who and what is named over all conversations and documents of a user, and what stands between them.

        graph = memory.graph("anna")
        graph.near("Maja", depth=3)
        graph.about("Equinor")
        graph.path("Maja", "Scotland")

    Names are read by rules, English and Chinese, of what users and assistants say and of documents, never of what
    tools hand over; facts that hold (`memory.facts`) say what relates two of them. It is a place to look around:
    nothing of it takes part in a search. At most 5,000 names are kept, those of facts first, then by mentions, of which
    each counts half as much after 180 days.

    It is derived when somebody asks, so adding costs nothing, and the first question after a large import reads all
    messages, half a millisecond each; what was read is kept. What is hidden relates nobody, what is erased is gone.
    """

    _of_one_user = "the graph of a user"

    def as_async(self) -> AsyncGraph:
        """The same graph with `await`."""
        return AsyncGraph(self)

    def entities(self, limit: int = asking.ENTITIES) -> list[Entity]:
        """The *limit* names that are named most, most first.

        Raises:
            InvalidMessage: *limit* is no number.
        """
        return self._run(asking.entities(self._core, self.scope, limit))

    def about(self, entity: str, limit: int = asking.LIMIT) -> list[Relation]:
        """The *limit* strongest relations of *entity*; none where nobody is called so.

        Raises:
            InvalidMessage: *entity* is no text, or *limit* no number.
        """
        return self._run(asking.about(self._core, self.scope, entity, limit))

    def near(self, entity: str, depth: int = asking.HOPS, limit: int = asking.LIMIT) -> list[Near]:
        """The *limit* names nearest to *entity* within *depth* hops, best first, each with the path to it and the
        sources of every step; none where nobody is called so.

        Case, width and blanks of a name make no difference; "user" is the user, who also goes by their name.

        Raises:
            InvalidMessage: *entity* is no text, *depth* not 1, 2 or 3, or *limit* no number.
        """
        return self._run(asking.near(self._core, self.scope, entity, depth, limit))

    def path(self, one: str, other: str, depth: int = 3) -> list[Relation]:
        """The steps of the best path from *one* to *other* within *depth* hops, over the 200 nearest names of each
        layer; none where there is none.

        Raises:
            InvalidMessage: a name is no text, or *depth* not 1, 2 or 3.
        """
        return self._run(asking.path(self._core, self.scope, one, other, depth))


class AsyncGraph(AsyncUserFace):
    """`Graph` with `await`; the docstrings are there."""

    async def entities(self, limit: int = asking.ENTITIES) -> list[Entity]:
        """See `Graph.entities`."""
        return await self._arun(asking.entities(self._core, self.scope, limit))

    async def about(self, entity: str, limit: int = asking.LIMIT) -> list[Relation]:
        """See `Graph.about`."""
        return await self._arun(asking.about(self._core, self.scope, entity, limit))

    async def near(self, entity: str, depth: int = asking.HOPS, limit: int = asking.LIMIT) -> list[Near]:
        """See `Graph.near`."""
        return await self._arun(asking.near(self._core, self.scope, entity, depth, limit))

    async def path(self, one: str, other: str, depth: int = 3) -> list[Relation]:
        """See `Graph.path`."""
        return await self._arun(asking.path(self._core, self.scope, one, other, depth))
