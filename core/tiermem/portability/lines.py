"""The lines of an export: one JSON object each, `row` first, that says what it is. Pure.

Rule 1: the same row gives the same bytes, whichever database it is in, so that two exports can be compared.
Rule 2: a line is UTF-8; one with a lone surrogate is written in ASCII escapes.
Rule 3: the first line says what the file is, the last one how many lines of each kind came before, and their SHA-256.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tiermem.errors import ExportTooNew, InvalidExport
from tiermem.plain_json import dumps

FORMAT = 1
HEADER, MANIFEST = "export", "manifest"
_KIND = re.compile(rb'\{"row":"([a-z ]{1,40})"')


class Raw(bytes):
    """What is JSON already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an export says of itself.

    Args:
        format: the version of the form of the file; *schema*: that of the database.
        tenant, user: whose it is.
        counts: lines by what they are: "session", "message", "decision" …
        sha256: of the lines of each kind, in hexadecimal.
        overall: of all lines but the last.
        redacted: a redactor took something out of it, so it is for reading alone.
    """

    format: int
    schema: int
    tenant: str
    user: str
    counts: Mapping[str, int] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)
    overall: str = ""
    redacted: bool = False

    @property
    def namespace(self) -> str | tuple[str, str]:
        """Whose it is, as other verbs take it."""
        return (self.tenant, self.user) if self.tenant else self.user

    def __str__(self) -> str:
        return ", ".join(f"{count:,} {_several(kind, count)}" for kind, count in self.counts.items()) or "nothing"


def _several(kind: str, count: int) -> str:
    if count == 1 or kind == "erased":
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("ry") else f"{kind}s"


def line(kind: str, values: Mapping[str, Any]) -> bytes:
    """One line; bytes that are no `Raw` JSON stand in hexadecimal, under their name and "_hex"."""
    parts = [b'{"row":' + dumps(kind)]
    for name, value in values.items():
        if isinstance(value, bytes) and not isinstance(value, Raw):
            parts.append(dumps(f"{name}_hex") + b":" + dumps(value.hex()))
        else:
            parts.append(dumps(name) + b":" + (value if isinstance(value, Raw) else dumps(value)))
    body = b",".join(parts) + b"}"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        fields = json.loads(body.decode("utf-8", "surrogatepass"))
        return json.dumps(fields, separators=(",", ":")).encode("ascii") + b"\n"
    return body + b"\n"


def kind_of(raw: bytes) -> str:
    """What a line says that it is; "" where it is none of ours."""
    match = _KIND.match(raw)
    return match[1].decode() if match else ""


def parsed(raw: bytes, number: int) -> dict[str, Any]:
    """The fields of line *number*, with bytes in place of hexadecimal digits.

    Raises:
        InvalidExport: it is no line of an export.
    """
    try:
        fields = json.loads(raw)
        return {
            (name.removesuffix("_hex") if name.endswith("_hex") else name): (
                bytes.fromhex(value) if name.endswith("_hex") else value
            )
            for name, value in fields.items()
        }
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidExport(f"line {number} is no line of an export") from error


def header(manifest: Manifest) -> bytes:
    """The first line."""
    known = {name: getattr(manifest, name) for name in ("format", "schema", "tenant", "user")}
    said = {"redacted": True} if manifest.redacted else {}
    return line(HEADER, {"of": "all that tiermem holds of one user", **known, **said})


def footer(manifest: Manifest) -> bytes:
    """The last line."""
    return line(MANIFEST, _closing(manifest))


def _closing(manifest: Manifest) -> dict[str, Any]:
    return {name: value for name, value in asdict(manifest).items() if name not in {"schema", "redacted"}}


def read_header(raw: bytes, name: str) -> Manifest:
    """What the first line of the file *name* says.

    Raises:
        InvalidExport: the file is something else; it says what, where that is known.
        ExportTooNew: it was written by a newer tiermem.
    """
    if kind_of(raw) != HEADER:
        raise InvalidExport(f"{name} is no export of a user{_instead(raw)}")
    fields = parsed(raw, 1)
    if fields.get("redacted"):
        raise InvalidExport(f"{name} was redacted, so it is for reading: it can be neither imported nor verified")
    try:
        said = Manifest(**{one: fields[one] for one in ("format", "schema", "tenant", "user")})
    except KeyError as error:
        raise InvalidExport(f"{name}: its first line does not say {error}") from error
    if any(type(number) is not int or number < 1 for number in (said.format, said.schema)):
        raise InvalidExport(f"{name}: its first line says no version")
    if said.format > FORMAT:
        raise ExportTooNew(f"{name} has format {said.format}; this tiermem reads up to {FORMAT}: use a newer one")
    return said


def read_footer(
    raw: bytes, number: int, begun: Manifest, said: Mapping[str, int], hashes: Mapping[str, str]
) -> Manifest:
    """The manifest of a file whose lines come to these counts and hashes (that of all of them under "").

    Raises:
        InvalidExport: they are others than its last line says.
    """
    fields = parsed(raw, number)
    whole = Manifest(
        format=begun.format,
        schema=begun.schema,
        tenant=begun.tenant,
        user=begun.user,
        counts=dict(said),
        sha256={kind: digest for kind, digest in hashes.items() if kind},
        overall=hashes[""],
    )
    expected = _closing(whole)
    if expected != {name: value for name, value in fields.items() if name != "row"}:
        wrong = ", ".join(_differing(expected, fields)) or "what its last line says"
        raise InvalidExport(f"the file is damaged: {wrong} is not as it was written; nothing was imported")
    return whole


def _differing(expected: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterable[str]:
    said = fields.get("sha256")
    for kind, digest in expected["sha256"].items():
        if not isinstance(said, dict) or said.get(kind) != digest:
            yield f"a line of {kind!r}"


def _instead(raw: bytes) -> str:
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    if isinstance(fields, dict) and "role" in fields and "content" in fields:
        return ", but messages of one conversation: `tiermem import FILE --session NAME` reads them"
    return ""
