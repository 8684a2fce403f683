"""One word for one thing: no two classes share a name, and every module says what it is for."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from tests.test_floors import nodes

ROOT = Path(__file__).parents[1]
SHIPPED = [
    path
    for folder in ("core/tiermem", "langchain_tiered_memory", "llamaindex_tiered_memory")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
# Faces that both frameworks' users know under one name.
FACES = {"ArchiveVectors", "TieredArchiveRetriever", "TieredKnowledgeRetriever"}
# Names still borne by several classes; a name leaves this set for good.
SHARED: set[str] = set()


def classes(path: Path) -> list[str]:
    return [node.name for node in nodes(path) if isinstance(node, ast.ClassDef)]


def test_no_two_classes_share_a_name() -> None:
    times = Counter(name for path in SHIPPED for name in classes(path))
    assert {name for name, count in times.items() if count > 1} - FACES <= SHARED
    assert {name for name in FACES if times[name] == 2} == FACES


def test_every_module_says_what_it_is_for() -> None:
    trees = {path: nodes(path)[0] for path in SHIPPED if path.read_text("utf-8")}
    silent = [path for path, tree in trees.items() if not (isinstance(tree, ast.Module) and ast.get_docstring(tree))]
    assert silent == []


def test_the_paths_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "core" / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_/]+(?:\.(?:py|txt|md|npz)|/))`", text))
    assert len(named) > 50
    places = (ROOT / "core" / "tiermem", ROOT)
    assert sorted(path for path in named if not any((place / path).exists() for place in places)) == []
