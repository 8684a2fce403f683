"""What routing by difficulty saves: `python -m benchmarks.routing FOLDER [--fit]`.

FOLDER is a copy of github.com/lm-sys/RouteLLM. Questions are sent to the stronger model in the order of a score; told
are the share of its lead over the weaker one that is had, averaged over all shares of questions sent to it (0.5 by
chance), and the share of questions that it must answer for half and for 80 % of its lead. `--fit` prints the
constants.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import log1p
from pathlib import Path
from random import Random
from statistics import fmean, pstdev

from benchmarks import report
from benchmarks.routing.responses import Question, questions
from tiermem.routing import difficulty, estimated, kind_of, tier_of

COLUMNS = ("set", "questions", "weak", "strong", "by", "lead had", "for 50 % of it", "for 80 %", "against length")
REPEATS = 400  # of the bootstrap over questions
Score = Callable[[str], float]


def lead(scores: Sequence[float], asked: Sequence[Question]) -> list[float]:
    """The share of the lead that is had when the 0, 1, 2 … questions that score highest go to the stronger model."""
    order = sorted(range(len(asked)), key=lambda place: -scores[place])
    gained = list(accumulate((asked[place].strong - asked[place].weak for place in order), initial=0.0))
    return [value / gained[-1] for value in gained]


def needed(had: Sequence[float], share: float) -> float:
    """The share of questions that must go to the stronger model until *share* of its lead is had."""
    return next(place for place, value in enumerate(had) if value >= share) / (len(had) - 1)


def against(scores: Sequence[float], others: Sequence[float], asked: Sequence[Question]) -> str:
    """By how much *scores* are better than *others*, and the 95 % interval of that over drawn questions."""
    random, differences = Random(1), []
    for _ in range(REPEATS):
        drawn = [random.randrange(len(asked)) for _ in asked]
        of = [asked[place] for place in drawn]
        mine, theirs = (fmean(lead([values[place] for place in drawn], of)) for values in (scores, others))
        differences.append(mine - theirs)
    differences.sort()
    low, high = (differences[int(share * (REPEATS - 1))] for share in (0.025, 0.975))
    return f"{fmean(differences):+.3f} ({low:+.3f} to {high:+.3f})"


def rows(asked: Sequence[Question], name: str) -> list[tuple[object, ...]]:
    """The lines of one set: by chance, by length alone, as estimated."""
    lengths, estimates = [float(len(one.text)) for one in asked], [estimated(one.text) for one in asked]
    random = Random(0)
    worth = (f"{fmean(one.weak for one in asked):.3f}", f"{fmean(one.strong for one in asked):.3f}")
    made: list[tuple[object, ...]] = []
    for by, scores in (
        ("chance", [random.random() for _ in asked]),
        ("length", lengths),
        ("estimated", estimates),
    ):
        had = lead(scores, asked)
        beside = against(estimates, lengths, asked) if by == "estimated" else ""
        shares = (f"{fmean(had):.3f}", f"{needed(had, 0.5):.2f}", f"{needed(had, 0.8):.2f}")
        made.append((name, len(asked), *worth, by, *shares, beside))
    return made


def fitted(asked: Sequence[Question]) -> str:
    """The constants of `tiermem.routing.difficulty`, over the half that is fitted on."""
    letters = [log1p(len(one.text)) for one in asked]
    chained = [log1p(sum(1 for _ in difficulty.CHAINING.finditer(one.text))) for one in asked]
    of = [(fmean(values), pstdev(values)) for values in (letters, chained)]
    added = [
        (one - of[0][0]) / of[0][1] + (other - of[1][0]) / of[1][1] for one, other in zip(letters, chained, strict=True)
    ]
    return f"LETTERS {of[0]}, CHAINED {of[1]}, TOGETHER {(fmean(added), pstdev(added))}"


def main() -> None:
    """Prints the table, the tiers, and what is taken for code."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("folder", type=Path, help="a copy of RouteLLM's repository")
    given.add_argument("--fit", action="store_true", help="print the constants and nothing else")
    given.add_argument("--markdown", action="store_true", help="the table in Markdown")
    wanted = given.parse_args()
    known = questions(wanted.folder)
    exams = [one for one in known if one.dataset != "MT-bench"]
    if wanted.fit:
        print(fitted([one for one in exams if one.fitted]))
        return
    parts = [(dataset, [one for one in exams if one.dataset == dataset]) for dataset in ("MMLU", "GSM8K")]
    made = [
        row
        for dataset, of in parts
        for half, fits in (("fitted on", True), ("held out", False))
        for row in rows([one for one in of if one.fitted == fits], f"{dataset}, {half}")
    ]
    chat = [one for one in known if one.dataset == "MT-bench"]
    print(report.table(COLUMNS, [*made, *rows(chat, "MT-bench, held out")], markdown=wanted.markdown))
    tiers = Counter((one.dataset, tier_of(estimated(one.text))) for one in known)
    print("tiers:", ", ".join(f"{name} {tier} {count}" for (name, tier), count in sorted(tiers.items())))
    found = Counter((one.subject == "coding", kind_of(one.text)) for one in chat)
    print("code on MT-bench:", ", ".join(f"{'coding' if is_code else 'other'} taken for {kind} {n}"
                                          for (is_code, kind), n in sorted(found.items())))  # fmt: skip
    print(report.versions())


if __name__ == "__main__":
    main()
