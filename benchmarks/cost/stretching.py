"""A conversation made longer than anybody waits for: an export of one, with messages more inside of what its first
summary covers, which an import brings. What its window shows stays the same.

Its words are not indexed, only counted as if they were, and its tokens are those of before: who forks reads neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from tiermem import Memory
from tiermem.flows.effects import Flow, Transact
from tiermem.plain_json import dumps
from tiermem.portability import files
from tiermem.portability.lines import Manifest, Raw, line, parsed, read_header
from tiermem.portability.redacting import Redaction
from tiermem.storage.schema import session

AFTER = 1_000  # the message behind which the others are put; the first summary must reach further
PLACES = frozenset({"first", "last", "sequence"})


def stretched(source: Path, target: Path, more: int, user: str = "ann") -> None:
    """Make *target* a database with the one conversation of *source*, and *more* messages in it."""
    exported, longer = target.with_suffix(".jsonl"), target.with_suffix(".long.jsonl")
    with Memory.open(source) as memory:
        memory.export(user, exported, readable=False)
    with exported.open("rb") as lines, files.new(longer, readable=False, redaction=Redaction(None)) as sink:
        manifest = read_header(next(lines), exported.name)
        sink.begin(Manifest(format=manifest.format, schema=manifest.schema, tenant="", user=user))
        sink.add(_lines(lines, more))
        sink.finish(manifest)
    with Memory.open(target) as memory:
        memory.import_(longer)
        memory.drive(_counted_as_indexed())
    for file in (exported, longer):
        file.unlink()


def _counted_as_indexed() -> Flow[None]:
    yield Transact(lambda c: c.execute(session.update().values(indexed=session.c.messages)))


def _lines(lines: Iterator[bytes], more: int) -> Iterator[bytes]:
    """The lines of the longer export; messages that come in between say what those before them did."""
    before: list[dict[str, Any]] = []
    for number, raw in enumerate(lines, start=2):
        fields = parsed(raw, number)
        kind = fields.pop("row")
        if kind == "manifest":
            return
        if kind == "session":
            fields |= {"messages": fields["messages"] + more, "floor": fields["floor"] + more}
        if kind == "message" and fields["sequence"] <= AFTER:
            before.append(fields)
        if kind == "message" and fields["sequence"] == AFTER + 1:
            yield from _between(before, more)
        yield line(kind, {name: _moved(name, value, more) for name, value in fields.items()})


def _between(before: list[dict[str, Any]], more: int) -> Iterator[bytes]:
    for place in range(more):
        model = before[place % len(before)]
        said = dumps(model["message"] | {"id": f"between-{place}"})
        digest = sha256(said).digest()
        yield line(
            "message",
            {
                "sequence": AFTER + 1 + place,
                "tokens": model["tokens"],
                "stored_at": before[-1]["stored_at"],
                "sha256": digest,
                "message": Raw(said),
            },
        )


def _moved(name: str, value: Any, more: int) -> Any:
    return value + more if name in PLACES and value > AFTER else value
