"""What is stated in a user's messages, in RAM: found by the message, and by what it is about. A cache of the rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tiermem.facts.asked.cues import TOPICS
from tiermem.facts.asked.wanted import AskedOf, telling
from tiermem.facts.rules.record import is_laid_down
from tiermem.facts.stated.chains import key_of
from tiermem.facts.stated.record import MODEL, StatedAt
from tiermem.index.cache import fork_lock
from tiermem.search.ranking.field import Field

BYTES = 900  # of RAM that a fact takes, about
LOOKED = 2_000  # statements of a kind that are looked at for a question; more are a machine's


class StatedIndex:
    """The facts of a user's sessions, each read up to some message. Thread-safe."""

    def __init__(self) -> None:
        self._lock = fork_lock(self)
        self._through: dict[int, int] = {}
        self._by_message: dict[tuple[int, int], list[StatedAt]] = {}
        self._chains: dict[tuple[object, ...], list[StatedAt]] = {}
        self._kinds: dict[str, list[StatedAt]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes of RAM, about."""
        return BYTES * self._count

    def through(self, session: int) -> int:
        """The message of *session* up to which its facts are here."""
        return self._through.get(session, 0)

    def add(self, through: Mapping[int, int], facts: Iterable[StatedAt]) -> None:
        """Add *facts*, those of sessions' messages up to *through*; what is here already is left out, and what was laid
        down, for nothing else takes its place, or read by a model: a mark would be only as right as that is."""
        with self._lock:
            known = dict(self._through)
            for at in facts:
                fresh = known.get(at.session, 0) < at.sequence <= through.get(at.session, 0)
                if fresh and not is_laid_down(at.fact) and at.fact.how != MODEL:
                    self._by_message.setdefault((at.session, at.sequence), []).append(at)
                    self._chains.setdefault(key_of(at.fact, at.session), []).append(at)
                    self._kinds.setdefault(at.fact.kind, []).append(at)
                    self._count += 1
            for session, number in through.items():
                self._through[session] = max(number, known.get(session, 0))

    def of(self, session: int, number: int) -> Sequence[StatedAt]:
        """What message *number* of *session* states."""
        return self._by_message.get((session, number), ())

    def about(self, key: tuple[object, ...]) -> Sequence[StatedAt]:
        """What is stated of what has that `chains.key_of`; what comes in meanwhile is in none handed out."""
        return tuple(self._chains.get(key, ()))

    def of_kinds(self, kinds: Iterable[str], most: int) -> list[StatedAt]:
        """What is stated of these *kinds*, of each at most *most*, those that came last."""
        return [at for kind in kinds for at in self._kinds.get(kind, ())[-most:]]


def places_telling(stated: StatedIndex, field: Field, asked: AskedOf, named: Collection[str]) -> NDArray[np.int64]:
    """The places in *field* of messages that state what is *asked* of a person, the newest first; *named* are the terms
    of names in the question."""
    kinds = frozenset[str]().union(*(TOPICS[topic].kinds for topic in asked.topics))
    told = telling(stated.of_kinds(kinds, LOOKED), asked, named)
    found = [place for at in told for place in field.find(at.session, [at.sequence]).tolist()]
    return np.array(list(dict.fromkeys(found)), np.int64)
