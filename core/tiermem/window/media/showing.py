"""Media in what is shown: told in a few words, shown once in a context, and told where their bytes are lost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tiermem.blocks.forms import CAPTIONS, DESCRIBED, MEDIA, NAMES, Sort
from tiermem.blocks.payloads import PREFIX, Pointer, read_pointer, type_of
from tiermem.blocks.reading import beside, read
from tiermem.blocks.rewording import text_block
from tiermem.messages import Message, content_text
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


def media_told(message: Message) -> list[str]:
    """Each medium of *message* in words."""
    return [told(block) for block in _media_in(message.content)]


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


Places = Mapping[str, int]  # numbers of messages, by the hashes of the media that stand in them


def again(message: Message, places: Places) -> Message:
    """*message* with words in place of the media that stand in other messages already, by *places*, or in itself."""
    seen: set[str] = set()

    def say(block: Mapping[str, Any], pointer: str) -> str | None:
        known = _of(pointer)
        if known in places or known in seen:
            return _again(block, places.get(known, message.sequence))
        seen.add(known)
        return None

    return _shown(message, say)


def shown_once(messages: Sequence[Message], change: Callable[[Message, Places], Message] = again) -> list[Message]:
    """*messages* of a context, in which each medium stands once: where it comes again, *change* says where it is.

    What stands in a framework's own form beside the content, as a model's answer in sound does, stays.
    """
    first: dict[str, int] = {}
    shown: list[Message] = []
    for message in messages:
        own = [_of(one) for one in _pointers([message.content, message.raw])] if message.pointers else []
        there = {one: first[one] for one in own if one in first}
        shown.append(change(message, there) if there or len(own) > len(set(own)) else message)
        for one in own:
            first.setdefault(one, message.sequence)
    return shown


def told_lost(message: Message) -> Message:
    """*message* with words in place of the media whose bytes were not put back."""
    return _shown(message, lambda block, _: _lost(block, message.sequence)) if message.pointers else message


def _again(block: Mapping[str, Any], sequence: int) -> str:
    words = told(block)
    return f"[{words} · 同 m{sequence}]" if in_chinese(words) else f"[{words} · the same as in m{sequence}]"


def _lost(block: Mapping[str, Any], sequence: int) -> str:
    words = told(block)
    return f"[{words} · 数据已损坏]" if in_chinese(words) else f"[{words} · its bytes in m{sequence} are damaged]"


def _of(pointer: str) -> str:
    return pointer[: len(PREFIX) + 64]  # the hash: one medium may be written in two forms


def _shown(message: Message, say: Callable[[Mapping[str, Any], str], str | None]) -> Message:
    """*message* with what *say* tells of a block and the pointer in it in place of each medium; None leaves it."""
    content = _replaced(message.content, say)
    if content is message.content:
        return message
    return reshown(message, content, tuple(_pointers([content, message.raw])))


def _replaced(value: Any, say: Callable[[Mapping[str, Any], str], str | None]) -> Any:
    if isinstance(value, list):
        parts = [_replaced(part, say) for part in value]
        return parts if any(part is not one for part, one in zip(parts, value, strict=True)) else value
    if not isinstance(value, Mapping):
        return value
    if read(value).sort in MEDIA:
        pointer = next(_pointers(value), None)
        words = None if pointer is None else say(value, pointer)
        return value if words is None else _text(words, value)
    fields = {key: _replaced(one, say) for key, one in value.items()}
    return fields if any(fields[key] is not one for key, one in value.items()) else value


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
