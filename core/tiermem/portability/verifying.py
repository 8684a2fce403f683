"""An export against the chains that are in it, without a database: each row against its link, each session against a
head that somebody kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

from tiermem.blocks.payloads import Medium
from tiermem.errors import InvalidExport, InvalidMessage, TiermemError
from tiermem.plain_json import dumps
from tiermem.portability import files
from tiermem.portability.exporting import new_spool
from tiermem.portability.importing import LINKED
from tiermem.portability.lines import Manifest, parsed
from tiermem.records import Decision
from tiermem.reports.state import Verification
from tiermem.settings import Scope
from tiermem.shared_history import ForkKey, owner_of, read
from tiermem.storage.chain import links
from tiermem.storage.chain.checking import (
    OTHERWISE,
    Ranges,
    Walk,
    anchored,
    decisions_differ,
    erased_by,
    erased_since,
    summary_differs,
)
from tiermem.storage.chain.links import START, Head, LinkedRow, link, read_head
from tiermem.storage.exported import media
from tiermem.window.view import paint

Fields = dict[str, Any]
UNLINKED = "it was exported before there were chains (schema 16)"
_PARTS = frozenset({"fork", "media", "decision", "borrowed", "stub", "summary", "message"})
_AHEAD = frozenset({"session", "fork", "borrowed"})


def verify_export(file: str | PathLike[str], heads: Mapping[str, str] | None = None) -> dict[Scope, Verification]:
    """What is wrong in the export *file*, by session; *heads*: what `Session.head` gave of conversations, by name.

    Its lines are compared with the hashes in its last line, then each message, decision, stub and summary with its
    link. Items, documents' vectors and facts are no part of a chain: for these keep the manifest's `overall` hash.

    Raises:
        InvalidExport, ExportTooNew: it is something else, damaged, or cut short.
        InvalidSettings: a head is none. OSError: the file cannot be read.
    """
    path, known = Path(file), {name: read_head(text) for name, text in (heads or {}).items()}
    proof = _Export(known)
    manifest = files.surveyed(path)
    if manifest.schema < LINKED:
        return dict(_unlinked(path, manifest))
    for line in files.read(path):
        if line.kind in _AHEAD:
            proof.ahead(line.kind, parsed(line.raw, line.number))
    for line in files.read(path):
        try:
            if line.kind == "session" or line.kind in _PARTS:
                proof.take(line.kind, parsed(line.raw, line.number), manifest.tenant, manifest.user)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            if isinstance(error, TiermemError):
                raise
            raise InvalidExport(f"line {line.number} is no {line.kind} of an export: {error}") from error
    proof.end()
    for name in known.keys() - {scope.session for scope in proof.proofs if scope.kind == "conversation"}:
        proof.proofs[Scope(manifest.tenant, manifest.user, name)] = _proof(["the chain: there is no such session"])
    return proof.proofs


def _proof(problems: list[str], messages: int = 0, decisions: int = 0, notes: tuple[str, ...] = ()) -> Verification:
    return Verification(
        messages=messages, decisions=decisions, summaries=0, indexed=0, problems=tuple(problems), notes=notes
    )


def _unlinked(path: Path, manifest: Manifest) -> Iterator[tuple[Scope, Verification]]:
    for line in files.read(path):
        if line.kind == "session":
            fields = parsed(line.raw, line.number)
            scope = Scope(manifest.tenant, manifest.user, fields["name"], fields["kind"])
            yield scope, _proof([], fields["messages"], fields["revision"], (UNLINKED,))


@dataclass
class _Session:
    """What was read of a session that lasts."""

    scope: Scope
    fields: Fields
    head: Head | None
    walk: Walk
    key: int
    messages: int = 0
    decisions: list[Fields] = field(default_factory=list)
    stubs: dict[int, dict[int, bytes]] = field(default_factory=dict)
    summaries: dict[int, Fields] = field(default_factory=dict)
    loans: dict[int, Fields] = field(default_factory=dict)
    tombstones: list[Fields] = field(default_factory=list)
    erased: Ranges | None = None
    problems: list[str] = field(default_factory=list)

    def by(self, row: LinkedRow) -> bytes:
        """The hash of all that the decision *row* shows."""
        if row["kind"] == "compact" and row["number"] in self.loans:
            lent = self.loans[row["number"]]
            return links.lent(lent["number"], lent["first"], lent["last"], lent["chain"])
        if row["kind"] == "compact" and links.is_taken_over(row["witness"]):
            return link(row["witness"])
        if row["kind"] == "compact":
            return links.attached(links.kept(row["witness"]) | self.stubs.get(row["number"], {}))
        if row["kind"] == "cover":
            told = self.summaries.get(row["reference"])
            return links.attached({told["number"]: told["hash"]} if told else {})
        if row["kind"] == "erase":
            mine = [one for one in self.tombstones if row["first"] <= one["sequence"] <= row["last"]]
            return links.attached({0: links.of_tombstones(mine)})
        return START


@dataclass
class Lent:
    """A decision whose stubs a later session borrows: its link, and the messages that it has stubs of."""

    chain: bytes | None = None
    messages: list[int] = field(default_factory=list)


class _Spooled:
    """The media of an export, which may be more than fits into memory, in a file without a name."""

    def __init__(self) -> None:
        self._file = new_spool()
        self._places: dict[bytes, tuple[int, int]] = {}

    def put(self, medium: Medium) -> None:
        """Keep *medium*."""
        self._places[medium.sha256] = self._file.seek(0, 2), len(medium.data)
        self._file.write(medium.data)

    def of(self, wanted: Iterable[bytes]) -> dict[bytes, bytes]:
        """The bytes of those that were kept, by their hashes."""
        return {digest: self._read(*self._places[digest]) for digest in wanted if digest in self._places}

    def _read(self, place: int, length: int) -> bytes:
        self._file.seek(place)
        return self._file.read(length)


class _Export:
    """The sessions of an export, one after the other."""

    def __init__(self, heads: Mapping[str, Head]) -> None:
        self.proofs: dict[Scope, Verification] = {}
        self._heads = heads
        self._place = self._ahead = 0
        self._name = ""
        # What is wanted later, by the place of the session and the number of the message or of the decision.
        self._links: dict[tuple[int, int], bytes | None] = {}
        self._lent: dict[tuple[int, int], Lent] = {}
        self._now: _Session | None = None
        self._media_read = _Spooled()

    def ahead(self, kind: str, fields: Fields) -> None:
        """Know which links will be asked for."""
        if kind == "session":
            self._ahead, self._name = self._ahead + 1, fields["name"]
            return
        if kind == "borrowed":
            self._lent[fields["owner"], fields["number"]] = Lent()
            return
        key = ForkKey.of(self._ahead, read(fields["shared"]))
        self._links[owner_of(key, fields["base"]), fields["base"]] = None
        if (head := self._heads.get(self._name)) and 0 < head.messages <= fields["base"]:
            self._links[owner_of(key, head.messages), head.messages] = None

    def take(self, kind: str, fields: Fields, tenant: str, user: str) -> None:
        """Take a line."""
        if kind == "session":
            self.end()
            self._place += 1
            scope = Scope(tenant, user, fields["name"], fields["kind"])
            head = self._heads.get(fields["name"]) if fields["kind"] == "conversation" else None
            walk = Walk(START, head.messages if head else -1)
            self._now = _Session(scope, fields, head, walk, self._place)
            return
        if self._now is None:
            raise ValueError("it belongs to no session")
        getattr(self, f"_{kind}")(self._now, fields)

    def _fork(self, now: _Session, fields: Fields) -> None:
        key, base = ForkKey.of(now.key, read(fields["shared"])), fields["base"]
        now.messages, now.walk.last = base, link(fields["chain"])
        known = self._links.get((owner_of(key, base), base))
        if known is not None and known != now.walk.last:
            now.problems.append(f"tiermem_fork: {OTHERWISE}: it does not go on from message {base}")
        if now.head and 0 < now.head.messages <= base:
            now.walk.seen = self._links.get((owner_of(key, now.head.messages), now.head.messages))

    def _decision(self, now: _Session, fields: Fields) -> None:
        now.decisions.append(fields)
        if (lent := self._lent.get((now.key, fields["number"]))) is not None:
            lent.chain = fields["chain"]
        if fields["number"] != len(now.decisions):
            raise ValueError(f"it has number {fields['number']}, where {len(now.decisions)} was to come")

    def _stub(self, now: _Session, fields: Fields) -> None:
        row = fields | {"content": _octets(fields["content"])}
        own = now.stubs.setdefault(fields["decision"], {})
        if fields["sequence"] in own:
            raise ValueError("it is there twice")
        own[fields["sequence"]] = links.of_stub(row)
        if (lent := self._lent.get((now.key, fields["decision"]))) is not None:
            lent.messages.append(fields["sequence"])

    def _borrowed(self, now: _Session, fields: Fields) -> None:
        if fields["decision"] in now.loans:
            raise ValueError("it is there twice")
        lent = self._lent[fields["owner"], fields["number"]]
        inside = [number for number in lent.messages if fields["first"] <= number <= fields["last"]]
        now.loans[fields["decision"]] = fields | {"chain": lent.chain, "messages": inside}

    def _summary(self, now: _Session, fields: Fields) -> None:
        if fields["number"] in now.summaries:
            raise ValueError("it is there twice")
        row = fields | {"body": _octets(fields["body"])}
        now.summaries[fields["number"]] = row | {"hash": links.of_summary(row)}

    def _message(self, now: _Session, fields: Fields) -> None:
        now.messages += 1
        if now.erased is None:
            now.erased = erased_by(now.decisions)
        if fields["sequence"] != now.messages:
            raise ValueError(f"it has number {fields['sequence']}, where {now.messages} was to come")
        row = fields | {"id": fields.get("erased", b"")}
        if "erased" in fields:
            now.tombstones.append({name: row[name] for name in ("sequence", "id", "sha256", "role")})
        elif not self._proved(fields):
            now.problems.append(f"tiermem_message, message {now.messages}: it does not match its hash")
        now.problems += now.walk.step(row, now.erased)
        if (self._place, now.messages) in self._links:
            self._links[self._place, now.messages] = link(fields["chain"])

    def _proved(self, fields: Fields) -> bool:
        body = dumps(fields["message"])
        if "media" not in fields:
            return bool(sha256(body).digest() == fields["sha256"])
        try:
            media.original(body, fields["sha256"], self._media_read.of)
        except (ValueError, InvalidMessage):
            return False
        return True

    def _media(self, _: _Session, fields: Fields) -> None:
        self._media_read.put(media.read(fields))

    def end(self) -> None:
        """The session that was read last is whole."""
        if self._now is not None:
            now, self._now = self._now, None
            problems = [*now.problems, *_differs(now)]
            notes = tuple(erased_since(now.head, now.decisions))
            self.proofs[now.scope] = _proof(problems, now.messages, len(now.decisions), notes)


def _octets(value: Any) -> bytes:
    return value if isinstance(value, bytes) else dumps(value)


def _differs(now: _Session) -> Iterator[str]:
    fields, erased = now.fields, erased_by(now.decisions)
    if (now.messages, len(now.decisions)) != (fields["messages"], fields["revision"]):
        yield f"tiermem_session: it does not say {now.messages} messages and {len(now.decisions)} decisions"
    if now.walk.last != link(fields["chain"]):
        yield f"tiermem_session: {OTHERWISE}: its messages end otherwise than it says"
    yield from decisions_differ(now.decisions, now, START, erased)
    if link(now.decisions[-1]["chain"] if now.decisions else None) != link(fields["journal_chain"]):
        yield f"tiermem_session: {OTHERWISE}: its journal ends otherwise than it says"
    for told in now.summaries.values():
        yield from summary_differs(told, erased)
    yield from _beyond(now)
    yield from anchored(now.head, now.walk, now.decisions)


def _beyond(now: _Session) -> Iterator[str]:
    """What links do not tell: rows that no decision shows, which decisions are undone, which summaries in force."""
    covered = {one["reference"] for one in now.decisions if one["kind"] == "cover"}
    compacted = {one["number"] for one in now.decisions if one["kind"] == "compact"}
    if stray := sorted(now.summaries.keys() - covered):
        yield f"tiermem_summary: {OTHERWISE}: no decision shows {stray}"
    if stray := sorted((now.stubs.keys() | now.loans.keys()) - compacted):
        yield f"tiermem_stub: {OTHERWISE}: there are no decisions {stray} that compact"
    undone = {one["reference"] for one in now.decisions if one["kind"] == "undo"}
    if undone != {one["number"] for one in now.decisions if one["undone"]}:
        yield "tiermem_decision: the decisions marked undone are not those that the journal undoes"
    members = {number: sorted(own) for number, own in now.stubs.items()}
    members |= {number: sorted(lent["messages"]) for number, lent in now.loans.items()}
    names = Decision.__dataclass_fields__.keys() - {"decided_at", "session"}
    journal = [Decision(**{name: one[name] for name in names}) for one in now.decisions]
    parts = paint(1, now.messages, journal, members) if now.messages else []
    live = {number for number, one in now.summaries.items() if one["live"]}
    if live != {part.summary for part in parts if part.summary}:
        yield "tiermem_summary: the summaries in force are not those that the journal leads to"
