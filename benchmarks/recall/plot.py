"""`python -m benchmarks.recall.plot FOLDER`: curves of recall as PNG and SVG, a picture a data set.

FOLDER holds what `python -m benchmarks.recall --out FOLDER` wrote.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.recall import results
from benchmarks.recall.memories import NAMES
from benchmarks.recall.results import Result

PICTURES = Path(__file__).parents[1] / "results"
# A colour a family, told apart within it by line and mark, so that a picture in grey can still be read.
FAMILIES = (
    ("tiermem", "#c1272d"),
    ("langchain", "#0072b2"),
    ("langgraph", "#56b4e9"),
    ("llamaindex", "#009e73"),
    ("", "#7f7f7f"),
)
DASHES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
MARKS = "osD^vP"
TITLES = {
    "locomo": "LoCoMo",
    "beam-100K": "BEAM, 100K tokens a conversation",
    "apollo13": "Apollo 13, air to ground",
    "madial-en": "MADial-Bench, English",
    "madial-zh": "MADial-Bench, Chinese",
    "memorybank-en": "MemoryBank, English",
    "memorybank-cn": "MemoryBank, Chinese",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw every data set of the folder; 2 when there is none."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.recall.plot", description="Curves of recall.")
    made.add_argument("folder", type=Path, help="where the results are")
    made.add_argument("--out", type=Path, default=PICTURES, help="where the pictures go (default: %(default)s)")
    given = made.parse_args(arguments)
    if not any(given.folder.glob("*.json")):
        print(f"{given.folder}: no results here; `python -m benchmarks.recall --out` writes them")
        return 2
    found = grouped([results.read(file) for file in sorted(given.folder.glob("*.json"))])
    for data, ours in found.items():
        for file in draw(data, ours, given.out):
            print(file)
    return 0


def grouped(found: Sequence[Result]) -> dict[str, list[Result]]:
    """The results by data set, in the order of the command line's names."""
    groups: dict[str, list[Result]] = {}
    for one in sorted(found, key=lambda result: (result.data, NAMES.index(result.key), result.embedder)):
        groups.setdefault(one.data, []).append(one)
    return groups


def styles(found: Sequence[Result]) -> list[dict[str, Any]]:
    """A colour, a line and a mark for each of *found*."""
    seen: dict[str, int] = {}
    made = []
    for one in found:
        family, colour = next((name, colour) for name, colour in FAMILIES if one.key.startswith(name))
        place = seen[family] = seen.get(family, -1) + 1
        ours = family == "tiermem"
        made.append({
            "color": colour,
            "linestyle": DASHES[place % len(DASHES)],
            "marker": MARKS[place % len(MARKS)],
            "linewidth": 2.4 if ours else 1.4,
            "markersize": 5.5 if ours else 4,
            "zorder": 3 if ours else 2,
        })  # fmt: skip
    return made


def draw(data: str, found: Sequence[Result], folder: Path) -> list[Path]:
    """Both pictures of one data set."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "tiermem"  # the same results give the same file
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 5.2), layout="constrained")
    for one, style in zip(found, styles(found), strict=True):
        axes.plot(list(one.curve), [100 * point.recall for point in one.curve.values()], label=one.label, **style)
    budgets = sorted({budget for one in found for budget in one.curve})
    questions = next(iter(found[0].curve.values())).questions
    axes.set_xscale("log", base=2)
    axes.set_xticks(budgets, [f"{budget:,}" for budget in budgets])
    axes.minorticks_off()
    axes.set(ylim=(0, 101), xlabel="tokens the memory may spend (cl100k)", ylabel="evidence in the context, %")
    axes.set_title(f"{TITLES.get(data, data)}: {questions} questions")
    axes.grid(color="#e3e3e3")
    axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    last = [list(one.curve.values())[-1].recall for one in found]
    order = sorted(range(len(found)), key=lambda place: -last[place])  # as the lines end, from above
    figure.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        loc="outside right center",
        fontsize=8,
        frameon=False,
        handlelength=3.5,
    )
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"recall-{data}.png", folder / f"recall-{data}.svg"]
    figure.savefig(files[0], dpi=150)
    figure.savefig(files[1], metadata={"Date": None})
    plt.close(figure)
    return files


if __name__ == "__main__":
    raise SystemExit(main())
