"""Store items (LangGraph's word): JSON objects under a path and a key, and what a caller asks of them. Checked values.

A path is a tuple of labels, as ("users", "anna"). It is kept as bytes, each label followed by one zero byte, so that
all that lies under a path is one range of bytes, and no label can be taken for two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from tiermem.errors import InvalidMessage, InvalidNamespace, brief_repr
from tiermem.plain_json import equal_json, plain

Path: TypeAlias = tuple[str, ...]
Fields: TypeAlias = Literal[False] | Sequence[str] | None

MAX_PATH_BYTES = 2_000  # PostgreSQL's B-tree takes no key above 2,704 bytes
MAX_MINUTES = 1_000_000_000.0  # 1,900 years; beyond them no calendar goes
ANY = "*"  # in a pattern: any one label


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A stored object. `value` is the reader's own copy; `score` says how well it answers a query, None if unranked."""

    path: Path
    key: str
    value: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Get:
    """Read one item. *refresh* starts its time to live again, if it has one."""

    path: Sequence[str]
    key: str
    refresh: bool = True

    def __post_init__(self) -> None:
        _name(self, self.path, self.key)


@dataclass(frozen=True, slots=True)
class Put:
    """Keep an object, or with the value None remove it.

    Args:
        value: JSON; tuples become lists. What is no JSON is refused.
        fields: paths of the texts that get vectors; None for those of the index, False for none.
        ttl: minutes that it lives, since it was last written or read with *refresh*; None for ever.

    Raises:
        InvalidMessage: the value is no JSON object, or *ttl* no time.
        InvalidNamespace: the path is none.
    """

    path: Sequence[str]
    key: str
    value: Mapping[str, Any] | None
    fields: Fields = None
    ttl: float | None = None

    def __post_init__(self) -> None:
        _name(self, self.path, self.key)
        if self.value is not None:
            if not isinstance(self.value, Mapping):
                raise InvalidMessage(f"an item's value must be an object, not {type(self.value).__name__}")
            object.__setattr__(self, "value", plain(self.value, "value", equal_json))
        if self.fields is not None and self.fields is not False:
            object.__setattr__(self, "fields", checked_fields(self.fields))
        if self.ttl is not None and not _is_time(self.ttl):
            raise InvalidMessage(f"ttl must be minutes above 0, not {brief_repr(self.ttl)}")


@dataclass(frozen=True, slots=True)
class Search:
    """Items at and under a path: those that *filter* lets through, best answers to *query* first, else oldest first.

    Raises:
        InvalidMessage: an argument is none of these.
    """

    path: Sequence[str] = ()
    query: str | None = None
    filter: Mapping[str, Any] | None = None
    limit: int = 10
    offset: int = 0
    refresh: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", checked_path(self.path))
        if self.query is not None and not isinstance(self.query, str):
            raise InvalidMessage(f"query must be text, not {type(self.query).__name__}")
        _page(self.limit, self.offset)

    @property
    def asked(self) -> str:
        """The query, "" when there is none or it is blank."""
        return self.query if self.query and self.query.strip() else ""


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths that hold items, sorted.

    Args:
        starts, ends: patterns of labels that a path must begin and end with; `ANY` stands for any one label.
        depth: labels after which a path is cut; what is then equal is listed once.
    """

    starts: Sequence[Sequence[str]] = ()
    ends: Sequence[Sequence[str]] = ()
    depth: int | None = None
    limit: int = 100
    offset: int = 0

    def __post_init__(self) -> None:
        for name in ("starts", "ends"):
            object.__setattr__(self, name, tuple(checked_path(path) for path in getattr(self, name)))
        if self.depth is not None and (type(self.depth) is not int or self.depth < 1):
            raise InvalidMessage(f"depth must be a whole number above 0, not {brief_repr(self.depth)}")
        _page(self.limit, self.offset)

    def common(self) -> Path:
        """The longest path under which everything lies that can be listed."""
        literal = (start[: start.index(ANY)] if ANY in start else start for start in map(tuple, self.starts))
        return max(literal, key=len, default=())

    def listed(self, paths: Iterable[Path]) -> list[Path]:
        """Those of *paths* that match, cut, sorted, and this page of them."""
        kept = (path for path in paths if self._fits(path))
        cut = {path[: self.depth] for path in kept}
        return sorted(cut)[self.offset : self.offset + self.limit]

    def _fits(self, path: Path) -> bool:
        return all(_alike(path, pattern) for pattern in self.starts) and all(
            _alike(path[::-1], pattern[::-1]) for pattern in self.ends
        )


Operation: TypeAlias = Get | Put | Search | Paths


def last_puts(operations: Iterable[Operation]) -> list[Put]:
    """The puts of a batch that count: of several for one key the last one."""
    return list({(op.path, op.key): op for op in operations if isinstance(op, Put)}.values())


def checked_path(path: Sequence[str]) -> Path:
    """*path* as a tuple of labels.

    Raises:
        InvalidNamespace: a label is no string, empty, or holds U+0000, or all of them are longer than 2,000 bytes.
    """
    if isinstance(path, str) or not isinstance(path, Sequence):
        raise InvalidNamespace(f"a path must be a tuple of labels, not a {type(path).__name__}")
    for label in path:
        if not isinstance(label, str) or not label or "\0" in label:
            raise InvalidNamespace("each label of a path must be a non-empty string without U+0000")
    if len(path_bytes(path)) > MAX_PATH_BYTES:
        raise InvalidNamespace(f"a path is longer than {MAX_PATH_BYTES} bytes")
    return tuple(str.__str__(label) for label in path)


def checked_fields(fields: Any) -> tuple[str, ...]:
    """*fields* as a tuple of paths into a value.

    Raises:
        InvalidMessage: they are no list of strings.
    """
    if (
        isinstance(fields, str)
        or not isinstance(fields, Sequence)
        or not all(isinstance(field_name, str) for field_name in fields)
    ):
        raise InvalidMessage("fields must be a list of paths into the value, as 'title' or 'parts[*].text'")
    return tuple(fields)


def path_bytes(path: Sequence[str]) -> bytes:
    """The stored form of a path; that of everything under it begins with the same bytes."""
    return "".join(f"{label}\0" for label in path).encode("utf-8", "surrogatepass")


def path_of(stored: bytes) -> Path:
    """The inverse of `path_bytes`."""
    return tuple(bytes(stored).decode("utf-8", "surrogatepass").split("\0")[:-1])


def _name(op: Get | Put, path: Sequence[str], key: str) -> None:
    object.__setattr__(op, "path", checked_path(path))
    if not isinstance(key, str):
        raise InvalidMessage(f"a key must be a string, not {type(key).__name__}")


def _alike(path: Sequence[str], pattern: Sequence[str]) -> bool:
    pairs = zip(path, pattern, strict=False)
    return len(path) >= len(pattern) and all(wanted in {ANY, label} for label, wanted in pairs)


def _is_time(minutes: Any) -> bool:
    return isinstance(minutes, (int, float)) and not isinstance(minutes, bool) and 0 < minutes <= MAX_MINUTES


def _page(limit: int, offset: int) -> None:
    for name, value in (("limit", limit), ("offset", offset)):
        if type(value) is not int or value < 0:
            raise InvalidMessage(f"{name} must be a whole number of at least 0, not {brief_repr(value)}")
