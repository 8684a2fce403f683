"""JSON as models write it, read with patience: in prose and fences, with other quotes, commas and ends than JSON has.

Rule: what is complete is read as it stands; what was cut off is left out, because half a number is another number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from tiermem.text.sanitizing import without

LONGEST = 200_000  # characters looked at; a summary has a few thousand
_PLACES = 12  # opening braces tried as the start of the object
_DEEPEST = 30
_THOUGHT, _THOUGHT_END = (re.compile(rf"<{slash}think(?:ing)?>", re.IGNORECASE) for slash in ("", "/"))
_QUOTES = {'"': '"', "'": "'", "“": '””“"', "‘": "’", "「": "」", "”": "”", "`": "`"}
_BLANK = re.compile(r"[\s\ufeff]*")
_COMMENTS = {"//": "\n", "/*": "*/"}
_BARE = re.compile(r"[^\s,，:：{}\[\]\"'“”]+(?: +[^\s,，:：{}\[\]\"'“”]+)*")
_WORDS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CUT = object()  # stands for a value that the text ends in


def read_object(text: str, names: Collection[str]) -> dict[str, Any] | None:
    """The object in *text* that has most of the keys *names*; None when none has any. Never raises, linear in *text*.

    Understood besides JSON: prose, code fences and ``<think>`` around it; single, typographic and unescaped quotes;
    comments, trailing and missing commas, full-width punctuation, keys without quotes, Python's constants, line ends in
    strings, and an end that was cut off.
    """
    text = without(text[:LONGEST], _THOUGHT, _THOUGHT_END)
    best: dict[str, Any] | None = None
    place = -1
    for _ in range(_PLACES):
        place = text.find("{", place + 1)
        if place < 0:
            break
        value, end = _at(text, place)
        if isinstance(value, dict) and _known(value, names) > (_known(best, names) if best else 0):
            best = value
            place = end - 1
    return best


def _known(value: dict[str, Any], names: Collection[str]) -> int:
    """How many of *names* the object has that has most of them: *value*, or one within it, however deep."""
    most, left = 0, [value]
    while left:
        current = left.pop()
        most = max(most, sum(name in current for name in names))
        left += [inner for inner in current.values() if isinstance(inner, dict)]
    return most


def _at(text: str, place: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, place)
    except (ValueError, RecursionError):
        pass
    reader = _Reader(text, place)
    try:
        return reader.value(0), reader.place
    except _TooDeep:
        return None, place + 1


class _TooDeep(Exception):
    pass


class _Reader:
    """Reads one value from a place on; `place` is behind it afterwards."""

    def __init__(self, text: str, place: int) -> None:
        self.text = text
        self.place = place
        self._nexts: dict[str, tuple[int, int]] = {}

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise _TooDeep
        mark = self._peek()
        if mark == "{":
            return self._object(depth)
        if mark == "[":
            return self._array(depth)
        if mark in _QUOTES:
            return self._string()
        return self._bare() if mark else _CUT

    def _peek(self) -> str:
        self.place = self._behind_space(self.place)
        return self.text[self.place : self.place + 1]

    def _behind_space(self, place: int) -> int:
        """The place behind blanks and comments. A comment that is never closed is none."""
        while True:
            blank = _BLANK.match(self.text, place)
            place = blank.end() if blank else place
            mark = self.text[place : place + 2]
            if mark not in _COMMENTS or (end := self._next(_COMMENTS[mark], place + 2)) < 0:
                return place
            place = end

    def _next(self, mark: str, place: int) -> int:
        """The place behind the next *mark*, -1 where there is none. It is looked for once between two of them: where
        quotes and comments alternate, each would be looked for from every quote."""
        start, end = self._nexts.get(mark, (1, 0))
        if not start <= place <= end - len(mark):
            found = self.text.find(mark, place)
            end = len(self.text) + len(mark) if found < 0 else found + len(mark)
            self._nexts[mark] = place, end
        if end <= len(self.text):
            return end
        return len(self.text) if mark == "\n" else -1

    def _object(self, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        self.place += 1
        while (mark := self._peek()) not in {"", "}"}:
            if mark in ",，;]":
                self.place += 1
                continue
            key = self._string() if mark in _QUOTES else self._bare()
            if self._peek() not in {":", "："}:
                continue  # a word without a value
            self.place += 1
            value = self.value(depth + 1)
            if value is not _CUT and key is not _CUT:
                fields[str(key)] = value
        self.place += 1
        return fields

    def _array(self, depth: int) -> list[Any]:
        values: list[Any] = []
        self.place += 1
        while (mark := self._peek()) not in {"", "]", "}"}:
            if mark in ",，;:：":
                self.place += 1
                continue
            value = self.value(depth + 1)
            if value is not _CUT:
                values.append(value)
        self.place += mark != "}"  # the object around was closed first: its brace is its own
        return values

    def _string(self) -> Any:
        ends = _QUOTES[self.text[self.place]]
        parts: list[str] = []
        self.place += 1
        while self.place < len(self.text):
            mark = self.text[self.place]
            self.place += 1
            if mark == "\\":
                parts.append(self._escaped())
            elif mark in ends and self._ends_here():
                return "".join(parts)
            else:
                parts.append(mark)
        return _CUT

    def _escaped(self) -> str:
        mark = self.text[self.place : self.place + 1]
        self.place += 1
        if mark == "u" and re.match("[0-9a-fA-F]{4}", self.text[self.place : self.place + 4]):
            self.place += 4
            return chr(int(self.text[self.place - 4 : self.place], 16))
        return _ESCAPES.get(mark, mark)

    def _ends_here(self) -> bool:
        """A quote ends a string where JSON goes on behind it; else it is a quote that was not escaped."""
        place = self._behind_space(self.place)
        behind = self.text[place : place + 1]  # the end of the text, "", ends the string too
        return behind in ",，:：}]" or (behind in _QUOTES and place > self.place)

    def _bare(self) -> Any:
        bare = _BARE.match(self.text, self.place)
        if bare is None:
            self.place += 1
            return None
        self.place = bare.end()
        if self.place >= len(self.text):
            return _CUT
        word = bare[0]
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        try:
            return json.loads(word)
        except ValueError:
            return word
