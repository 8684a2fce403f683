"""One thing that somebody laid down, word for word."""

from __future__ import annotations

from dataclasses import dataclass

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
