"""Of whom forks are: in a database by keys of sessions, in an export by their places there.

Rule: the first session of a file has the place 1. Those that were erased have -1, -2 …, as they are first named: who
was forked from the same one is still known to be, and what comes again of it is still refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from tiermem.shared_history import Shared, read, written
from tiermem.storage.exported import forking
from tiermem.storage.exported.reading import HeldFork


class Places:
    """The places of the sessions with these keys, in their order, in an export that is being written."""

    def __init__(self, keys: Iterable[int]) -> None:
        self._places = {key: place for place, key in enumerate(keys, start=1)}
        self._erased: dict[int, int] = {}

    def line(self, made: HeldFork) -> dict[str, Any]:
        """The fields of the line of a fork; `erased` are the digests of names of the erased ones that no line before
        named."""
        known = len(self._erased)
        shared = tuple((self.of(key), upto) for key, upto in read(made.values["shared"]))
        parent = self.of(made.values["parent"])
        names = [made.erased.get(key, b"").hex() for key in [*self._erased][known:]]
        return made.values | {"parent": parent, "shared": written(shared), "erased": names}

    def of(self, key: int) -> int:
        """The place of the session with that key, below 0 where it was erased."""
        if key > 0 and key in self._places:
            return self._places[key]
        return -self._erased.setdefault(abs(key), len(self._erased) + 1)


class Brought(NamedTuple):
    """A session that an import has put aside: its key, the last message that it shares, and how many it has."""

    key: int
    base: int
    messages: int


@dataclass(frozen=True, slots=True)
class Kin:
    """The sessions that an import has put aside, by their places, and how many erased ones were named.

    What a transaction that failed has entered is entered anew by the next before anybody asks for it.
    """

    brought: dict[int, Brought] = field(default_factory=dict)
    erased: dict[int, int] = field(default_factory=dict)

    def enter(
        self, connection: sa.Connection, owner: bytes, place: int, known: int, values: Mapping[str, Any]
    ) -> tuple[int, int]:
        """Enter that the session at *place* is the fork that a line says, where *known* erased ones were named before;
        the last message that it shares, and how many are named now.

        Raises:
            ValueError, TypeError, KeyError: it cannot be.
        """
        own = self.brought[place]
        names = [bytes.fromhex(name) for name in values["erased"]]
        for number, name in enumerate(names, start=known + 1):
            self.erased[number] = forking.add_erased(connection, owner, name, number)
        named = known + len(names)
        places = read(values["shared"])
        base = places[-1][1]
        if base != values["base"] or base > own.messages:
            raise ValueError("it was not forked where it says that it was")
        shared = self._shared(places, place, named)
        parent = self._key(values["parent"], place, named)
        forking.add_fork(connection, own.key, abs(parent), shared, values)
        self.brought[place] = own._replace(base=base)
        return base, named

    def lender(self, other: int, place: int) -> int:
        """The key of the session at the place *other*, whose stubs the one at *place* borrows.

        Raises:
            ValueError: it is none before it.
        """
        if not 0 < other < place:
            raise ValueError(f"it borrows stubs of session {other}, which is none before it")
        return self.brought[other].key

    def _shared(self, places: Shared, place: int, named: int) -> Shared:
        before = 0
        for other, upto in places:
            if other > 0 and other < place:
                owner = self.brought[other]
                if owner.base != before or owner.messages < upto:
                    raise ValueError(f"it shares messages that session {other} does not store")
            before = upto
        return tuple((self._key(other, place, named), upto) for other, upto in places)

    def _key(self, other: int, place: int, named: int) -> int:
        if 0 < other < place:
            return self.brought[other].key
        if 0 < -other <= named:
            return -self.erased[-other]
        raise ValueError(f"it is forked of session {other}, which is none before it")
