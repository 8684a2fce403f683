"""`python -m benchmarks.recall.ablation --data FILE…`: what each part of the ranking is worth, by switching it off.

Each of `tiermem.Weights` is set to 0 while all others stay (the five that sum to 1 keep their proportions), then the
threshold, and the same questions are asked of the same file.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.recall import conversations, measure
from benchmarks.recall.__main__ import quiet
from benchmarks.recall.contestants.tiered import Tiered
from benchmarks.recall.conversations import Conversation
from benchmarks.recall.kept import KeptBlock
from benchmarks.recall.measure import Row
from benchmarks.recall.results import percent
from benchmarks.recall.vectors import embedding
from benchmarks.report import table
from tiermem import Settings, Weights

BASE = "everything on"
BUDGETS = (512, 2048)
LITTLE = 0.5  # points
SUMMED = ("semantic", "keyword", "graph", "recency", "importance")  # sum to 1


def switches(weights: Weights) -> dict[str, Weights]:
    """By the name of each weight that is not 0: the weights without it."""
    return {one.name: without(weights, one.name) for one in dataclasses.fields(weights) if getattr(weights, one.name)}


def without(weights: Weights, name: str) -> Weights:
    """*weights* with *name* at 0; of those that sum to 1, the others keep their proportions."""
    changed = {name: 0.0}
    if name in SUMMED:
        left = sum(getattr(weights, one) for one in SUMMED if one != name)
        changed |= {one: getattr(weights, one) / left for one in SUMMED if one != name}
    return dataclasses.replace(weights, **changed)


def asked(
    memory: Tiered, found: Sequence[Conversation], options: Mapping[str, Mapping[str, Any]], budgets: Sequence[int]
) -> dict[str, list[Row]]:
    """The rows under each of the named *options*; each conversation is fed once."""
    rows: dict[str, list[Row]] = {name: [] for name in options}
    for conversation in found:
        memory.feed(conversation)
        for name, changed in options.items():
            memory.reopen(**changed)
            for question in conversation.questions:
                if question.evidence:
                    rows[name] += [measure.row(memory, conversation, question, budget) for budget in budgets]
    return rows


def losses(rows: Mapping[str, Sequence[Row]], budgets: Sequence[int]) -> dict[str, list[float]]:
    """Points of recall at each budget: of everything on as they are, of the others what they are below it."""
    means = {
        name: [100 * fmean(row.recall for row in found if row.budget == budget) for budget in budgets]
        for name, found in rows.items()
    }
    base = means[BASE]
    return {
        name: found if name == BASE else [one - other for one, other in zip(base, found, strict=True)]
        for name, found in means.items()
    }


def lines(found: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[list[str]]:
    """A row a switch, a column a data set and budget; dearest first, by the mean loss."""
    names = next(iter(found.values())).keys()
    costs = {name: fmean(loss for one in found.values() for loss in one[name]) for name in names}
    for name in sorted(names, key=lambda one: (one != BASE, -costs[one])):
        cells = [value for one in found.values() for value in one[name]]
        yield [name, *(percent(value / 100) if name == BASE else f"{-value:+.1f}" for value in cells)]


def paying(found: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[list[str]]:
    """A row a part: on how many sets it brings `LITTLE` points or more, as a mean over budgets, and on which; costs."""
    names = [name for name in next(iter(found.values())) if name != BASE]
    for name in names:
        means = {data: fmean(one[name]) for data, one in found.items()}
        brings = [f"{data} {mean:+.1f}" for data, mean in means.items() if mean >= LITTLE]
        costs = [f"{data} {mean:+.1f}" for data, mean in means.items() if mean <= -LITTLE]
        yield [name, str(len(brings)), ", ".join(brings), str(len(costs)), ", ".join(costs)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.recall.ablation")
    made.add_argument("--data", type=Path, nargs="+", required=True, help="files or folders, as for the benchmark")
    made.add_argument(
        "--embedder", choices=("hash", "local", "minilm"), default="hash", help="vectors (default: %(default)s)"
    )
    made.add_argument("--cache", type=Path, help="file that keeps MiniLM's vectors")
    made.add_argument("--budgets", type=lambda text: tuple(map(int, text.split(","))), default=BUDGETS)
    made.add_argument("--sample", type=int, help="questions a conversation at most, spread evenly")
    made.add_argument("--questions", type=int, help="questions of a set, about, in place of --sample")
    made.add_argument("--parts", type=lambda text: text.split(","), help="weights, with commas; all by default")
    made.add_argument("--kept", type=Path, help="folder of databases that are told once and then kept, one an embedder")
    given = made.parse_args(arguments)
    quiet()
    base = {"weights": Settings().weights, "relevance_threshold": Settings().relevance_threshold}
    options: dict[str, dict[str, Any]] = {BASE: base}  # each names all that another one changes
    options |= {name: base | {"weights": weights} for name, weights in switches(Settings().weights).items()}
    options["relevance_threshold"] = base | {"relevance_threshold": 0.0}
    options = {name: one for name, one in options.items() if name == BASE or name in (given.parts or options)}
    memory, found = KeptBlock(embedding(given.embedder, given.cache), given.kept), {}
    try:
        for file in given.data:
            every = conversations.read(file)
            sample = -(-given.questions // len(every)) if given.questions else given.sample
            read = conversations.sampled(every, sample)
            found[conversations.label(file)] = losses(asked(memory, read, options, given.budgets), given.budgets)
    finally:
        memory.close()
    columns = [f"{name} @{budget:,}" for name in found for budget in given.budgets]
    print(f"### What each part is worth ({given.embedder}): recall in %, and its change without the part\n")
    print(table(["without", *columns], list(lines(found)), markdown=True))
    print(
        f"\n### Sets on which a part brings {LITTLE} points or more, and on which it costs as much, of {len(found)}\n"
    )
    print(table(["part", "brings", "on", "costs", "on"], list(paying(found)), markdown=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
