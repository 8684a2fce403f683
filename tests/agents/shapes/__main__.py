"""The table of all shapes in all their variants: `python -m tests.agents.shapes`, some minutes."""

from __future__ import annotations

import sys
import warnings
from collections import defaultdict

from tests.agents.shapes import langchain_shapes, llamaindex_shapes
from tests.agents.shapes.cell import Cell, problems

KINDS = ("lost", "has twice", "prompt twice", "never said", "forgotten", "tokens")
ROW = "{:<11}{:<22}{:>6}{:>7}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}"


def kind(problem: str) -> str:
    """Which of `KINDS` a problem is of."""
    if problem.startswith("prompt"):
        return "prompt twice" if "has twice" in problem else "tokens"
    return next(name for name in KINDS if name in problem)


def main() -> int:
    """0 when nothing is wrong in any cell."""
    warnings.simplefilter("ignore")
    print(ROW.format("", "", "cells", "right", "lost", "stored", "shown", "foreign", "forgot-", "above", "most"))
    print(ROW.format("", "", "", "", "", "twice", "twice", "", "ten", "limit", "tokens"))
    wrong = 0
    for shapes in (langchain_shapes, llamaindex_shapes):
        rows: dict[str, list[Cell]] = defaultdict(list)
        for cell in shapes.CELLS:
            rows[cell.shape].append(cell)
        for shape, cells in rows.items():
            wrong += _row(shapes, shape, cells)
    return 1 if wrong else 0


def _row(shapes: object, shape: str, cells: list[Cell]) -> int:
    found: dict[str, int] = defaultdict(int)
    right = most = 0
    for cell in cells:
        heard = shapes.play(cell)  # type: ignore[attr-defined]
        most = max(most, *heard.tokens)
        wrong = problems(heard)
        right += not wrong
        for problem in wrong:
            found[kind(problem)] += 1
        if wrong:
            print(f"{cell}: {wrong[0]}", file=sys.stderr)
    print(ROW.format(cells[0].framework, shape, len(cells), right, *(found[name] for name in KINDS), most), flush=True)
    return len(cells) - right


if __name__ == "__main__":
    sys.exit(main())
