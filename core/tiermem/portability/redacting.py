"""An export without what a redactor takes out: its lines, and the messages of its twin. Pure, but for the redactor.

Rule 1: nothing of it links to the database any more, so all text is shown to the redactor: names, keys, calls' ids too.
Rule 2: what would let somebody try words against it is left out: hashes, chains, keys of tombstones, vectors, ids of
messages and hexadecimal digits in names, which may be made of words as those of an import are. So are the bytes of
media, which are no text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from tiermem.messages import Message
from tiermem.portability import lines
from tiermem.portability.lines import Manifest
from tiermem.redaction.walking import Redact, redacted, value_of
from tiermem.text import late

LEFT_OUT = frozenset({"media", "item vector", "erasure", "erased"})  # kinds of lines
DROPPED = frozenset({"chain", "journal_chain", "witness", "sha256", "erased"})  # fields of the others
DIGEST = late.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8,}(?![0-9a-fA-F])")  # in a name
# Fields that are ours: what kind of thing it is, how and when it came; numbers are ours as well.
OURS = frozenset(
    [
        *("row", "kind", "strategy", "how", "manner", "extractor", "role"),
        *("created_at", "stored_at", "decided_at", "updated_at", "expires"),
    ]
)


class Redaction:
    """What *redact* leaves of lines, messages and other texts; without one, all of it.

    Raises (when called):
        RedactionFailed: *redact* raised something, or gave no text.
    """

    def __init__(self, redact: Redact | None) -> None:
        self._redact = redact

    def lines(self, raws: Iterable[bytes]) -> Iterator[bytes]:
        """*raws*, lines of an export, as they are written."""
        if self._redact is None:
            yield from raws
            return
        for raw in raws:
            kind = lines.kind_of(raw)
            if kind not in LEFT_OUT:
                yield lines.line(kind, _fields(lines.parsed(raw, 0), self._redact))

    def header(self, manifest: Manifest) -> Manifest:
        """What the export says of itself."""
        if self._redact is None:
            return manifest
        return replace(manifest, tenant=self.text(manifest.tenant), user=self.text(manifest.user), redacted=True)

    def message(self, said: Message) -> Message:
        """*said*, as its twin tells it."""
        if self._redact is None:
            return said
        return replace(redacted(said, self._redact), name=said.name and self.text(said.name))

    def text(self, text: str) -> str:
        """Any other text."""
        return text if self._redact is None or not text else DIGEST.sub("…", str(value_of(text, self._redact)))


def _fields(fields: dict[str, Any], redact: Redact) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if name not in DROPPED and name != "row"}
    return {name: _field(name, value, redact) for name, value in kept.items()}


def _field(name: str, value: Any, redact: Redact) -> Any:
    if name == "message" and isinstance(value, dict):
        return {one: _field(one, inside, redact) for one, inside in value.items() if one != "id"}
    if name == "name" and isinstance(value, str):
        return DIGEST.sub("…", str(value_of(value, redact)))
    if name in OURS or value is None or isinstance(value, (int, float, bytes)):
        return value
    return value_of(value, redact)
