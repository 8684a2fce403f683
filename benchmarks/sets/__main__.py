"""All development sets in one table: `python -m benchmarks.sets FOLDER [--most 2] [--sample 10] [--before FILE]`.

FOLDER holds sets in the forms of `benchmarks.recall.conversations`, and PrecisionMemBench's `precision.json`. Told are,
for every set and budget: the share of evidence that stands whole in a recall and in a context, the share of a recalled
block that are its own words (ends, days, references), what recalls for questions of other conversations, CPU.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, median

from benchmarks import report
from benchmarks.recall import conversations, measure
from benchmarks.recall.__main__ import quiet
from benchmarks.recall.vectors import embedding
from benchmarks.sets import asking, intervals, precision
from benchmarks.sets.asking import CONTEXT, OTHERS, RECALL, Answer

BUDGETS = (64, 128, 256, 512, 1024)
PRECISION = "precision.json"
LARGE, NEAR = 256, 3  # tokens from which on contexts are judged, and points that they may be below recalls
APOLLO = "apollo13"  # a folder with its two files


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """What the command was given."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.sets", description=__doc__)
    made.add_argument("folder", type=Path)
    made.add_argument("--only", type=lambda text: text.split(","), help="sets, with commas; all by default")
    made.add_argument("--budgets", type=lambda text: [int(one) for one in text.split(",")], default=BUDGETS)
    made.add_argument("--most", type=int, help="conversations of each set at most")
    made.add_argument("--sample", type=int, help="questions of a set, about, spread evenly")
    made.add_argument("--strangers", type=int, default=0, help="questions of others a conversation (default: none)")
    made.add_argument(
        "--embedder", choices=("hash", "local", "minilm"), default="hash", help="vectors (default: %(default)s)"
    )
    made.add_argument("--cache", type=Path, help="file that keeps vectors")
    made.add_argument("--kept", type=Path, help="folder of databases that are told once and then kept, one an embedder")
    made.add_argument("--out", type=Path, help="JSON file for all answers")
    made.add_argument("--before", type=Path, help="such a file of before, to stand beside")
    return made.parse_args(given)


def files(folder: Path, only: Sequence[str] | None) -> dict[str, Path]:
    """The sets in *folder* by name."""
    here = [one for one in sorted(folder.iterdir()) if ".jsonl" in one.name or one.name == APOLLO]
    found = {conversations.label(one): one for one in here}
    return {name: file for name, file in found.items() if only is None or name in only}


def asked(given: argparse.Namespace) -> list[Answer]:
    """All answers of all sets."""
    every = {name: conversations.read(file) for name, file in files(given.folder, given.only).items()}
    found: list[Answer] = []
    vectors = None if given.embedder == "hash" else embedding(given.embedder, given.cache)
    memory = asking.InTime(vectors, given.kept)
    try:
        for name, data in every.items():
            others = asking.others_of(name, every)
            chosen = asking.some(data, given.most, given.sample)
            found += asking.answers(name, chosen, others, memory, given.budgets, given.strangers)
            print(f"{name}: {len(found)} answers", flush=True)
    finally:
        memory.close()
    return found


def read(file: Path) -> list[Answer]:
    """What `--out` wrote."""
    return [Answer(**one) for one in json.loads(file.read_text("utf-8"))]


def by_set(
    found: Iterable[Answer], way: str, value: Callable[[Answer], float], mean=fmean
) -> dict[str, dict[int, float]]:
    """The mean of a *value* by set and budget."""
    groups: dict[str, dict[int, list[float]]] = {}
    for one in found:
        if one.way == way:
            groups.setdefault(one.data, {}).setdefault(one.budget, []).append(value(one))
    return {name: {budget: mean(values) for budget, values in own.items()} for name, own in groups.items()}


def show(title: str, now: dict[str, dict[int, float]], before: dict[str, dict[int, float]]) -> None:
    """A row a set, a column a budget; where it was measured before, both."""
    budgets = sorted({budget for own in now.values() for budget in own})
    rows = []
    for name, own in now.items():
        cells = [_cell(before.get(name, {}).get(budget), own.get(budget)) for budget in budgets]
        rows.append([name, *cells])
    print(f"\n{title}\n")
    print(report.table(["set", *(f"@{budget:,}" for budget in budgets)], rows, markdown=True))


def _cell(before: float | None, now: float | None) -> str:
    shown = "" if now is None else f"{now:.1f}"
    return shown if before is None or f"{before:.1f}" == shown else f"{before:.1f} → {shown}"


