"""The mutants of a folder: a seeded sample of small breaks, with cosmic-ray's operators and removed statements.

    PYTHON_WITH_COSMIC_RAY mutants.py FOLDER SEED COUNT  →  JSON on stdout

Runs in an environment of its own and imports nothing of ours. mutmut 3 was tried as well: it leaves the constants of a
module alone, where most of our decisions stand.

A place in the source is drawn first and one operator for it then: cosmic-ray has eleven mutants for every `+` and two
for a number. Of one line, which may be a table, one place is tried. Places are drawn by a hash of their line, so that a
change elsewhere, or a new name of the file, leaves most of the sample as it was.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

REMOVED = "RemoveStatement"
# What nobody writes by a slip, and any test notices: a score should not live on it.
ODD = ("RShift", "LShift", "BitOr", "BitAnd", "BitXor", "Pow", "Is", "IsNot", "Invert", "UAdd")


class RemoveStatement(Operator):
    """`pass` for a call whose value nobody uses, an assignment that adds to something, a `return`, a `raise`."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        adds = node.type == "expr_stmt" and node.children[1].type == "operator" and node.children[1].value != "="
        calls = node.type == "atom_expr" and node.parent.type == "simple_stmt"
        if adds or calls or node.type in {"return_stmt", "raise_stmt"}:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return parso.parse(f"{node.get_first_leaf().prefix}pass")

    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


class Place(NamedTuple):
    """Where an operator can work: its rank in the draw, the file, the operator, and its how-manyeth place there."""

    rank: str
    path: Path
    operator: str
    occurrence: int
    line: int


def places(path: Path, seed: int) -> list[list[Place]]:
    """The places of one file, each with all that can be done there, in no order."""
    source = path.read_text("utf-8")
    nodes, lines, left_out = list(ast_nodes(get_ast(source))), source.splitlines(), _left_out(source)
    together: dict[tuple[Any, ...], list[Place]] = {}
    for name in [*operator_names(), REMOVED]:
        kind = RemoveStatement if name == REMOVED else get_operator(name)
        if kind.arguments() or name.endswith(ODD):  # with arguments: those that want to be told names of variables
            continue
        operator, occurrence = kind(), -1
        for node in nodes:
            for way, (start, end) in enumerate(operator.mutation_positions(node)):
                occurrence += 1
                if any(first <= start < last for first, last in left_out):
                    continue
                text = lines[start[0] - 1]
                rank = _hash(seed, text.strip(), start[1] - len(text) + len(text.lstrip()), name, way)
                family = name.split("/")[-1].split("_")[0]
                place = Place(rank, path, name, occurrence, start[0])
                together.setdefault((start, end, family), []).append(place)
    return list(together.values())


def _left_out(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations stand, which nothing evaluates, and decorators of classes, which mypy judges."""
    parts: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            parts += node.decorator_list
        else:
            parts += [getattr(node, name, None) for name in ("annotation", "returns")]
    known = [part for part in parts if part is not None]
    return [((p.lineno, p.col_offset), (p.end_lineno or 0, p.end_col_offset or 0)) for p in known]


def _hash(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def mutants(folder: Path, seed: int, count: int) -> Iterator[dict[str, Any]]:
    """*count* mutants of the files in *folder*: file, line, the line before and after, the whole mutated text."""
    drawn = [min(place) for path in sorted(folder.glob("*.py")) for place in places(path, seed)]
    taken: set[tuple[Path, int]] = set()
    for place in sorted(drawn):
        if len(taken) == count:
            return
        mutant = _made(place) if (place.path, place.line) not in taken else None
        if mutant is not None:
            taken.add((place.path, place.line))
            yield mutant


def _made(place: Place) -> dict[str, Any] | None:
    """The mutant of a place; None where it is the same program, or none."""
    source = place.path.read_text("utf-8")
    operator = RemoveStatement() if place.operator == REMOVED else get_operator(place.operator)()
    text = mutate_code(source, operator, place.occurrence)
    try:
        if text is None or ast.dump(ast.parse(text)) == ast.dump(ast.parse(source)):
            return None
    except SyntaxError:
        return None
    before, after = _differing(source.splitlines(), text.splitlines())
    return {
        "file": place.path.name,
        "line": place.line,
        "operator": place.operator.split("/")[-1],
        "before": before,
        "after": after,
        "text": text,
    }


def _differing(left: Sequence[str], right: Sequence[str]) -> tuple[str, str]:
    """What differs, as text on one line each."""
    start = next((n for n, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), 0)
    end = 1
    while end <= min(len(left), len(right)) - start and left[-end] == right[-end]:
        end += 1
    cut = [lines[start : len(lines) - end + 1] for lines in (left, right)]
    before, after = (" ".join(line.strip() for line in lines) for lines in cut)
    return before, after


if __name__ == "__main__":
    given = sys.argv[1:]
    json.dump(list(mutants(Path(given[0]), int(given[1]), int(given[2]))), sys.stdout)
