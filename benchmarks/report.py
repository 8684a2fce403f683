"""Tables: aligned for a terminal, and as Markdown for `RESULTS.md`."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

SHOWN = (
    "langchain-core",
    "langchain-classic",
    "langchain-community",
    "llama-index-core",
    "sqlalchemy",
    "pydantic",
    "tiktoken",
    "faiss-cpu",
)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, markdown: bool = False) -> str:
    """*rows* under *columns*; every column but the first is aligned to the right."""
    cells = [list(map(str, row)) for row in (columns, *rows)]
    if markdown:
        rule = ["---", *["---:"] * (len(columns) - 1)]
        return "\n".join(f"| {' | '.join(row)} |" for row in (cells[0], rule, *cells[1:]))
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    lines = ["  ".join(_padded(cell, width, place) for place, (cell, width) in enumerate(zip(row, widths, strict=True)))
             for row in cells]  # fmt: skip
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _padded(cell: str, width: int, place: int) -> str:
    return cell.rjust(width) if place else cell.ljust(width)


def versions() -> str:
    """What was measured: Python and every package that took part, with its version."""
    from tiermem import __version__
    from tiermem.storage.sqlite import driver

    parts = [f"tiermem {__version__}", f"Python {platform.python_version()}", f"SQLite {driver().sqlite_version}"]
    for name in SHOWN:
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} not installed")
    return ", ".join(parts)


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, markdown: bool) -> None:
    """Print a titled table."""
    heading = f"### {title}\n" if markdown else title
    print(f"\n{heading}\n{table(columns, rows, markdown=markdown)}")
    sys.stdout.flush()


def number(value: float) -> str:
    """Three digits that matter, thousands separated."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
