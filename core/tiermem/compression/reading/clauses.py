"""A conversation, or a text, as clauses: each sentence or line with its layer, its details and what it costs. Pure.

Rule 1: nothing of a text is left out here. A line of code or of a log is a clause, so is a sentence of prose.
Rule 2: a clause is whole or not there. Taking brackets, openings or relative clauses out of sentences turned some of
them ("…, which turned out to be wrong") and brought nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from tiermem.compression.reading.details import NAME, Particular, particulars
from tiermem.compression.reading.layers import FACTUAL, commits, layer_of, replies, turns
from tiermem.messages import Message
from tiermem.text import late
from tiermem.text.analyzer import terms
from tiermem.text.sanitizing import one_line
from tiermem.text.sentences import sentences
from tiermem.window.quotation import before_reference, label
from tiermem.window.voices import voices

Said: TypeAlias = tuple[str, ...] | str | frozenset[str]
"""What a clause says that another may say: a detail's form, a term, or, of one that commits, its terms together."""
PLAIN: Final = "text"  # the role of what nobody says: it has no speaker
NOT: Final = "\0not"  # before the form of a detail in a clause that denies or restricts
_CAPITAL = late.compile(r"(?<!\w)[A-Z][^\W\d_]+")  # also at the start of a sentence, where no rule takes it for a name
_BARE = late.compile(r"^[\W_]*$")
_QUESTION = ("?", "？")


@dataclass(frozen=True)
class SpokenClause:
    """A sentence: where it stands, whose it is, what it says."""

    place: int  # among all clauses, from 0
    part: int  # the number of its `SpokenPart`
    text: str
    gap: bool  # whether white space stands behind it
    layer: str
    particulars: tuple[Particular, ...]
    terms: frozenset[str]
    commits: bool
    turned: bool  # it denies or restricts
    tokens: int

    @cached_property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """The forms of what may be names in it, in order: words with a capital, in Chinese the names found."""
        capitals: tuple[tuple[str, ...], ...] = tuple((word.casefold(),) for word in _CAPITAL.findall(self.text))
        return capitals or tuple(one.form for one in self.particulars if one.kind == NAME)

    @cached_property
    def says(self) -> tuple[Said, ...]:
        """What it says that another may say, too."""
        forms = [one.form for one in self.particulars]
        denied = [(NOT, *form) for form in forms] if self.turned else []
        return (*forms, *denied, *self.terms, *([self.terms or frozenset({self.text})] if self.commits else []))


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """What one speaker says in one message: the reference that opens it, "" of a plain text, and who speaks."""

    ref: str
    speaker: str


@dataclass(frozen=True, slots=True)
class Material:
    """All that is to be compressed."""

    parts: tuple[SpokenPart, ...]
    clauses: tuple[SpokenClause, ...]
    tokens: int  # as a transcript, by the same counter


def material_of(messages: Sequence[tuple[str, Message]], count: Callable[[str], int]) -> Material:
    """*messages*, each with its reference or "", as clauses; messages without text have none.

    What follows a question at once and is yes, no or a figure commits: without it the question would stay open.
    """
    parts: list[SpokenPart] = []
    clauses: list[SpokenClause] = []
    tokens, asked = 0, False
    for ref, message, said in spoken(messages):
        parts.append(part_of(ref, message))
        for text, gap in said:
            reply = asked and replies(text)
            clauses.append(clause_of(len(clauses), len(parts) - 1, text, gap=gap, reply=reply, count=count))
            asked = text.endswith(_QUESTION)
        tokens += count(f"{head(parts[-1])}{message.text}\n")
    return Material(tuple(parts), tuple(clauses), tokens)


def spoken(messages: Sequence[tuple[str, Message]]) -> Iterator[tuple[str, Message, list[tuple[str, bool]]]]:
    """What each speaker says in each of *messages*: reference, voice, sentences, each with whether white space stands
    behind it. Nobody who says nothing; one for each part of the material."""
    for ref, message in messages:
        for voice in voices(message):
            if said := list(_sentences(voice)):
                yield ref, voice, said


def part_of(ref: str, message: Message) -> SpokenPart:
    """Where *message*, or one voice of it, stands. No name and no session can end its line or pass for another's."""
    session, slash, own = ref.rpartition("/")
    named = f"{before_reference(session)}{own}" if slash else own
    return SpokenPart(named, "" if message.role == PLAIN else label(message.name or message.acts_as))


def head(part: SpokenPart) -> str:
    """What stands before the words of *part* on its line."""
    named = " ".join(piece for piece in (part.ref, part.speaker) if piece)
    return f"{named}: " if named else ""


def _sentences(message: Message) -> Iterator[tuple[str, bool]]:
    for part in sentences(message.text):
        text = one_line(part)
        if not _BARE.match(text):
            yield text, part[-1:].isspace()


def clause_of(place: int, part: int, text: str, *, gap: bool, reply: bool, count: Callable[[str], int]) -> SpokenClause:
    """The sentence *text* of *part*, read; *reply*: it answers the question before it."""
    found = tuple(particulars(text))
    return SpokenClause(
        place=place,
        part=part,
        text=text,
        gap=gap,
        layer=FACTUAL if reply else layer_of(text, telling=bool(found)),
        particulars=found,
        terms=frozenset(terms(text)),
        commits=reply or commits(text),
        turned=turns(text),
        tokens=count(text),
    )
