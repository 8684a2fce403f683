"""Content blocks as our table of kinds reads them, made of what other programs have in other forms. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

Block = dict[str, Any]
_LINES = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "ul", "ol", "table", "hr"})
_SILENT = frozenset({"script", "style"})


def text(words: Any) -> list[Block]:
    """A block of *words*, none where there are none."""
    return [{"type": "text", "text": words}] if isinstance(words, str) and words.strip() else []


def thought(words: Any) -> list[Block]:
    """A block of what a model thought."""
    return [{"type": "thinking", "thinking": words}] if isinstance(words, str) and words.strip() else []


def document(name: Any, words: Any) -> list[Block]:
    """A block of an attached file whose *words* are there; of its name alone where they are not."""
    title = name if isinstance(name, str) and name else ""
    if isinstance(words, str) and words:
        source = {"type": "text", "media_type": "text/plain", "data": words}
        return [{"type": "document", **({"title": title} if title else {}), "source": source}]
    return [{"type": "file", "filename": title}] if title else []


def picture(name: Any) -> list[Block]:
    """A block of a picture of which only the *name* is there."""
    return [{"type": "image", "filename": name}] if isinstance(name, str) and name else []


def strings(values: Any) -> Iterator[str]:
    """The strings of a list of strings and objects with `text`."""
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping) and isinstance(value.get("text"), str):
            yield value["text"]


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; of anything else none."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def mapping(value: Any) -> Mapping[str, Any]:
    """*value* where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def joined(parts: Iterable[str], between: str = "\n") -> str:
    """The *parts* that say something."""
    return between.join(part for part in parts if part.strip())


def plain(markup: str) -> str:
    """The words of HTML, a line for each paragraph, entities read."""
    reader = _Words()
    reader.feed(markup)
    reader.close()
    lines = ("".join(reader.parts)).splitlines()
    return "\n".join(line.strip() if not reader.code else line.rstrip() for line in lines if line.strip())


def unescaped(words: str) -> str:
    """*words* with entities read: `&amp;` is an ampersand."""
    return html.unescape(words)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.code = False
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        del attrs
        self._silent += tag in _SILENT
        self.code = self.code or tag == "pre"
        self.parts += ["\n"] if tag in _LINES else []
        self.parts += ["- "] if tag == "li" else []

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        self.parts += ["\n"] if tag in _LINES else ["\t"] if tag in {"td", "th"} else []

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
