"""One message that a run took from the window, as it is handed out."""

from __future__ import annotations

from dataclasses import dataclass

from tiermem.records import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A message that is shown as less than it was.

    Args:
        ref: opens the original.
        role: who said it.
        line: its weightiest sentence, on one line.
        kinds: what commits in it: "constraint", "wish", "need", "deadline", "task", "question", "decision", "number",
            "name"; nothing where it is talk.
        score: how much it commits; the list is ordered by it, newest first among equals.
        was, shown: what it was shown as, and is now.
        kept: what its stub or the lines of its summary still say of it.
        pinned: what it lays down stands in every context all the same.
    """

    ref: str
    role: str
    line: str
    kinds: tuple[str, ...]
    score: float
    was: Shown
    shown: Shown
    kept: tuple[str, ...] = ()
    pinned: bool = False

    def __repr__(self) -> str:
        return f"<Dropped {self.ref} {self.was} -> {self.shown}, {'+'.join(self.kinds) or 'talk'}: {self.line[:60]!r}>"
