"""How much a message commits: what was laid down or decided, deadlines, numbers, names. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from tiermem.facts.rules import CONSTRAINT, DEADLINE, NEED, QUESTION, TASK, WISH, laid_down
from tiermem.messages import Message
from tiermem.text import cues, late
from tiermem.text.clipping import shorten
from tiermem.text.sanitizing import one_line
from tiermem.text.sentences import split_by_rules
from tiermem.window.turns import USER_ROLES
from tiermem.window.voices import own_text

READ = 6_000  # characters of a message that are looked at
LINE = 160  # characters of the line that stands for it
# What was laid down first, then what was decided; a number or a name alone is worth less than any of these.
WEIGHTS = {CONSTRAINT: 8.0, WISH: 8.0, NEED: 8.0, DEADLINE: 7.0, "decision": 6.0, TASK: 5.0, QUESTION: 4.0}
NUMBERS, NAMES = (0.2, 3), (0.1, 3)  # each, and how many of them count: together less than any step above
_OTHERS = 0.5  # what tools say commits nobody
_NAME = late.compile(r"(?<=[a-z,;] )[A-Z][A-Za-z]{2,30}\b|《[^》\n]{1,30}》")
_CODE = late.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINES = late.compile(r"[^\n]+")


class Commitment(NamedTuple):
    """How much a message commits, what in it does, and its weightiest sentence."""

    score: float
    kinds: tuple[str, ...]
    line: str


def commitment(message: Message) -> Commitment:
    """What *message* commits to."""
    user = message.acts_as in USER_ROLES
    text = _CODE.sub("\n", own_text(message)[:READ])
    rules = {rule.text: rule.kind for rule in laid_down(text)} if user else {}
    best = Commitment(0.0, (), "")
    for line in _LINES.findall(text):
        for sentence in split_by_rules(line):
            one = _of(one_line(sentence), rules)
            best = max(best, one, key=lambda found: found.score) if best.line else one
    ours = user or message.acts_as == "assistant"
    kinds = tuple(dict.fromkeys([*rules.values(), *best.kinds]))
    return Commitment(best.score if ours else best.score * _OTHERS, kinds, shorten(best.line, LINE))


def _of(sentence: str, rules: dict[str, str]) -> Commitment:
    kind = (
        next((kind for text, kind in rules.items() if text.endswith(sentence.strip(" -*•>#"))), "") if sentence else ""
    )
    decided = not kind and _decides(sentence)
    numbers, names = len(cues.FIGURE.findall(sentence)), len(_NAME.findall(sentence))
    kinds = [kind or "decision"] * bool(kind or decided) + ["number"] * bool(numbers) + ["name"] * bool(names)
    score = WEIGHTS.get(kind, 0.0) + WEIGHTS["decision"] * decided
    score += NUMBERS[0] * min(numbers, NUMBERS[1]) + NAMES[0] * min(names, NAMES[1])
    return Commitment(score, tuple(kinds), sentence)


def _decides(sentence: str) -> bool:
    """Whether *sentence* tells a decision, and neither asks for one nor advises it."""
    if sentence.endswith(("?", "？")) or not (cues.DECISION.search(sentence) or cues.CHANGE.search(sentence)):
        return False
    return not cues.HEDGE.search(sentence) and not cues.ADVICE.search(sentence)
