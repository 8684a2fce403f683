"""Where terms stand, of those that were looked up last: as many as a number of bytes holds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping

from tiermem.index.cache import fork_lock
from tiermem.index.shelves.packing import Posted

_BESIDE = 200  # bytes that a term takes beside its postings


class PostingsKept:
    """Postings by term. Thread-safe; losing one costs a read, never an answer."""

    def __init__(self) -> None:
        self._postings: OrderedDict[str, Posted] = OrderedDict()
        self._lock = fork_lock(self)
        self.nbytes = 0

    def pick(self, terms: Collection[str]) -> dict[str, Posted]:
        """Those of *terms* that are here."""
        with self._lock:
            found = {term: self._postings[term] for term in terms if term in self._postings}
            for term in found:
                self._postings.move_to_end(term)
            return found

    def keep(self, more: Mapping[str, Posted], most: int) -> None:
        """Keep *more*, and of all at most so many bytes."""
        with self._lock:
            for term, posted in more.items():
                if term not in self._postings:
                    self.nbytes += _bytes(posted)
                    self._postings[term] = posted
            while self._postings and self.nbytes > most:
                self.nbytes -= _bytes(self._postings.popitem(last=False)[1])


def _bytes(posted: Posted) -> int:
    return posted[0].nbytes + posted[1].nbytes + _BESIDE
