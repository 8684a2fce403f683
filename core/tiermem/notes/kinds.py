"""The kinds of notes, each with what it goes by: the same again takes the place of what was there. Pure.

Episodic: what happened (`Episode`). Semantic: what something is (`Concept`). Procedural: how something is done
(`Procedure`). `PlainNote` is what `remember` keeps: a sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias

from tiermem.errors import InvalidMessage, brief_repr
from tiermem.messages import Message
from tiermem.notes.checking import LONGEST_LINE, LONGEST_NAME, key_of, line, lines, share
from tiermem.notes.outcomes import Outcomes
from tiermem.search.passages import NOTE, NOTE_KINDS

LONGEST: Final = 4_000  # characters of a note in words: one thing to remember, not a document


@dataclass(frozen=True, slots=True)
class PlainNote:
    """A sentence to remember.

    Args:
        text: a sentence that can be understood by itself.
        sources: references of what it rests on, like "friday/m12".
        ref, kept_at: set where it was kept: its reference ("d4"), and when.

    Raises:
        InvalidMessage: a part is no text, empty, or too long.
    """

    text: str
    sources: tuple[str, ...] = field(default=(), kw_only=True)
    ref: str = field(default="", kw_only=True, compare=False)
    kept_at: datetime | None = field(default=None, kw_only=True, compare=False)

    kind: ClassVar[str] = "note"

    def __post_init__(self) -> None:
        _set(self, text=line(self.text, "text", LONGEST), sources=lines(self.sources, "sources"))

    @property
    def name(self) -> str:
        """What it goes by."""
        return self.text

    @property
    def source(self) -> str:
        """By which it is found among the user's documents; a name like it has the same."""
        return NOTE + hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Episode:
    """What happened: an *event*, in which *context*, with which *feeling*, *when*.

    An aware *when* keeps its zone; the same event at another time is another episode. Raises as `PlainNote`.
    """

    event: str
    context: str = field(default="", kw_only=True)
    feeling: str = field(default="", kw_only=True)
    when: datetime | None = field(default=None, kw_only=True)
    sources: tuple[str, ...] = field(default=(), kw_only=True)
    ref: str = field(default="", kw_only=True, compare=False)
    kept_at: datetime | None = field(default=None, kw_only=True, compare=False)

    kind: ClassVar[str] = "episode"

    def __post_init__(self) -> None:
        if self.when is not None and not isinstance(self.when, datetime):
            raise InvalidMessage(f"when must be a datetime, not {type(self.when).__name__}")
        _set(
            self,
            event=line(self.event, "event", LONGEST_NAME),
            context=line(self.context, "context", LONGEST_LINE, needed=False),
            feeling=line(self.feeling, "feeling", LONGEST_NAME, needed=False),
            sources=lines(self.sources, "sources"),
        )

    @property
    def name(self) -> str:
        """What it goes by."""
        return self.event

    @property
    def source(self) -> str:
        """See `PlainNote.source`."""
        when = f"{self.when.isoformat()} " if self.when else ""
        return f"{NOTE}{self.kind}:{when}{key_of(self.event)}"


@dataclass(frozen=True, slots=True)
class Concept:
    """What something is: a *name* with its *definition*, what it is *related* to, and how sure (0 to 1) one is of it,
    None where nobody says. Raises as `PlainNote`."""

    name: str
    definition: str
    related: tuple[str, ...] = field(default=(), kw_only=True)
    confidence: float | None = field(default=None, kw_only=True)
    sources: tuple[str, ...] = field(default=(), kw_only=True)
    ref: str = field(default="", kw_only=True, compare=False)
    kept_at: datetime | None = field(default=None, kw_only=True, compare=False)

    kind: ClassVar[str] = "concept"

    def __post_init__(self) -> None:
        _set(
            self,
            name=line(self.name, "name", LONGEST_NAME),
            definition=line(self.definition, "definition", LONGEST),
            related=lines(self.related, "related"),
            confidence=share(self.confidence, "confidence"),
            sources=lines(self.sources, "sources"),
        )

    @property
    def source(self) -> str:
        """See `PlainNote.source`."""
        return f"{NOTE}{self.kind}:{key_of(self.name)}"


