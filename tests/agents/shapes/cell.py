"""A shape of application in one of its variants, what is said in it, and what must be true of what it kept and sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

TURNS = 6
RESTART = 4  # the turn before which everything but what is on the disk is gone
FACT = "4417"
ASKED = "What is the code of my locker at the station?"
WORDS = ["harbour", "bridge", "museum", "tower", "garden", "market", "bakery", "library", "theatre", "school", "mill"]
SAVED = ("kept", "lost", "none")  # the framework's own state: outlives the restart, dies by it, was never there


@dataclass(frozen=True)
class Cell:
    """One variant of one shape."""

    framework: str
    shape: str
    saved: str
    ids: bool
    tools: bool
    streamed: bool

    def __str__(self) -> str:
        words = [self.framework, self.shape, f"state {self.saved}"]
        words += [name for name in ("ids", "tools", "streamed") if getattr(self, name)]
        return ", ".join(words)


@dataclass
class Heard:
    """What was said, what each session has, and what each model was sent: texts, and tokens of each prompt."""

    limit: int
    said: list[str] = field(default_factory=list)
    stored: dict[str, list[str]] = field(default_factory=dict)
    prompts: list[list[str]] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    last: int = 0  # prompts before the last turn

    def tell(self, text: str) -> str:
        """*text*, which somebody says now."""
        self.said.append(text)
        return text


def cells(framework: str, shapes: Iterable[str], *, ids: Sequence[bool] = (True, False)) -> list[Cell]:
    """Every variant of *shapes*."""
    variants = product(shapes, SAVED, ids, (True, False), (True, False))
    return [Cell(framework, *variant) for variant in variants]


def filler(name: str, limit: int) -> str:
    """Words that belong to *name* alone: all that is said together is more than *limit* tokens."""
    return " ".join(f"{WORDS[(place * 7 + len(name)) % len(WORDS)]}-{name}" for place in range(limit // 40))


def question(turn: int, limit: int) -> str:
    """What the user says in that turn: a fact first, the question for it last."""
    if turn == TURNS - 1:
        return ASKED
    begins = f"The code of my locker at the station is {FACT}." if turn == 0 else f"Question {turn}?"
    return f"{begins} {filler(f'q{turn}', limit)}"


def problems(heard: Heard) -> list[str]:
    """What is wrong: lost, twice, forgotten, or above the limit; nothing when all is well."""
    found: list[str] = []
    stored = Counter(text for texts in heard.stored.values() for text in set(texts) if text)
    found += [f"lost: {text[:40]}" for text in dict.fromkeys(heard.said) if text and text not in stored]
    found += [f"never said: {text[:40]}" for text in stored if text not in heard.said]
    for name, texts in heard.stored.items():
        found += [f"{name} has twice: {text[:40]}" for text, count in Counter(texts).items() if text and count > 1]
    for place, prompt in enumerate(heard.prompts):
        whole = "\n".join(prompt)
        twice = [text for text in heard.said if len(text) > 20 and whole.count(text) > 1]
        found += [f"prompt {place} has twice: {text[:40]}" for text in twice]
    if not any(FACT in "\n".join(prompt) for prompt in heard.prompts[heard.last :]):
        found.append("the fact is forgotten")
    found += [f"prompt {place}: {count} tokens" for place, count in enumerate(heard.tokens) if count > heard.limit]
    return found


Play = Callable[[Cell], Heard]
