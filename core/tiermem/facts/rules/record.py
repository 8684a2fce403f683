"""One thing that somebody laid down, word for word."""

from __future__ import annotations

from dataclasses import dataclass

WISH, CONSTRAINT, DEADLINE, TASK, QUESTION = "wish", "constraint", "deadline", "task", "question"
KINDS = (CONSTRAINT, WISH, DEADLINE, TASK, QUESTION)  # where there is room for some only, the first ones first
MOST_TEXT = 320  # characters of one; a longer sentence tells a story


@dataclass(frozen=True, slots=True)
class StandingRule:
    """What was laid down.

    Args:
        kind: `WISH` (how somebody wants things from now on), `CONSTRAINT` (what must, or must not, be), `DEADLINE`
            (what is due or promised, with a time), `TASK` (the goal), or `QUESTION` (what is still open).
        text: the words of it, on one line, at most `MOST_TEXT` characters.
        revokes: it takes back what was laid down before about the same.
    """

    kind: str
    text: str
    revokes: bool = False
