"""What users and system prompts lay down: wishes, constraints, deadlines, the task, open questions."""

from tiermem.facts.rules.reading.sentences import laid_down
from tiermem.facts.rules.record import CONSTRAINT, DEADLINE, KINDS, NEED, QUESTION, TASK, WISH, LaidDown, StandingRule

__all__ = [
    "CONSTRAINT",
    "DEADLINE",
    "KINDS",
    "NEED",
    "QUESTION",
    "TASK",
    "WISH",
    "LaidDown",
    "StandingRule",
    "laid_down",
]
