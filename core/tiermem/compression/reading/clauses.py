"""A conversation, or a text, as clauses: each sentence or line with its layer, its facts and what it costs. Pure.

Rule: nothing of a text is left out here. A line of code or of a log is a clause, so is a sentence of prose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tiermem.compression.reading.details import Particular, particulars
from tiermem.compression.reading.layers import commits, layer_of
from tiermem.compression.reading.shortening import shortened
from tiermem.messages import Message
from tiermem.text import late
from tiermem.text.analyzer import terms
from tiermem.text.readable import TOOL_ROLES
from tiermem.text.sanitizing import one_line
from tiermem.text.sentences import sentences
from tiermem.window.voices import voices

Said: TypeAlias = tuple[str, ...] | str | int  # a detail's form, a term, or the place of a clause that commits
PLAIN: Final = "text"  # the role of what nobody says: it has no speaker
_BARE = late.compile(r"^[\W_]*$")


@dataclass(frozen=True, slots=True)
class SpokenClause:
    """A sentence: where it stands, whose it is, what it says."""

    place: int  # among all clauses, from 0
    part: int  # the number of its `SpokenPart`
    text: str
    layer: str
    particulars: tuple[Particular, ...]
    terms: frozenset[str]
    commits: bool
    tokens: int
    short: str  # without what tells nothing; as the text where there is nothing of that kind
    short_tokens: int

    @property
    def says(self) -> Iterator[Said]:
        """What it says that another may say, too; that it commits is its own."""
        yield from (one.form for one in self.particulars)
        yield from self.terms
        if self.commits:
            yield self.place


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
    """*messages*, each with its reference or "", as clauses; messages without text have none."""
    parts: list[SpokenPart] = []
    clauses: list[SpokenClause] = []
    tokens = 0
    for ref, message in ((ref, voice) for ref, one in messages for voice in voices(one)):
        said = list(_sentences(message))
        if not said:
            continue
        parts.append(SpokenPart(ref, _speaker(message)))
        begin = len(clauses)
        clauses += [_clause(begin + n, len(parts) - 1, text, message, count) for n, text in enumerate(said)]
        tokens += count(f"{head(parts[-1])}{message.text}\n")
    return Material(tuple(parts), tuple(clauses), tokens)


def head(part: SpokenPart) -> str:
    """What stands before the words of *part* on its line."""
    named = " ".join(piece for piece in (part.ref, part.speaker) if piece)
    return f"{named}: " if named else ""


def _sentences(message: Message) -> Iterator[str]:
    for part in sentences(message.text):
        text = one_line(part)
        if not _BARE.match(text):
            yield text


def _clause(place: int, part: int, text: str, message: Message, count: Callable[[str], int]) -> SpokenClause:
    found = tuple(particulars(text))
    short = text if message.acts_as in TOOL_ROLES else shortened(text, found)
    tokens = count(text)
    return SpokenClause(
        place=place,
        part=part,
        text=text,
        layer=layer_of(text, telling=bool(found)),
        particulars=found,
        terms=frozenset(terms(text)),
        commits=commits(text),
        tokens=tokens,
        short=short,
        short_tokens=tokens if short == text else count(short),
    )


def _speaker(message: Message) -> str:
    return "" if message.role == PLAIN else one_line(message.name or message.acts_as)[:40]
