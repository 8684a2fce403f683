"""Ways to tamper with the lines of an export that are of a conversation, by hand or with a last line that fits."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from tiermem.portability import lines
from tiermem.portability.files import _Hashes
from tiermem.portability.lines import MANIFEST, kind_of

# What a chain is of; of a session its other totals are worked out by whoever imports it.
FIELDS = {
    "session": ("messages", "revision", "chain_hex", "journal_chain_hex"),
    "fork": ("chain_hex",),
    "decision": (),
    "borrowed": (),
    "stub": (),
    "summary": (),
    "message": (),
}


def tampered(file: Path, target: Path, rng: random.Random, *, anew: bool) -> str:
    """*target*: the export *file* with one tampering; *anew*: its last line fits. Which it is."""
    raw = file.read_bytes().splitlines(keepends=True)
    places = [place for place, one in enumerate(raw) if kind_of(one) in FIELDS]
    how = rng.choice(("change", "change", "change", "drop", "double", "swap"))
    rows = [place for place in places if kind_of(raw[place]) not in {"session", "fork"}]
    place = rng.choice(places if how == "change" else rows)
    what = f"{how} {kind_of(raw[place])}"
    if how == "change":
        raw[place], name = _changed(raw[place], rng)
        what += f" {name}"
    elif how == "drop":
        del raw[place]
    elif how == "double":
        raw.insert(place, raw[place])
    else:
        like = [other for other in rows if other != place and kind_of(raw[other]) in {"message", "decision"}]
        place = rng.choice(like)
        other = rng.choice([one for one in like if one != place and kind_of(raw[one]) == kind_of(raw[place])])
        raw[place], raw[other] = raw[other], raw[place]
        what = f"swap {kind_of(raw[place])}"
    target.write_bytes(b"".join(closed(raw) if anew else raw))
    return what


def _changed(raw: bytes, rng: random.Random) -> tuple[bytes, str]:
    fields: dict[str, Any] = json.loads(raw)
    known = FIELDS[str(fields["row"])] or [name for name in fields if name != "row"]
    name = rng.choice([one for one in known if one in fields])
    fields[name] = _other(fields[name], rng)
    return lines.line(fields.pop("row"), fields), name


def _other(value: Any, rng: random.Random) -> Any:
    """Another value of that kind."""
    if isinstance(value, dict) and value:
        name = rng.choice([*value])
        return value | {name: _other(value[name], rng)}
    if isinstance(value, list) and value:
        place = rng.randrange(len(value))
        return [*value[:place], _other(value[place], rng), *value[place + 1 :]]
    if isinstance(value, str) and value:
        place = rng.randrange(len(value))
        return value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]
    return value ^ 1 << rng.randrange(6) if isinstance(value, int) else "0"


def closed(raw: list[bytes]) -> list[bytes]:
    """The lines with a last one that fits them."""
    hashes = _Hashes()
    for one in raw[:-1]:
        hashes.add(kind_of(one) if kind_of(one) != lines.HEADER else "", one)
    digests = hashes.hex()
    last = json.loads(raw[-1])
    whole = last | {"counts": dict(hashes.counts), "overall": digests.pop(""), "sha256": digests}
    whole.pop("row")
    return [*raw[:-1], lines.line(MANIFEST, whole)]
