"""Media in what is shown: told in a few words, shown once in a context, and told where their bytes are lost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tiermem.blocks.forms import CAPTIONS, DESCRIBED, MEDIA, NAMES, Sort
from tiermem.blocks.payloads import PREFIX, Pointer, read_pointer, type_of
from tiermem.blocks.reading import beside, read
from tiermem.blocks.rewording import text_block
from tiermem.messages import Content, Message, content_text
from tiermem.text.sanitizing import in_chinese, one_line, unbracketed
from tiermem.window.media.refilling import reshown

CAPTION = 80  # characters of a caption that stand for a medium
_NAMES_ZH = {Sort.IMAGE: "图片", Sort.AUDIO: "音频", Sort.VIDEO: "视频", Sort.FILE: "文件"}
_UNITS = ("bytes", "KB", "MB", "GB")


def told(block: Mapping[str, Any]) -> str:
    """A medium in words: "image/png, 640 x 480, 213 KB, chart.png: how the algorithms compare"."""
    says = _pointer_in(block)
    sort = read(block).sort
    kind = (says.type if says else "") or type_of(block) or str(sort)
    sides = f"{says.width} x {says.height}" if says and says.width else ""
    parts = [kind, sides, size(says.size) if says else "", _first(block, NAMES)]
    head = ", ".join(part for part in parts if part)
    caption = _first(block, (*CAPTIONS, DESCRIBED, "transcript"))
    return unbracketed(f"{head}: {caption}" if caption else head)


@dataclass(frozen=True, slots=True)
class AboutMedium:
    """What a message says of a medium in it: its name and caption, and the sides of a picture in pixels."""

    name: str = ""
    caption: str = ""
    width: int = 0
    height: int = 0


def about(message: Message, digest: bytes) -> AboutMedium:
    """What *message* says of the medium with that SHA-256."""
    mark = PREFIX + digest.hex()
    for pointer in (one for one in message.pointers if one.startswith(mark)):
        says = read_pointer(pointer)
        block = next((part for part in _media_in(message.content) if pointer in _pointers(part)), {})
        caption = _first(block, (*CAPTIONS, DESCRIBED, "transcript"))
        return AboutMedium(_first(block, NAMES), caption, says.width, says.height)
    return AboutMedium()


def one_medium(message: Message) -> tuple[str, str] | None:
    """The medium of *message* in words, and what is said beside it; None unless there is one, stored apart."""
    blocks = list(_media_in(message.content))
    if len(blocks) != 1 or _pointer_in(blocks[0]) is None or not isinstance(message.content, list):
        return None
    beside = [part for part in message.content if not any(_media_in(part))]
    return told(blocks[0]), content_text(beside)


def _media_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """The blocks of media in *value*, wherever they stand."""
    if isinstance(value, list):
        for part in value:
            yield from _media_in(part)
    elif isinstance(value, Mapping):
        if read(value).sort in MEDIA:
            yield value
        else:
            for part in value.values():
                yield from _media_in(part)


def size(count: int) -> str:
    """A number of bytes in words, by 1,000: "213 KB"."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}" if value < 1000 else f"{value:.0f} {_UNITS[unit]}"


def shown_once(messages: Sequence[Message]) -> list[Message]:
    """*messages* of a context, in which each medium stands once: where it comes again, its block says where it is.

    What stands in a framework's own form beside the content, as a model's answer in sound does, stays.
    """
    first: dict[str, int] = {}
    shown: list[Message] = []
    for message in messages:
        again = {one: first[_of(one)] for one in message.pointers if _of(one) in first}
        content = _replaced(message.content, again, _again) if again else message.content
        left = message.pointers and tuple(_pointers([content, message.raw]))
        shown.append(message if content is message.content else reshown(message, content, left))
        for one in left:
            first.setdefault(_of(one), message.sequence)
    return shown


def told_lost(message: Message) -> Message:
    """*message* with words in place of the media whose bytes were not put back."""
    lost = dict.fromkeys(message.pointers, message.sequence)
    content = _replaced(message.content, lost, _lost) if lost else message.content
    return message if content is message.content else reshown(message, content, ())


def _again(block: Mapping[str, Any], sequence: int) -> str:
    words = told(block)
    return f"[{words} · 同 m{sequence}]" if in_chinese(words) else f"[{words} · the same as in m{sequence}]"


def _lost(block: Mapping[str, Any], sequence: int) -> str:
    words = told(block)
    return f"[{words} · 数据已损坏]" if in_chinese(words) else f"[{words} · its bytes in m{sequence} are damaged]"


def _of(pointer: str) -> str:
    return pointer[: len(PREFIX) + 64]  # the hash: one medium may be written in two forms


def _replaced(content: Content, places: Mapping[str, int], say: Callable[[Mapping[str, Any], int], str]) -> Content:
    """*content* with what *say* tells in place of each block of a medium that one of *places* points to."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            parts = [changed(part) for part in value]
            return parts if any(part is not one for part, one in zip(parts, value, strict=True)) else value
        if not isinstance(value, Mapping):
            return value
        if read(value).sort in MEDIA:
            place = next((places[one] for one in _pointers(value) if one in places), None)
            return value if place is None else _text(say(value, place), value)
        fields = {key: changed(one) for key, one in value.items()}
        return fields if any(fields[key] is not one for key, one in value.items()) else value

    made: Content = changed(content)
    return made


def _text(words: str, block: Mapping[str, Any]) -> dict[str, Any]:
    if block.get("type") in _RESPONSES:
        return {"type": "input_text", "text": words}
    return text_block(words, block)


_RESPONSES = frozenset({"input_image", "input_file"})  # OpenAI's Responses have a word of their own for text


def _pointers(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(PREFIX):
            yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _pointers(one)
    elif isinstance(value, list):
        for one in value:
            yield from _pointers(one)


def _pointer_in(block: Mapping[str, Any]) -> Pointer | None:
    for one in _pointers(block):
        try:
            return read_pointer(one)
        except ValueError:
            continue
    return None


def _first(block: Mapping[str, Any], keys: Sequence[str]) -> str:
    found = (held.get(key) for held in beside(block) for key in keys)
    return next((one_line(one)[:CAPTION] for one in found if isinstance(one, str) and one.strip()), "")
