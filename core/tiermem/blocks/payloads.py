"""The bytes of media in content blocks, taken out of a JSON value as pointers, and put back exactly. Pure.

Rule 1: `filled(taken(value), texts)` is *value* again, text for text: what would not encode to the same text stays.
Rule 2: where anything is taken out, so is a text that looks like a pointer: every pointer in what is left is one.
Rule 3: what is text, or may be, stays where its words are read.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from tiermem.blocks.forms import MEDIA, MEDIA_WORDS, Sort
from tiermem.blocks.media_types import HEAD, UNKNOWN, image_size, sniffed
from tiermem.blocks.reading import MIMES, POINTER, read

PREFIX = POINTER
LEAST = 64  # characters of base64 below which a pointer would be as long as what it stands for
FOREIGN = 1_000  # characters of base64 outside a block of media, where only what surely is a medium is taken
# Keys under which blocks of media have their bytes; `__bytes__` is how `agents/encoding.py` writes a framework's.
_HOLDS = frozenset(
    "data base64 bytes blob b64_json image audio video file_data result url image_url __bytes__".split()  # noqa: SIM905
)
# What is read as words, wherever it stands, and kinds of blocks whose every text is: arguments count as they are sent.
_WORDS = frozenset({"", "text", "content", "value", "output", "context", *MEDIA_WORDS})
_WORDED = frozenset({Sort.CALL, Sort.THOUGHT})
_HEADER = re.compile(r"data:([\w.+-]{1,80}/[\w.+-]{1,80})?[^,\s]{0,200};base64,", re.ASCII)
_LINE = 76  # characters of a line of MIME's base64 (RFC 2045)
_ENDS = {"lf": "\n", "crlf": "\r\n"}
_BEGIN = re.compile(rf"[A-Za-z0-9+/_-]{{{LEAST - 4}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Medium:
    """Bytes that stood in a block: their SHA-256, and what they are ("" where nobody said, and they do not say)."""

    sha256: bytes
    data: bytes
    type: str


class Pointer(NamedTuple):
    """What a pointer says.

    *form*: how the bytes were written; *size*: of the bytes; *width*, *height*: in pixels, 0 where unknown;
    *header*: of a data URL, what stood before its bytes.
    """

    sha256: bytes
    form: str
    size: int
    width: int
    height: int
    type: str
    header: str


class TakenApart(NamedTuple):
    """A *value* without the bytes of its *media*, by the pointers that stand for them."""

    value: Any
    media: Mapping[str, Medium]


def taken(value: Any) -> TakenApart:
    """*value* with pointers in place of the bytes of media; the same object where there are none."""
    if not _may_have(value):
        return TakenApart(value, {})
    media: dict[str, Medium] = {}
    escaped: dict[str, Medium] = {}

    def visit(text: str, key: str, inside: bool, mime: str) -> str:
        if text.startswith(PREFIX):
            data = text.encode("utf-8", "surrogatepass")
            return _pointer(Medium(sha256(data).digest(), data, UNKNOWN), "text", "", escaped)
        return _taken(text, key, inside, mime, media)

    left = _walked(value, visit)
    return TakenApart(left, media | escaped) if media else TakenApart(value, {})


def _may_have(value: Any) -> bool:
    """Whether something in *value* begins like base64; nearly all that is said does not, and costs a microsecond."""
    if isinstance(value, str):
        return len(value) >= LEAST and (value.startswith("data:") or _BEGIN.match(value) is not None)
    if isinstance(value, Mapping):
        return any(map(_may_have, value.values()))
    return isinstance(value, list) and any(map(_may_have, value))


def filled(value: Any, texts: Mapping[str, str]) -> Any:
    """*value* with *texts* in place of the pointers that name them; what has none of these is the same object."""
    if isinstance(value, str):
        return texts.get(value, value) if value.startswith(PREFIX) else value
    if isinstance(value, Mapping):
        made = {key: filled(inner, texts) for key, inner in value.items()}
        return made if any(made[key] is not inner for key, inner in value.items()) else value
    if isinstance(value, list):
        parts = [filled(inner, texts) for inner in value]
        return parts if any(part is not inner for part, inner in zip(parts, value, strict=True)) else value
    return value


def read_pointer(text: str) -> Pointer:
    """What the pointer *text* says.

    Raises:
        ValueError: it is none.
    """
    if not text.startswith(PREFIX):
        raise ValueError("it is no pointer to a medium")
    digest, form, size, sides, kind, header = text.removeprefix(PREFIX).split(":", 5)
    width, height = sides.split("x")
    return Pointer(bytes.fromhex(digest), form, int(size), int(width), int(height), kind, header)


def text_of(pointer: str, data: bytes) -> str:
    """The text that *pointer* stands for, of its bytes.

    Raises:
        ValueError: it is no pointer.
    """
    says = read_pointer(pointer)
    return says.header + _FORMS[says.form](data)


def type_of(fields: Mapping[str, Any]) -> str:
    """The media type that the fields of a block say; "" where they say none."""
    return next((one for key in MIMES if isinstance(one := fields.get(key), str) and "/" in one), "")


Visit = Callable[[str, str, bool, str], str]


def _walked(
    value: Any, visit: Visit, key: str = "", *, inside: bool = False, worded: bool = False, mime: str = ""
) -> Any:
    """*value* with what *visit* says in place of each of its texts: told the key, which is "" where all is words,
    whether a block of media has it, and its media type."""
    if isinstance(value, str):
        return visit(value, "" if worded else key, inside, mime)
    if isinstance(value, Mapping):
        sort = read(value).sort
        inside, worded = inside or sort in MEDIA, worded or sort in _WORDED
        mime = type_of(value) or mime
        made = {name: _walked(one, visit, name, inside=inside, worded=worded, mime=mime) for name, one in value.items()}
        return made if any(made[name] is not one for name, one in value.items()) else value
    if isinstance(value, list):
        parts = [_walked(one, visit, key, inside=inside, worded=worded, mime=mime) for one in value]
        return parts if any(part is not one for part, one in zip(parts, value, strict=True)) else value
    return value


def _taken(text: str, key: str, inside: bool, mime: str, media: dict[str, Medium]) -> str:
    if len(text) < (LEAST if inside else FOREIGN) or key in _WORDS:
        return text
    header = _HEADER.match(text[:400])
    if header is None and inside and key not in _HOLDS and len(text) < FOREIGN:
        return text
    start = header.end() if header else 0
    written = _read(text[start:])
    if written is None:
        return text
    form, data = written
    kind = (header[1] if header else "") or mime or sniffed(data)
    if not inside and (not sniffed(data, surely=True) and not (header and kind.split("/")[0] in _KINDS)):
        return text
    return _pointer(Medium(sha256(data).digest(), data, kind or UNKNOWN), form, text[:start], media)


_KINDS = frozenset({"image", "audio", "video"})


def _pointer(medium: Medium, form: str, header: str, media: dict[str, Medium]) -> str:
    width, height = image_size(medium.data[:HEAD]) or (0, 0)
    kind = re.sub(r"[^\w.+/-]", "", medium.type)[:80]
    says = (medium.sha256.hex(), form, len(medium.data), f"{width}x{height}", kind, header)
    pointer = PREFIX + ":".join(map(str, says))
    media[pointer] = medium
    return pointer


def _read(text: str) -> tuple[str, bytes] | None:
    """How *text* writes bytes in base64, and the bytes; None for what would not be written like this again."""
    plain, lines = text, ""
    if "\n" in text[: _LINE + 3]:
        lines = "crlf" if "\r\n" in text[: _LINE + 3] else "lf"
        lines += "-end" if text.endswith("\n") else ""
        plain = text.replace("\r\n", "").replace("\n", "")
    alphabet = "url" if "-" in plain or "_" in plain else "std"
    padded = plain + "=" * (-len(plain) % 4)
    try:
        data = base64.b64decode(padded, altchars=b"-_" if alphabet == "url" else None, validate=True)
    except (binascii.Error, ValueError):
        return None
    form = alphabet + ("" if padded == plain else "-bare") + (f"-{lines}" if lines else "")
    return (form, data) if data and _FORMS[form](data) == text else None


def _encoder(alphabet: str, *, bare: bool, lines: str) -> Callable[[bytes], str]:
    encode = base64.b64encode if alphabet == "std" else base64.urlsafe_b64encode

    def written(data: bytes) -> str:
        text = encode(data).decode("ascii")
        text = text.rstrip("=") if bare else text
        if not lines:
            return text
        end = _ENDS[lines.removesuffix("-end")]
        wrapped = end.join(text[at : at + _LINE] for at in range(0, len(text), _LINE))
        return wrapped + end if lines.endswith("-end") else wrapped

    return written


def _encoders() -> dict[str, Callable[[bytes], str]]:
    made: dict[str, Callable[[bytes], str]] = {"text": lambda data: data.decode("utf-8", "surrogatepass")}
    for alphabet in ("std", "url"):
        for bare in (False, True):
            for lines in ("", "lf", "crlf", "lf-end", "crlf-end"):
                name = alphabet + ("-bare" if bare else "") + (f"-{lines}" if lines else "")
                made[name] = _encoder(alphabet, bare=bare, lines=lines)
    return made


_FORMS = _encoders()
