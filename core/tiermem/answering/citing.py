"""Which sources an answer names: its marks, those that are no source, and the sentences that name none. Pure.

A mark is a number in brackets, several, or a range: [1], [1, 3], [2-4], 【1】, [1][2]. Code is not looked at, nor is a
number in brackets before parentheses (a link) or behind a word (an index, `a[1]`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tiermem.text import late
from tiermem.text.sanitizing import one_line
from tiermem.text.sentences import split_by_rules

WIDEST = 50  # sources that one range may name; what is wider is no range
_CODE = late.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_MARK = late.compile(r"(?<![A-Za-z\d_)\]])((?:\s?[\[【]\s*\d{1,4}(?:\s*[,，、;–-]\s*\d{1,4}){0,20}\s*[\]】])+)(?!\()")
_PART = late.compile(r"(\d{1,4})(?:\s*[–-]\s*(\d{1,4}))?")
_WORD = late.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]{2,}")
_ALONE = 2  # words of a sentence up to which it states nothing ("Yes.", "当然。")


@dataclass(frozen=True, slots=True)
class Citations:
    """What an answer names."""

    sources: tuple[int, ...]
    """Numbers of the sources that it names, in the order in which it does, each once."""
    unknown: tuple[int, ...]
    """Numbers that it names and that are no source."""
    uncited: tuple[str, ...]
    """Its sentences that state something and name no source."""

    @property
    def complete(self) -> bool:
        """Whether every statement names a source, and every source named is one."""
        return bool(self.sources) and not self.unknown and not self.uncited


def citations(answer: str, count: int) -> Citations:
    """What *answer* names of the sources 1..*count*.

    A mark belongs to the sentence that it stands in, or right behind ("… on port 8443. [1]"). Questions, headings and
    sentences of two words state nothing.
    """
    text = _CODE.sub(" ", answer)
    named: dict[int, None] = {}
    uncited: list[str] = []
    for sentence in _sentences(text):
        marks = [number for mark in _MARK.finditer(sentence) for number in _numbers(mark[1])]
        named |= dict.fromkeys(marks)
        if not marks and _states(sentence):
            uncited.append(one_line(sentence))
    known = tuple(number for number in named if 1 <= number <= count)
    return Citations(known, tuple(number for number in named if number not in known), tuple(uncited))


def _sentences(text: str) -> list[str]:
    """The sentences of *text*, each with the marks that stand right behind it.

    By punctuation alone: what knows a language takes its full stop only, and an answer may be in two.
    """
    found: list[str] = []
    for part in (part for line in text.splitlines() for part in split_by_rules(line)):
        said = part.strip()
        behind = _MARK.match(said)
        if behind and found:
            found[-1] += " " + behind[0]
            said = said[behind.end() :].strip()
        if said:
            found.append(said)
    return found


def _numbers(marks: str) -> list[int]:
    found: list[int] = []
    for first, last in _PART.findall(marks):
        begin, end = int(first), int(last or first)
        found += range(begin, end + 1) if begin <= end < begin + WIDEST else [begin, end]
    return found


def _states(sentence: str) -> bool:
    text = sentence.strip(" \t*_>-•")
    if not text or text.startswith("#") or text.endswith(("?", "？", ":", "：")):
        return False
    return len(_WORD.findall(text)) > _ALONE
