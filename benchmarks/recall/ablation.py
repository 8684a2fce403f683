"""`python -m benchmarks.recall.ablation --data FILE…`: what each part of the ranking is worth, by switching it off.

Each field of `tiermem.recall.ranking.Weights` is set to its off value while all others stay, and the same questions are
asked of the same file. The off value is what the field's metadata call "off", or else nothing: 0, False or empty.
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
from benchmarks.recall.conversations import Conversation
from benchmarks.recall.measure import Row
from benchmarks.recall.results import percent
from benchmarks.recall.tiered import Recall, Tiered
from benchmarks.recall.vectors import embedding
from benchmarks.report import table

BASE = "everything on"
BUDGETS = (512, 2048)


def switches(weights: Any) -> dict[str, Any]:
    """By the name of each field of the dataclass *weights*: the same with that field off. What is off is left out.

    Raises:
        TypeError: a field has no off value.
    """
    found = {}
    for one in dataclasses.fields(weights):
        value = getattr(weights, one.name)
        off = one.metadata.get("off", _nothing(value, one.name))
        if value != off:
            found[one.name] = dataclasses.replace(weights, **{one.name: off})
    return found


def _nothing(value: Any, name: str) -> Any:
    if isinstance(value, (bool, int, float, tuple, frozenset, str)):
        return type(value)()
    if isinstance(value, Mapping):
        return {key: _nothing(one, name) for key, one in value.items()}
    raise TypeError(f"{name} is a {type(value).__name__}, which has no off value; name one in its metadata")


def taken_by(settings: Any, weights: type) -> str:
    """The name of the setting that takes *weights*.

    Raises:
        LookupError: none does.
    """
    for one in dataclasses.fields(settings):
        if isinstance(getattr(settings, one.name), weights):
            return one.name
    raise LookupError(f"no setting takes {weights.__name__}")


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    from tiermem.recall.ranking import Weights
    from tiermem.settings import Settings

    made = argparse.ArgumentParser(prog="python -m benchmarks.recall.ablation")
    made.add_argument("--data", type=Path, nargs="+", required=True, help="files or folders, as for the benchmark")
    made.add_argument("--embedder", choices=("hash", "minilm"), default="hash", help="vectors (default: %(default)s)")
    made.add_argument("--cache", type=Path, help="file that keeps MiniLM's vectors")
    made.add_argument("--budgets", type=lambda text: tuple(map(int, text.split(","))), default=BUDGETS)
    made.add_argument("--sample", type=int, help="questions a conversation at most, spread evenly")
    given = made.parse_args(arguments)
    quiet()
    setting = taken_by(Settings(), Weights)
    options = {BASE: {setting: getattr(Settings(), setting)}}
    options |= {name: {setting: weights} for name, weights in switches(options[BASE][setting]).items()}
    memory, found = Recall(embedding(given.embedder, given.cache)), {}
    try:
        for file in given.data:
            read = conversations.sampled(conversations.read(file), given.sample)
            found[conversations.label(file)] = losses(asked(memory, read, options, given.budgets), given.budgets)
    finally:
        memory.close()
    columns = [f"{name} @{budget:,}" for name in found for budget in given.budgets]
    print(f"### What each part is worth ({given.embedder}): recall in %, and its change without the part\n")
    print(table(["without", *columns], list(lines(found)), markdown=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
