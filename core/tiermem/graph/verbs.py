"""The verbs by which a memory gives the graph of a user, whose parts are loaded when it is asked for."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, TypeAlias

from tiermem.providers.clock import zone_of
from tiermem.settings import scope_of

if TYPE_CHECKING:
    from tiermem.graph.graph import AsyncGraph, Graph
    from tiermem.runtime.opening import Opened

Namespace: TypeAlias = str | tuple[str, str]
Zone: TypeAlias = str | tzinfo | None


class Naming:
    """The verb by which `Memory` gives the graph of a user."""

    def graph(self: Opened, namespace: Namespace, timezone: Zone = None) -> Graph:  # type: ignore[misc]  # as `media`
        """Who and what is named in all conversations and documents of a user, or of (tenant, user), to look around;
        *timezone* as of `session`.

        Raises:
            MissingNamespace: it names nobody, or everybody who names none.
        """
        from tiermem.graph.graph import Graph

        return Graph(self, scope_of("-", namespace), self.wiring[0].within(zone_of(timezone)))


class AsyncNaming:
    """`Naming` for `AsyncMemory`."""

    def graph(self: Opened, namespace: Namespace, timezone: Zone = None) -> AsyncGraph:  # type: ignore[misc]
        """The graph of a user's names; no I/O. See `Memory.graph`."""
        from tiermem.graph.graph import AsyncGraph, Graph

        return AsyncGraph(Graph(self, scope_of("-", namespace), self.wiring[0].within(zone_of(timezone))))
