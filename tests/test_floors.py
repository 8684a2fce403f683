"""A floor imports only from those below it, no import goes in a circle, only shells name the libraries that act."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core" / "tiermem"
ADAPTERS = ("langchain_tiered_memory", "llamaindex_tiered_memory")
# The ground first. What stands on one line stands on one floor: such rooms may import one another, in no circle.
FLOORS = tuple(
    line.split()
    for line in """
    errors plain_json shared_history blocks messages records settings reports
    text
    tokens
    times
    facts
    window
    search
    models redaction
    summaries
    extraction
    index
    storage
    providers
    flows
    flows.indexing
    flows.writing
    flows.reading flows.verifying
    faces
    knowledge items validity conversations erasure dropped branches portability media
    profiles notes graph
    importers
    arguments
    compression answering routing
    session verification
    telemetry events
    life
    runtime
    memory
    agents tools testing rescue migration histories doctor browsing
    mcp evaluation dashboard
    cli __main__
    """.strip().splitlines()
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
PURE = FLOOR_OF["extraction"]  # up to here: no I/O, no clock, no chance
ACTING = {
    "sqlalchemy",
    "faiss",
    "tiktoken",
    "threading",
    "concurrent",
    "sqlite3",
    "pysqlite3",
    "time",
    "random",
    "logging",
    "os",
}
MOST_LINES, MOST_FUNCTION_LINES, MOST_NAMES, MOST_FILES = 350, 50, 30, 12
PACKAGE = sorted(CORE.rglob("*.py"))
SHIPPED = [*PACKAGE, *(path for folder in ADAPTERS for path in sorted((ROOT / folder).rglob("*.py")))]
SOURCES = [
    *SHIPPED,
    *(path for name in ("benchmarks", "examples", "tests") for path in sorted((ROOT / name).rglob("*.py"))),
]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[1:] if parts[0] == "core" else parts).removesuffix(".__init__")


EXAMPLES = ROOT / "examples"  # flat, for there they are looked for

MODULES = {module_of(path): path for path in SHIPPED}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """The syntax tree of a file, itself first, parsed once for all that look at it."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that *path* imports at run time, also inside functions; of ours the file that is meant."""
    typing = {id(child) for node in nodes(path) if _type_checking(node) for child in ast.walk(node)}
    named: set[str] = set()
    for node in nodes(path):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            longer = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            named |= {full if full in MODULES else node.module for full in longer.values()}
    return frozenset(named)


def _type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def room_of(module: str) -> str:
    """`flows.writing` of "tiermem.flows.writing.add", `memory` of "tiermem.memory"."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2]) if ".".join(parts[:2]) in FLOOR_OF else parts[0]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def circles(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """What is left after taking away, again and again, whatever imports nothing that is left."""
    left = {name: set(others) - {name} for name, others in graph.items()}
    while free := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in free}
    return sorted(left)


def test_a_floor_imports_only_from_those_below() -> None:
    above = {}
    for path in PACKAGE:
        if path.name == "__init__.py":  # hands names of its own room on
            continue
        own = FLOOR_OF[room_of(module_of(path))]
        ours = {name for name in imports(path) if name.startswith("tiermem.")}
        above[short(path)] = sorted(name for name in ours if FLOOR_OF[room_of(name)] > own)
    assert {path: names for path, names in above.items() if names} == {}


def test_the_floors_are_those_that_there_are() -> None:
    rooms = {room_of(module_of(path)) for path in PACKAGE if path != CORE / "__init__.py"}
    assert rooms == set(FLOOR_OF)


def test_no_file_imports_itself_through_others() -> None:
    hands_on = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert circles({name: imports(path) - hands_on for name, path in MODULES.items() if name not in hands_on}) == []


def test_no_folder_imports_itself_through_others() -> None:
    graph: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        if path.name != "__init__.py":
            folder = name.rpartition(".")[0]
            used = {
                other.rpartition(".")[0] if MODULES[other].name != "__init__.py" else other
                for other in imports(path) & MODULES.keys()
            }
            graph.setdefault(folder, set()).update(used)
    roots = {"tiermem", *ADAPTERS}  # the files of a root are floors of their own, judged one by one above
    assert circles({name: used - roots for name, used in graph.items() if name not in roots}) == []


def test_folders_hold_at_most_a_dozen_files() -> None:
    kept = [path for path in SOURCES if path.name != "__init__.py" and path.parent != EXAMPLES]
    count = Counter(short(path.parent) for path in kept)
    assert {folder: files for folder, files in count.items() if files > MOST_FILES} == {}


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_values_and_rules_name_no_library_that_acts() -> None:
    pure = [path for path in PACKAGE if path != CORE / "__init__.py" and FLOOR_OF[room_of(module_of(path))] <= PURE]
    assert len(pure) > 50
    assert {short(path): roots(path) & ACTING for path in pure if roots(path) & ACTING} == {}


def test_the_core_knows_no_framework() -> None:
    frameworks = ("langchain", "llama_index", "llamaindex")
    assert [short(path) for path in PACKAGE if any(root.startswith(frameworks) for root in roots(path))] == []


@pytest.mark.parametrize(("package", "other"), [("langchain", "llama"), ("llamaindex", "langchain")])
def test_adapters_never_import_each_other(package: str, other: str) -> None:
    for path in (ROOT / f"{package}_tiered_memory").rglob("*.py"):
        assert not {name for name in imports(path) if name.startswith(other)}, short(path)


def test_files_and_functions_stay_readable() -> None:
    lines = {short(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}
    functions = {
        f"{short(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert {name: count for name, count in functions.items() if count > MOST_FUNCTION_LINES} == {}


def test_the_public_surface_is_small_and_pinned() -> None:
    import tiermem

    assert tiermem.__all__ == sorted(tiermem.__all__)
    assert len(tiermem.__all__) <= MOST_NAMES
    for name in tiermem.__all__:
        assert getattr(tiermem, name) is not None


def test_importing_tiermem_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import sys, tiermem; print(sorted(m for m in sys.modules if m.split('.')[0] in "
    code += "{'numpy', 'faiss', 'sqlalchemy', 'pydantic', 'tiktoken', 'rjieba', 'asyncio'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
