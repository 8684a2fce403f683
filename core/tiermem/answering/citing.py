"""Which sources an answer names: its marks, those that are no source, and the sentences that name none. Pure.

A mark is a number in brackets, several, or a range, as models write them: [1], [1, 3], [2-4], [1 and 3], [^1],
[source 1], 【1】, [来源1], [1](link), [1][2]. One right behind a full stop belongs to the sentence before it. Code is
not looked at, nor what stands behind a line that says "Sources:", nor a number above 999, which is a year or an index.

Sentences are parted by our own rules: sentencex parts "vol. 3" and "e.g. No. 6", and joins Chinese with the English
behind it, so that a statement without a source hides behind one that has one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tiermem.errors import InvalidMessage
from tiermem.text import late
from tiermem.text.sanitizing import one_line
from tiermem.text.sentences import split_by_rules

WIDEST = 50  # sources that one range may name; what is wider is no range
_CODE = late.compile(r"(?:```|~~~).*?(?:```|~~~|\Z)|`[^`\n]*`", re.DOTALL)
_LISTED = late.compile(r"(?ims)^\W*(?:sources?|references|citations|来源|引用|参考(?:资料|来源)?)\W*$.*\Z")
_BETWEEN = r"\s*(?:[,，、;–—~～-]|and|&|和|与|至|到)\s*"
_ONE = (
    r"\\?[\[【［]\s*(?:\^|(?:sources?|来源)\s*)?\d{1,3}(?!\d)(?:" + _BETWEEN + r"\d{1,3}(?!\d)){0,60}"
    r"(?:†[^】\]\n]{0,60})?\s*\\?[\]】］](?:\([^()\s]{0,300}\))?"
)
_MARKS = late.compile(rf"{_ONE}(?:[ \t]?{_ONE})*", re.IGNORECASE)
_BEHIND = late.compile(rf"([.!?。！？…;；]+)[ \t]*({_ONE}(?:[ \t]?{_ONE})*)", re.IGNORECASE)
_PART = late.compile(r"(?<!\d)(\d{1,3})(?:\s*(?:[–—~～-]|至|到)\s*(\d{1,3}))?(?!\d)")
_LINK = late.compile(r"\([^()\s]{0,300}\)|†[^】\]\n]{0,60}")
_WORD = late.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]{2,}")
_HEADING = late.compile(r"^\s*(?:#|\*\*[^*]+\*\*\s*$|\|)")
_REFUSES = late.compile(
    r"\b(?:(?:do|does|did|could|can)(?: not|n['’]t) (?:know|say|hold|contain|mention|answer|tell|find)"
    r"|cannot (?:answer|find|tell)|not (?:in|found in|mentioned in|known from) (?:the|what)"
    r"|no(?:ne of the)? sources?|nothing (?:that was kept|in the))"
    r"|不知道|无法(?:回答|确定|得知)|没有(?:答案|提到|提及|说明|找到|相关)|未(?:提到|提及)",
    re.IGNORECASE,
)
_ALONE = 2  # words of a sentence without a figure up to which it states nothing ("Yes.", "当然。")


@dataclass(frozen=True, slots=True)
class Citations:
    """What an answer names."""

    sources: tuple[int, ...]
    """Numbers of the sources that it names, in the order in which it does, each once."""
    unknown: tuple[int, ...]
    """Numbers that it names and that are no source."""
    uncited: tuple[str, ...]
    """Its sentences that state something and name no source."""
    refused: bool = False
    """Whether it says that the sources do not answer."""

    @property
    def complete(self) -> bool:
        """Whether every statement names a source, and every source named is one; or it says that none answers."""
        return bool(self.sources or self.refused) and not self.unknown and not self.uncited


def citations(answer: str, count: int) -> Citations:
    """What *answer* names of the sources 1..*count*.

    Questions, headings, rows of tables, and two words without a figure state nothing; nor does that no source answers.

    Raises:
        InvalidMessage: *answer* is no text.
    """
    if not isinstance(answer, str):
        raise InvalidMessage(f"an answer must be text, not {type(answer).__name__}")
    text = _BEHIND.sub(r" \2\1 ", _LISTED.sub("", _CODE.sub(" ", answer)))
    named: dict[int, None] = {}
    uncited: list[str] = []
    refused = False
    for sentence in (part for line in text.splitlines() for part in split_by_rules(line)):
        marks = [number for mark in _MARKS.finditer(sentence) for number in _numbers(mark[0])]
        named |= dict.fromkeys(marks)
        refuses = not marks and bool(_REFUSES.search(sentence))
        refused = refused or refuses
        if not marks and not refuses and _states(sentence):
            uncited.append(one_line(sentence))
    known = tuple(number for number in named if 1 <= number <= count)
    unknown = tuple(number for number in named if number not in known)
    return Citations(known, unknown, tuple(uncited), refused)


def _numbers(marks: str) -> list[int]:
    found: list[int] = []
    for first, last in _PART.findall(_LINK.sub("", marks)):
        begin, end = int(first), int(last or first)
        found += range(begin, end + 1) if begin <= end < begin + WIDEST else [begin, end]
    return found


def _states(sentence: str) -> bool:
    text = sentence.strip(" \t*_>-•")
    if not text or _HEADING.match(sentence) or text.endswith(("?", "？", ":", "：")):
        return False
    words = len(_WORD.findall(text))
    return words > _ALONE or (words > 0 and any(map(str.isdigit, text)))
