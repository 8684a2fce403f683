"""What one file holds: its text, its JSON, its lines; and what stands beside it in the same folder or archive.

Rule: a file is looked at as far as somebody asks. Its lines are read once, its document is parsed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from tiermem.errors import InvalidMessage
from tiermem.importers import files
from tiermem.text import late
from tiermem.times.instants import Order

_JSON = late.compile(r"\s*(?:\{|\[\s*[\[{\]\"])")  # a list of numbers is no history; "[3/4/24, 10:00] Ann: " is
FEW = 40  # lines by which a format is known


class JsonLine(NamedTuple):
    """A JSON object of a file of JSON lines, and the number of its line."""

    number: int
    record: Mapping[str, Any]


class Contents:
    """A file of somebody's history.

    Args:
        name: what it is called in errors; in an archive with the archive's name before it.
        path: its place in its folder or archive, with slashes: "general/2024-03-04.json".
        text: what is in it, or a function that reads it when somebody asks; its errors are those of the first look.
        beside: gives the JSON of another file of the same folder or archive by its path, None where there is none.
        archive: the name of the archive or folder, without its ending; "" for a file alone.
        home: the name of the very folder that it stands in, "" where nobody knows.
    """

    def __init__(
        self,
        name: str,
        path: str,
        text: str | Callable[[], str],
        beside: Callable[[str], Any] = lambda _: None,
        archive: str = "",
        home: str = "",
    ) -> None:
        self.name = name
        self.path = path
        self._text = text
        self.beside = beside
        self.archive = archive
        self.home = self.folder.rpartition("/")[2] or home or archive

    @cached_property
    def text(self) -> str:
        """What is in it.

        Raises:
            InvalidMessage: it is damaged, or no text. OSError: it cannot be read.
        """
        return self._text if isinstance(self._text, str) else self._text()

    @property
    def stem(self) -> str:
        """The name of the file without its ending."""
        return self.path.rpartition("/")[2].removesuffix(".gz").rpartition(".")[0] or self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The folder that it stands in, "" where it stands in none."""
        return self.path.rpartition("/")[0]

    @cached_property
    def is_json(self) -> bool:
        """Whether it begins as JSON does."""
        return _JSON.match(self.text) is not None

    @cached_property
    def is_lines(self) -> bool:
        """Whether it is JSON lines: one object a line, and more than one."""
        return self.is_json and files.are_lines(self.text.split("\n"), self.name)

    @cached_property
    def document(self) -> Any:
        """The JSON document; None where it is none.

        Raises:
            InvalidMessage: it begins as JSON, and is none.
        """
        return files.parsed(self.text, self.name) if self.is_json and not self.is_lines else None

    @cached_property
    def first(self) -> Mapping[str, Any]:
        """The document, or the first object of a list or of the lines; an empty one where there is none."""
        found: Any = self.document
        if self.is_lines:
            found = next(iter(self.head), {})
        if isinstance(found, list):
            found = next(iter(found), {})
        return found if isinstance(found, Mapping) else {}

    @cached_property
    def head(self) -> list[Mapping[str, Any]]:
        """The first objects of a file of JSON lines; of a list its first ones."""
        if self.is_lines:
            lines = (line for line in self.text[:4_000_000].split("\n")[:FEW] if line.strip())
            return [one for line in lines if isinstance(one := _loose(line), Mapping)]
        found = self.document if isinstance(self.document, list) else [self.document]
        return [one for one in found[:FEW] if isinstance(one, Mapping)]

    @cached_property
    def lines(self) -> tuple[list[JsonLine], list[int]]:
        """The objects of a file of JSON lines, and the numbers of the lines that are none: a program that was killed
        leaves half a line."""
        found, broken = [], []
        for number, line in enumerate(self.text.split("\n"), start=1):
            if line.strip():
                record = _loose(line)
                if isinstance(record, Mapping):
                    found.append(JsonLine(number, record))
                else:
                    broken.append(number)
        return found, broken

    @cached_property
    def records(self) -> list[Mapping[str, Any]]:
        """The objects of the lines, or of the document where it is a list, or the document alone."""
        if self.is_lines:
            return [line.record for line in self.lines[0]]
        found = self.document if isinstance(self.document, list) else [self.document]
        return [one for one in found if isinstance(one, Mapping)]

    @property
    def broken(self) -> dict[str, int]:
        """What is left out of the lines, by reason."""
        numbers = self.lines[1] if self.is_lines else []
        return {f"line {', '.join(map(str, numbers[:5]))}, which is no JSON": len(numbers)} if numbers else {}


class ReadOptions(NamedTuple):
    """What the caller says of all files: how dates are meant, and the zone of times that name none."""

    dates: Order | None = None
    zone: Any = None


def _loose(line: str) -> Any:
    try:
        return files.parsed(line, "line")
    except InvalidMessage:
        return None