@dataclass(frozen=True, slots=True)
class Procedure:
    """How something is done: a *name*, *steps* in order, and the *preconditions* it needs.

    `outcomes` is what was reported of it (`Notes.report`). Raises as `PlainNote`.
    """

    name: str
    steps: tuple[str, ...]
    preconditions: tuple[str, ...] = field(default=(), kw_only=True)
    sources: tuple[str, ...] = field(default=(), kw_only=True)
    outcomes: Outcomes = field(default=Outcomes(), kw_only=True, compare=False)
    ref: str = field(default="", kw_only=True, compare=False)
    kept_at: datetime | None = field(default=None, kw_only=True, compare=False)

    kind: ClassVar[str] = "procedure"

    def __post_init__(self) -> None:
        _set(
            self,
            name=line(self.name, "name", LONGEST_NAME),
            steps=lines(self.steps, "steps", needed=True),
            preconditions=lines(self.preconditions, "preconditions"),
            sources=lines(self.sources, "sources"),
        )

    @property
    def source(self) -> str:
        """See `PlainNote.source`."""
        return f"{NOTE}{self.kind}:{key_of(self.name)}"


AnyNote: TypeAlias = PlainNote | Episode | Concept | Procedure
KINDS: Final = MappingProxyType(dict(zip(NOTE_KINDS, (PlainNote, Episode, Concept, Procedure), strict=True)))
_OWN: Final = frozenset({"ref", "kept_at", "outcomes", "text"})  # of keeping, or the words of the document itself


def kind_of(given: Any) -> str:
    """*given*, which is a kind.

    Raises:
        InvalidMessage: it is none.
    """
    if not isinstance(given, str) or given not in KINDS:
        raise InvalidMessage(f"kind must be one of {', '.join(KINDS)}, not {brief_repr(given)}")
    return given


def source_of(kind: str, name: str) -> str:
    """Under which source the note of *kind* is kept that goes by *name*; of episodes those without a time.

    Raises:
        InvalidMessage: there is no such kind, or *name* is no text.
    """
    if kind_of(kind) == PlainNote.kind:
        return PlainNote(name).source
    return f"{NOTE}{kind}:{key_of(line(name, 'name', LONGEST_NAME))}"


def _set(note: Any, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(note, name, value)


def to_json(note: AnyNote) -> dict[str, Any]:
    """*note* as what is kept beside its words."""
    if isinstance(note, PlainNote) and not note.sources:
        return {}  # as `remember` keeps it, so that the same sentence is one note
    values = ((one.name, getattr(note, one.name)) for one in fields(note) if one.name not in _OWN)
    parts = {name: [*value] if isinstance(value, tuple) else value for name, value in values}
    when = note.when if isinstance(note, Episode) else None
    return {"kind": note.kind} | parts | ({"when": when.isoformat()} if when else {})


def from_message(message: Message) -> AnyNote | None:
    """The note that the chunk *message* keeps; None where it is no note. A note that somebody kept by hand under such
    a source, and in another form, is a sentence."""
    if not str(message.state.get("source", "")).startswith(NOTE):
        return None
    kept = message.state.get("metadata", {})
    made = _made(message, kept if isinstance(kept, Mapping) else {}) or _sentence(message)
    return made and replace(made, ref=f"d{message.sequence}", kept_at=message.stored_at)


def _made(message: Message, kept: Mapping[str, Any]) -> AnyNote | None:
    known = KINDS.get(str(kept.get("kind")))
    if known is None:
        return None
    names = {one.name for one in fields(known)} - _OWN
    parts = {name: value for name, value in kept.items() if name in names}
    parts |= {"text": message.text} if known is PlainNote else {}
    try:
        when = parts.get("when")
        made: AnyNote = known(**parts | ({"when": datetime.fromisoformat(when)} if when else {}))
    except (TypeError, ValueError, InvalidMessage):  # not ours
        return None
    return made


def _sentence(message: Message) -> PlainNote | None:
    text = " ".join(message.text.replace("\0", " ").split())[:LONGEST]
    return PlainNote(text) if text else None