def counts(found: Sequence[Answer]) -> str:
    """How many questions of each set, and of how many conversations."""
    told = []
    for name in dict.fromkeys(one.data for one in found):
        own = {(one.conversation, one.question) for one in found if one.data == name and one.way == RECALL}
        told.append(f"{name} {len(own)}/{len({conversation for conversation, _ in own})}")
    return ", ".join(told)


def changes(now: Sequence[Answer], before: Sequence[Answer], way: str) -> None:
    """Points gained at each budget, with 95 % intervals over conversations."""
    rows = []
    for name in dict.fromkeys(one.data for one in now):
        cells = []
        for budget in sorted({one.budget for one in now if one.way == way}):
            ours, theirs = (
                [_row(one) for one in found if one.data == name and one.way == way] for found in (now, before)
            )
            told = measure.difference(ours, theirs, budget)
            cells.append("" if told is None else f"{100 * told[0]:+.1f} ({100 * told[1]:+.1f}…{100 * told[2]:+.1f})")
        rows.append([name, *cells])
    budgets = [f"@{budget:,}" for budget in sorted({one.budget for one in now if one.way == way})]
    print(f"\n{way}: points since, 95 % over conversations\n\n{report.table(['set', *budgets], rows, markdown=True)}")


def _row(one: Answer) -> measure.Row:
    return measure.Row(one.conversation, one.question, "", one.budget, one.recall, one.tokens, False, False, 0.0)


def more(now: Sequence[Answer], before: Sequence[Answer]) -> None:
    """Intervals of both ways, how far contexts are below recalls, and the change held against each set in turn."""
    budgets = sorted({one.budget for one in now if one.way == RECALL})
    heads = ["set", *(f"@{budget:,}" for budget in budgets)]
    for way in (RECALL, CONTEXT):
        print(f"\n{way}: %, and 95 % over conversations\n")
        print(report.table(heads, intervals.rows(now, way, budgets), markdown=True))
    names = [*dict.fromkeys(one.data for one in now)]
    points = {name: [intervals.below(now, name, budget) for budget in budgets] for name in names}
    print("\ncontext: points below recall\n")
    print(report.table(heads, [[name, *(f"{one:.1f}" for one in own)] for name, own in points.items()], markdown=True))
    judged = [budget for budget in budgets if budget >= LARGE]
    near = [one <= NEAR for own in points.values() for budget, one in zip(budgets, own, strict=True) if budget >= LARGE]
    print(f"\nWithin {NEAR} points from {LARGE} tokens on: {sum(near)} of {len(near)}")
    if before and judged:
        found = intervals.held_out(now, before, judged)
        print("\ncontext: the change, judged by all other sets\n")
        print(report.table(["held out", "others", "so it is", "held out set"], found, markdown=True))


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print; 2 where the folder is not there."""
    wanted = arguments(given)
    quiet()
    if not wanted.folder.is_dir():
        print(f"{wanted.folder}: not found; it is the folder of the sets")
        return 2
    now = asked(wanted)
    if wanted.out:
        wanted.out.write_text(json.dumps([asdict(one) for one in now]), "utf-8")
    before = read(wanted.before) if wanted.before else []
    print(f"\n{report.versions()}\nQuestions/conversations: {counts(now)}")
    for way in (RECALL, CONTEXT):
        for_way = [by_set(found, way, lambda one: 100 * one.recall) for found in (now, before)]
        show(f"{way}: evidence that stands there whole, %", *for_way)
        if before:
            changes(now, before, way)
    more(now, before)
    own = [by_set(found, RECALL, lambda one: 100 * one.own / max(one.tokens, 1)) for found in (now, before)]
    show("recall: the block's own words, % of its tokens", *own)
    filled = [by_set(found, RECALL, lambda one: 100 * one.tokens / one.budget) for found in (now, before)]
    show("recall: % of the budget that is used", *filled)
    for way in (RECALL, CONTEXT):
        show(
            f"{way}: ms of CPU, median",
            *(by_set(found, way, lambda one: one.milliseconds, median) for found in (now, before)),
        )
    if wanted.strangers:
        quoted = [by_set(found, OTHERS, lambda one: 100.0 * (one.tokens > 0)) for found in (now, before)]
        show("others' questions: with something recalled, %", *quoted)
    if (wanted.folder / PRECISION).exists() and not wanted.only:
        vectors = None if wanted.embedder == "hash" else embedding(wanted.embedder, wanted.cache)
        rows = [
            precision.line(name, precision.cases(wanted.folder / PRECISION, vectors, search=name == "search"))
            for name in ("recall", "search")
        ]
        print("\nPrecisionMemBench\n")
        print(
            report.table(["by", "cases", "precision %", "recall %", "silent when none may come %"], rows, markdown=True)
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
