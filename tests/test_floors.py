"""A floor imports only from those below it, and only shells name the libraries that act."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "core" / "tiermem"
FLOORS = {
    "values": ("messages", "records", "settings", "weights", "errors"),
    "rules": ("text", "tokens", "times", "facts", "window", "search", "summaries", "importers"),
    "shells": ("storage", "index", "providers"),
    "flows": ("flows",),
    "faces": (
        "events",
        "items",
        "arguments",
        "runtime",
        "tools",
        "telemetry",
        "summarizer",
        "memory",
        "knowledge",
        "aio",
        "cli",
        "testing",
        "__main__",
        "__init__",
    ),
}
ORDER = list(FLOORS)
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names}
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
MOST_LINES, MOST_FUNCTION_LINES, MOST_NAMES = 350, 50, 30
SOURCES = sorted(
    path
    for folder in (
        "core/tiermem",
        "langchain_tiered_memory",
        "llamaindex_tiered_memory",
        "benchmarks",
        "examples",
        "tests",
    )
    for path in (ROOT / folder).rglob("*.py")
)
PACKAGE = sorted(CORE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that *path* imports at run time, also inside functions."""
    tree = ast.parse(path.read_text("utf-8"))
    skipped = {id(n) for block in ast.walk(tree) if _type_checking(block) for n in ast.walk(block)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def floor_of(path: Path) -> str:
    first = path.relative_to(CORE).parts[0].removesuffix(".py")
    return FLOOR_OF[first]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PACKAGE, ids=short)
def test_a_floor_imports_only_from_those_below(path: Path) -> None:
    own = ORDER.index(floor_of(path))
    used = {name.split(".")[1] for name in imports(path) if name.startswith("tiermem.")}
    higher = {name for name in used if name in FLOOR_OF and ORDER.index(FLOOR_OF[name]) > own}
    assert not higher, f"{short(path)} imports {sorted(higher)} from a floor above"


@pytest.mark.parametrize("path", [p for p in PACKAGE if floor_of(p) in {"values", "rules"}], ids=short)
def test_values_and_rules_name_no_library_that_acts(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & ACTING


@pytest.mark.parametrize("path", PACKAGE, ids=short)
def test_the_core_knows_no_framework(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    assert not {root for root in roots if root.startswith(("langchain", "llama_index", "llamaindex"))}


@pytest.mark.parametrize(("package", "other"), [("langchain", "llama"), ("llamaindex", "langchain")])
def test_adapters_never_import_each_other(package: str, other: str) -> None:
    for path in (ROOT / f"{package}_tiered_memory").rglob("*.py"):
        assert not {name for name in imports(path) if name.startswith(other)}, short(path)


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_files_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < MOST_FUNCTION_LINES, node.name


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
