"""How things look on a terminal: text of messages made harmless, tables, lines. Nothing here decides or stores.

Rule 1: text of a message reaches the terminal through `visible` only, and never as rich markup.
Rule 2: what `visible` changes is still readable; a character that could act is shown by its code.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from subprocess import list2cmdline
from textwrap import indent
from typing import Literal

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tiermem.text.sanitizing import visible

INDENT = "    "
WIDE = 110  # columns from which a table of many columns can be read
FILE_WIDTH = 200  # columns of a table that no terminal shows; rich's own 80 would cut its cells


def line(text: str) -> str:
    """*text* made visible, on one line."""
    return " ".join(visible(text).split())


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 message", "1,200 messages"."""
    several = f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else several}"


def command(verb: str, argument: object | None, options: Mapping[str, str | None]) -> str:
    """`tiermem` *verb* as it is typed into this machine's shell; what nobody gave is left out."""
    given = [word for name, value in options.items() if value is not None for word in (name, value)]
    words = ["tiermem", verb, *([] if argument is None else [str(argument)]), *given]
    return line(list2cmdline(words) if os.name == "nt" else shlex.join(words))


def hang_up() -> None:
    """Let what is still written go nowhere: who read it has stopped, and the interpreter writes again at its end."""
    with suppress(OSError, ValueError):  # no file of its own, as in a test
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Screen(Console):
    """A console whose reader may stop; the command goes on to its end, and its exit code tells how that was."""

    def on_broken_pipe(self) -> None:
        """Print nothing more."""
        self.quiet = True
        hang_up()


def console(*, error: bool = False) -> Console:
    """A console that takes no markup, emoji codes or highlighting from what it prints."""
    made = _Screen(stderr=error, markup=False, emoji=False, highlight=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = FILE_WIDTH
    return made


def paragraph(screen: Console, text: str) -> None:
    """Indented text and an empty line: wrapped on a terminal, line for line in a pipe, where grep looks for words."""
    if screen.is_terminal:
        screen.print(Padding(Text(text), (0, 0, 0, len(INDENT)), expand=False))
    else:
        screen.print(Text(indent(text, INDENT)), soft_wrap=True)
    screen.print()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> Table:
    """A table; columns whose name ends with "#" hold numbers and are aligned to the right."""
    drawn = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        number = column.endswith("#")
        justify: Literal["right", "left"] = "right" if number else "left"
        drawn.add_column(column.rstrip("#"), justify=justify, no_wrap=number, overflow="fold")  # a name is shown whole
    for row in rows:
        drawn.add_row(*(Text(_cell(value)) for value in row))
    return drawn


def facts(pairs: Iterable[tuple[str, object]]) -> Table:
    """Names and values, one pair a line."""
    drawn = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    drawn.add_column()
    drawn.add_column(overflow="fold")
    for name, value in pairs:
        drawn.add_row(Text(name, style="dim"), Text(_cell(value)))
    return drawn


def day(when: datetime | None) -> str:
    """A date and time to the minute, with its zone; "" for none."""
    return "" if when is None else when.strftime("%Y-%m-%d %H:%M %Z").rstrip()


def date(when: datetime | None) -> str:
    """The day alone; "" for none."""
    return "" if when is None else f"{when:%Y-%m-%d}"


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if isinstance(value, float) else visible(str(value))
