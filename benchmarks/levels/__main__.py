"""What levels of detail bring: `python -m benchmarks.levels FILE... [--budgets 256,512] [--most 3]`.

FILE is one of `benchmarks.recall.conversations`. Each question is asked with `levels` and without, of a recall and of a
whole context. Told are the share of its evidence that stands there whole, the literal answers that stand there
(`benchmarks.compression.literal`), tokens (cl100k) and milliseconds of CPU.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from time import process_time

from benchmarks import report
from benchmarks.compression.literal import answers_of, literal
from benchmarks.recall.contestants.tiered import Recall, text_of
from benchmarks.recall.conversations import Conversation, label, read
from benchmarks.recall.measure import clipped, share

COLUMNS = ("set", "questions", "answers", "by", "tokens", "evidence %", "answers %", "used", "CPU ms")
WAYS = ("recall", "context")
Sums = dict[tuple[str, int, bool], dict[str, list[float]]]


class Asked(Recall):
    """A conversation that is asked in four ways."""

    def text(self, way: str, question: str, budget: int, *, levels: bool) -> str:
        """What a model reads."""
        if way == "recall":
            return self.session.recall(question, budget, as_of=self.as_of, levels=levels).text
        return text_of(self.session.context(question, budget, levels=levels))


def ask(memory: Asked, conversation: Conversation, answers: dict[str, str], budgets: Sequence[int], sums: Sums) -> None:
    """Adds to *sums* what the questions of *conversation* come to."""
    by_id = {one.id: one for one in conversation.messages}
    for question in (one for one in conversation.questions if one.evidence):
        wanted = list(literal(question, answers, [by_id[ident] for ident in question.evidence]))
        memory.ask(question, 1)  # sets the clock to the time of the question
        for way in WAYS:
            for budget in budgets:
                for levels in (False, True):
                    began = process_time()
                    text = memory.text(way, question.text, budget, levels=levels)
                    spent = process_time() - began
                    text, used = clipped(text, budget)
                    of = sums[way, budget, levels]
                    of["evidence"].append(share(conversation, question, text))
                    of["answers"] += [one.answered(text) for one in wanted]
                    of["used"].append(used)
                    of["ms"].append(1_000 * spent)


def rows(path: Path, budgets: Sequence[int], most: int | None) -> Iterator[tuple[object, ...]]:
    """The lines of the table for one file."""
    sums: Sums = defaultdict(lambda: defaultdict(list))
    memory, answers = Asked(None), answers_of(path)
    for conversation in read(path)[:most]:
        memory.feed(conversation)
        ask(memory, conversation, answers, budgets, sums)
    memory.close()
    for way in WAYS:
        for budget in budgets:
            without, with_levels = sums[way, budget, False], sums[way, budget, True]
            told = {name: _beside(without[name], with_levels[name], factor) for name, factor in _SHOWN.items()}
            yield label(path), len(without["evidence"]), len(without["answers"]), way, budget, *told.values()


_SHOWN = {"evidence": 100, "answers": 100, "used": 1, "ms": 1}


def _beside(before: Sequence[float], after: Sequence[float], factor: int) -> str:
    return f"{factor * fmean(before):.1f} → {factor * fmean(after):.1f}" if before else "-"


def main() -> None:
    """Prints the table."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("files", type=Path, nargs="+")
    given.add_argument("--budgets", default="256,512", help="tokens, with commas (default: %(default)s)")
    given.add_argument("--most", type=int, help="conversations of each file at most")
    given.add_argument("--markdown", action="store_true", help="the table in Markdown")
    wanted = given.parse_args()
    budgets = [int(part) for part in wanted.budgets.split(",")]
    made = [row for path in wanted.files for row in rows(path, budgets, wanted.most)]
    print(report.table(COLUMNS, made, markdown=wanted.markdown))
    print(report.versions())


if __name__ == "__main__":
    main()
