"""A file, opened: unpacked where it is gzip's, decoded, as lines or as one JSON document.

Rule: what is wrong names the file and the line.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from tiermem.errors import InvalidMessage

GZIP = b"\x1f\x8b"
LARGEST = 4 << 30  # bytes of what a compressed file unpacks to: above it is no history but a trap
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # the marks at its beginning, which no UTF-8 has


def text_lines(path: Path) -> Generator[str, None, None]:
    """The lines of the file, unpacked and decoded.

    Raises:
        InvalidMessage: it is no UTF-8, damaged, or unpacks to more than 4 GiB. OSError: it cannot be read.
    """
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(_within(file, path.name), start=1):
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise InvalidMessage(f"{path.name}, line {number}: not UTF-8") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidMessage(f"{path.name}: the compressed file is damaged or cut off after line {number}") from error


def _opened(path: Path) -> BinaryIO:
    """The file, unpacked where its first two bytes are gzip's; the name may be wrong about that."""
    with path.open("rb") as file:
        start = file.read(2)
        if start in UTF_16:
            return io.BytesIO(decoded(start + file.read(), path.name).encode("utf-8", "surrogatepass"))
    return cast("BinaryIO", gzip.open(path, "rb") if start == GZIP else path.open("rb"))


def _within(file: BinaryIO, name: str) -> Iterable[bytes]:
    """The lines of *file*; of a compressed one no more than may be unpacked, be it one line."""
    if not isinstance(file, gzip.GzipFile):
        yield from file
        return
    left = LARGEST
    while line := file.readline(left + 1):
        left -= len(line)
        _refuse_larger(left, name)
        yield line


def unpacked(body: bytes, name: str) -> bytes:
    """*body*, of the file *name*, unpacked where it is gzip's.

    Raises:
        InvalidMessage: it unpacks to more than 4 GiB.
        OSError, EOFError, zlib.error: it is damaged.
    """
    if body[:2] != GZIP:
        return body
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        made = file.read(LARGEST + 1)
    _refuse_larger(LARGEST - len(made), name)
    return made


def _refuse_larger(left: int, name: str) -> None:
    if left < 0:
        raise InvalidMessage(f"{name}: unpacked it is larger than {LARGEST:,} bytes")


def decoded(body: bytes, name: str) -> str:
    """The text of the file *name*: UTF-16 where its first two bytes are the mark of that, else UTF-8.

    Raises:
        InvalidMessage: it is not what it begins as.
    """
    encoding = "utf-16" if body[:2] in UTF_16 else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidMessage(f"{name}: not {encoding.upper().removesuffix('-SIG')}") from error


def holds_lines(path: Path) -> bool:
    """Whether the first line of the file is an object of its own and others follow; see `are_lines`."""
    with closing(text_lines(path)) as lines:
        return are_lines(lines, path.name)


def are_lines(lines: Iterable[str], name: str) -> bool:
    """Whether the first of *lines*, of the file *name*, is an object of its own and others follow.

    Raises:
        InvalidMessage: there is nothing but white space.
    """
    left = iter(lines)
    first = next((line for line in left if line.strip()), "")
    if not first:
        raise InvalidMessage(f"{name} is empty")
    try:
        return isinstance(json.loads(first), dict) and any(line.strip() for line in left)
    except (ValueError, RecursionError):
        return False  # the first line of a document on several lines; if it is damaged, the document's parser says so


def parsed(text: str, place: str) -> Any:
    """The value of the JSON *text*.

    Raises:
        InvalidMessage: it is none, says a name twice in one object, or has numbers that JSON does not know.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        at = f"{place}, line {error.lineno}" if ", line" not in place else place
        raise InvalidMessage(f"{at}, column {error.colno}: no JSON ({error.msg})") from error
    except InvalidMessage as error:
        raise InvalidMessage(f"{place}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidMessage(f"{place}: not a value that JSON can keep") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that says a name twice is refused, since `json` would keep only the last and lose the other."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidMessage("an object has two fields of one name")
    return fields


def _no_number(word: str) -> NoReturn:
    raise InvalidMessage(f"{word} is no JSON")
