"""What an evaluation came to, and what may be required of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import fmean
from typing import Any, Final

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.evaluation.counting import Means, Scored, by_category, curve
from tiermem.evaluation.replaying import Replayed

RECALL: Final = "recall"
CONTEXT: Final = "context"
FIGURES: Final = ("silence", "unanswered", "reused", "saved", "kept")


@dataclass(frozen=True)
class Silence:
    """Questions to which nothing here is an answer, and what was recalled for them all the same.

    Args:
        asked: how many.
        recalled: the share for which something was recalled: wrong pages. 0 is best.
        tokens: what was recalled, the mean over all.
        source: whose questions they were.
    """

    asked: int
    recalled: float
    tokens: float
    source: str

    @classmethod
    def of(cls, sizes: Sequence[int], source: str) -> Silence | None:
        """Of the tokens that each question recalled; None without questions."""
        return cls(len(sizes), fmean(size > 0 for size in sizes), fmean(sizes), source) if sizes else None


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` measured. Shares are from 0 to 1.

    Args:
        conversations, messages: how many.
        questions: whose they are, "own" or "generated".
        rows: every question at every budget, by way ("recall", "context").
        strangers: questions of others; None where none were asked.
        unanswered: questions of one's own that nothing answers; None where there are none.
        replays: each conversation, talked again.
    """

    conversations: int
    messages: int
    questions: str
    rows: Mapping[str, tuple[Scored, ...]]
    strangers: Silence | None
    unanswered: Silence | None
    replays: tuple[Replayed, ...]

    @cached_property
    def curves(self) -> dict[str, dict[int, Means]]:
        """The means by way and budget."""
        return {way: curve(rows) for way, rows in self.rows.items()}

    @cached_property
    def categories(self) -> dict[str, dict[str, dict[int, Means]]]:
        """The same by way and category."""
        return {way: by_category(rows) for way, rows in self.rows.items()}

    @property
    def reused(self) -> float | None:
        """Of a prompt, the share that begins as the one before; over all turns."""
        return _weighed((one.reused, one.turns - 1) for one in self.replays)

    @property
    def saved(self) -> float | None:
        """The share of tokens that was not sent, of what no memory sends."""
        whole = sum(one.whole for one in self.replays)
        return 1 - sum(one.sent for one in self.replays) / whole if whole else None

    @property
    def kept(self) -> float | None:
        """The share of what was laid down that stands in every prompt behind it."""
        return _weighed((one.kept, one.rules) for one in self.replays)

    def figure(self, name: str) -> float | None:
        """One figure by its name: "recall@1024", "context@512", or one of `FIGURES`; None where it was not measured.

        "silence" is the share of others' questions for which nothing was recalled, "unanswered" that of one's own ones
        without an answer.

        Raises:
            InvalidSettings: there is no such figure.
        """
        way, at, budget = name.partition("@")
        if at and way in {RECALL, CONTEXT} and budget.isdigit():
            means = self.curves.get(way, {}).get(int(budget))
            return None if means is None else means.recall
        if name not in FIGURES:
            known = f"{RECALL}@TOKENS, {CONTEXT}@TOKENS, {', '.join(FIGURES)}"
            raise InvalidSettings(f"there is no figure {brief_repr(name)}; there are {known}")
        quiet = {"silence": self.strangers, "unanswered": self.unanswered}
        if name in quiet:
            silence = quiet[name]
            return None if silence is None else 1 - silence.recalled
        return {"reused": self.reused, "saved": self.saved, "kept": self.kept}[name]

    def missed(self, required: Mapping[str, float]) -> list[str]:
        """What of *required* (by figure, the least share) is not reached, each in words; [] where all is.

        Raises:
            InvalidSettings: there is no such figure, or it is no share.
        """
        return [words for name, least in required.items() if (words := self._missed(name, least))]

    def _missed(self, name: str, least: float) -> str:
        if isinstance(least, bool) or not isinstance(least, (int, float)) or not 0 <= least <= 1:
            raise InvalidSettings(f"{name} must be a share from 0 to 1, not {brief_repr(least)}")
        reached = self.figure(name)
        if reached is None:
            return f"{name} was not measured, and at least {least:.3f} is required"
        return f"{name} is {reached:.3f}, and at least {least:.3f} is required" if reached < least else ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON values: means by way, budget and category, without the single rows."""
        ways = {
            way: {
                "budgets": {str(budget): asdict(means) for budget, means in self.curves[way].items()},
                "categories": {
                    name: {str(budget): asdict(means) for budget, means in own.items()}
                    for name, own in self.categories[way].items()
                },
            }
            for way in self.rows
        }
        figures = {name: self.figure(name) for name in FIGURES}
        return {
            "conversations": self.conversations,
            "messages": self.messages,
            "questions": self.questions,
            "ways": ways,
            "figures": figures,
            "strangers": None if self.strangers is None else asdict(self.strangers),
            "unanswered": None if self.unanswered is None else asdict(self.unanswered),
            "replays": [asdict(one) | {"saved": one.saved} for one in self.replays],
        }

    def __repr__(self) -> str:
        names = [f"{way}@{budget}" for way, points in self.curves.items() for budget in points]
        figures = ", ".join(
            f"{name} {value:.3f}" for name in [*names, *FIGURES] if (value := self.figure(name)) is not None
        )
        return f"<Evaluation of {self.conversations} conversations: {figures}>"


def _weighed(pairs: Iterable[tuple[float | None, int]]) -> float | None:
    """The mean of the values, each as heavy as its number; None where there is none."""
    there = [(value, weight) for value, weight in pairs if value is not None and weight > 0]
    total = sum(weight for _, weight in there)
    return sum(value * weight for value, weight in there) / total if total else None
