"""One thing that somebody laid down, word for word: as it is read, and as it is handed out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiermem.facts.stated.record import RULE, Stated

WISH, CONSTRAINT, NEED, DEADLINE, TASK, QUESTION = "wish", "constraint", "need", "deadline", "task", "question"
KINDS = (CONSTRAINT, WISH, NEED, DEADLINE, TASK, QUESTION)  # where there is room for some only, the first ones first
MOST_TEXT = 320  # characters of one; a longer sentence tells a story


@dataclass(frozen=True, slots=True)
class StandingRule:
    """What was laid down.

    Args:
        kind: `WISH` (how somebody wants things from now on), `CONSTRAINT` (what must, or must not, be), `NEED` (what
            somebody cannot have or do: an allergy, a diet), `DEADLINE` (what is due or promised, with a time), `TASK`
            (the goal), or `QUESTION` (what is still open).
        text: the words of it, on one line, at most `MOST_TEXT` characters.
        revokes: it takes back what was laid down before about the same.
    """

    kind: str
    text: str
    revokes: bool = False


def is_laid_down(fact: Stated) -> bool:
    """Whether *fact*, as it is stored, is nothing that is so, but something that was laid down."""
    return fact.how == RULE and fact.kind in KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidDown:
    """One thing that was laid down, and where.

    Args:
        kind: "constraint", "wish", "need", "deadline", "task" or "question".
        text: the words of it, as they were said.
        subject: "user", by name who else said it, or "system".
        session, ref: where; of another session the reference has its name in front.
        said_at: when, in the zone of the memory, or else UTC.
        certainty: in [0, 1].
        holds: nothing said since took it back, or said otherwise.
        replaced_by: the reference of what ended it; of what is said again, of what says it first; "" where it holds.
        decision: the number of the decision that pins it in its session; 0 while its message waits for the index.
    """

    kind: str
    text: str
    subject: str
    session: str
    ref: str
    said_at: datetime | None
    certainty: float
    holds: bool = True
    replaced_by: str = ""
    decision: int = 0

    def __repr__(self) -> str:
        return f"<LaidDown {self.ref} {self.kind}: {self.text}{'' if self.holds else f', ended by {self.replaced_by}'}>"
