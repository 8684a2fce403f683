"""JSON as models write it, read with patience: in prose and fences, with other quotes, commas and ends than JSON has.

Rule: what is complete is read as it stands; what was cut off is left out, because half a number is another number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

LONGEST = 200_000  # characters looked at; a summary has a few thousand
_PLACES = 12  # opening braces tried as the start of the object
_DEEPEST = 30
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_QUOTES = {'"': '"', "'": "'", "“": '””“"', "‘": "’", "「": "」", "”": "”", "`": "`"}
_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/|﻿)*", re.DOTALL)
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
    text = _THOUGHT.sub("", text[:LONGEST])
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
    inner = max(
        (_known(inner_value, names) for inner_value in value.values() if isinstance(inner_value, dict)), default=0
    )
    return max(inner, sum(name in value for name in names))


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
        space = _SPACE.match(self.text, self.place)
        self.place = space.end() if space else self.place
        return self.text[self.place : self.place + 1]

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
        space = _SPACE.match(self.text, self.place)
        place = space.end() if space else self.place
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
