"""A user in a sentence, of the lines of their profile. Pure; a template, and no more than the lines say."""

from __future__ import annotations

from collections.abc import Sequence

from tiermem.facts.stated.record import NO
from tiermem.profiles.lines.block import talks
from tiermem.profiles.lines.line import ProfileLine
from tiermem.profiles.lines.wording import is_chinese

MOST_PARTS = 3  # lines of a section that a sentence names
_WHO = ("name", "age", "job", "work", "home", "origin", "relationship")


def summary_of(lines: Sequence[ProfileLine]) -> str:
    """As "Anna, 34, nurse, lives in Bergen; allergic to peanuts."; "" without lines."""
    who = {line.attribute: line for line in lines if line.section == "identity"}
    known = [who[name] for name in _WHO if name in who and who[name].value != NO]
    chinese = sum(is_chinese(line.text) for line in lines) * 2 > len(lines)
    named = [(_CHINESE if chinese else _ENGLISH).get(line.attribute, "{}").format(line.value) for line in known]
    parts = [_joined(named, chinese=chinese)] if named else []
    for section in ("constraint", "fact"):
        told = [_bare(line.text) for line in lines if line.section == section][:MOST_PARTS]
        parts += [_joined(told, chinese=chinese)] if told else []
    interests = [line for line in lines if line.section == "interest"][:MOST_PARTS]
    parts += [talks(interests)] if interests else []
    parts += [_bare(line.text) for line in lines if line.section == "conversations"]
    if not parts:
        return ""
    return ("；" if chinese else "; ").join(parts) + ("。" if chinese else ".")


def _joined(words: Sequence[str], *, chinese: bool) -> str:
    return ("，" if chinese else ", ").join(words)


def _bare(text: str) -> str:
    return text.rstrip(" .。;；")


_ENGLISH = {"work": "works at {}", "home": "lives in {}", "origin": "from {}"}
_CHINESE = {"age": "{}岁", "work": "在{}工作", "home": "住在{}", "origin": "来自{}"}
