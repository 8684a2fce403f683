"""Notes in words, English or Chinese as what they say: what is stored, found, quoted and shown. Pure."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from tiermem.errors import InvalidMessage
from tiermem.notes.kinds import LONGEST, AnyNote, Concept, Episode, PlainNote, Procedure
from tiermem.notes.outcomes import Outcomes
from tiermem.text.sanitizing import in_chinese
from tiermem.times.stamps import day

_ENGLISH: Final = MappingProxyType(
    {
        "context": "Context: {}",
        "feeling": "Feeling: {}",
        "related": "Related: {}",
        "confidence": "Confidence: {:.0%}",
        "procedure": "How to: {}",
        "preconditions": "Needs first: {}",
        "joint": "; ",
        "untried": "Not tried yet.",
        "promising": "Worked each time, but was tried only a few times.",
        "reliable": "Works.",
        "mixed": "Works sometimes.",
        "failing": "Failed more often than it worked: do not rely on it.",
        "failed at": "Failed last at: {}",
    }
)
_CHINESE: Final = MappingProxyType(
    {
        "context": "背景：{}",
        "feeling": "感受：{}",
        "related": "相关：{}",
        "confidence": "把握：{:.0%}",
        "procedure": "做法：{}",
        "preconditions": "前提：{}",
        "joint": "；",
        "untried": "还没有试过。",
        "promising": "每次都成功，但只试过几次。",
        "reliable": "可行。",
        "mixed": "有时可行。",
        "failing": "失败多于成功：不要依赖。",
        "failed at": "上次失败于：{}",
    }
)


def text_of(note: AnyNote) -> str:
    """*note* in lines.

    Raises:
        InvalidMessage: it is longer than `LONGEST` characters.
    """
    text = "\n".join(_SAYING[note.kind](note))
    if len(text) > LONGEST:
        raise InvalidMessage(f"a note has at most {LONGEST} characters in words, not {len(text)}; keep a document")
    return text


def brief(note: AnyNote) -> str:
    """*note* on one line, for a block of many."""
    return "; ".join(_SAYING[note.kind](note)) if not _chinese(note) else "；".join(_SAYING[note.kind](note))


def _note(note: PlainNote) -> list[str]:
    return [note.text]


def _episode(note: Episode) -> list[str]:
    words = _words(note)
    when = f"{day(note.when)}: " if note.when else ""
    more = [words[name].format(value) for name in ("context", "feeling") if (value := getattr(note, name))]
    return [f"{when}{note.event}", *more]


def _concept(note: Concept) -> list[str]:
    words = _words(note)
    mark = "：" if _chinese(note) else ": "
    related = [words["related"].format(words["joint"].join(note.related))] if note.related else []
    sure = [] if note.confidence is None else [words["confidence"].format(note.confidence)]
    return [f"{note.name}{mark}{note.definition}", *related, *sure]


def _procedure(note: Procedure) -> list[str]:
    words = _words(note)
    needs = [words["preconditions"].format(words["joint"].join(note.preconditions))] if note.preconditions else []
    steps = [f"{number}. {step}" for number, step in enumerate(note.steps, 1)]
    return [words["procedure"].format(note.name), *needs, *steps, *standing(note.outcomes, words)]


def standing(outcomes: Outcomes, words: Any = _ENGLISH) -> list[str]:
    """What is said of how well a procedure does: it changes only where its standing does, or the step it fails at."""
    at = [words["failed at"].format(outcomes.failed_at)] if outcomes.failed_at else []
    return [words[outcomes.standing], *at]


def _words(note: AnyNote) -> Any:
    return _CHINESE if _chinese(note) else _ENGLISH


def _chinese(note: AnyNote) -> bool:
    said = getattr(note, "definition", ""), getattr(note, "context", ""), *getattr(note, "steps", ())
    return in_chinese(" ".join([note.name, *said]))


_SAYING: Final[MappingProxyType[str, Callable[[Any], list[str]]]] = MappingProxyType(
    {"note": _note, "episode": _episode, "concept": _concept, "procedure": _procedure}
)
