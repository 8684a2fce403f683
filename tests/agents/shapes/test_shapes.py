"""Applications of every shape: what is said is stored once, shown once, found after a restart, within the limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.agents.shapes import langchain_shapes, llamaindex_shapes
from tests.agents.shapes.__main__ import KINDS, kind
from tests.agents.shapes.cell import FACT, Cell, Heard, problems

# Each value of each dimension once a shape; `make soak` plays every combination.
FEW = {
    ("kept", True, True),
    ("kept", False, False),
    ("lost", False, True),
    ("none", True, False),
    ("none", False, False),
}


def few(cell: Cell) -> bool:
    streamed = cell.tools == (cell.saved == "kept")
    return cell.streamed == streamed and (cell.saved, cell.ids, cell.tools) in FEW


def played(cells: list[Cell]) -> list[object]:
    return [pytest.param(cell, id=str(cell), marks=() if few(cell) else pytest.mark.soak) for cell in cells]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("cell", played(langchain_shapes.CELLS))
def test_an_application_of_langchain_remembers(cell: Cell) -> None:
    assert problems(langchain_shapes.play(cell)) == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize("cell", played(llamaindex_shapes.CELLS))
def test_an_application_of_llamaindex_remembers(cell: Cell) -> None:
    assert problems(llamaindex_shapes.play(cell)) == []


LONG = "This is a text of more than twenty letters."
RIGHT = Heard(
    10, said=[LONG, "b"], stored={"s": [LONG, "b", ""]}, prompts=[[LONG], ["b", FACT]], tokens=[9, 10], last=1
)


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        (RIGHT, None),
        (replace(RIGHT, stored={"s": [LONG]}), "lost"),
        (replace(RIGHT, stored={"s": [LONG, "b", "b"]}), "has twice"),
        (replace(RIGHT, stored={"s": [LONG, "b", "c"]}), "never said"),
        (replace(RIGHT, prompts=[[LONG, f"quoted: {LONG}"], [FACT]]), "prompt twice"),
        (replace(RIGHT, prompts=[[LONG, FACT], ["b"]]), "forgotten"),
        (replace(RIGHT, tokens=[9, 11]), "tokens"),
    ],
)
def test_what_is_wrong_is_seen(heard: Heard, found: str | None) -> None:
    assert [kind(problem) for problem in problems(heard)] == ([] if found is None else [found])
    assert found is None or found in KINDS
