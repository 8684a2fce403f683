"""A conversation as sentences: who says what where, and what each sentence is compared by.

Rule: of one message at most `READ_LIMIT` characters from each end are read, and no code, so time is linear.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tiermem.messages import Message
from tiermem.summaries.lines import LINE_LIMIT, units
from tiermem.text import cues, late
from tiermem.text.clipping import both_ends, shorten
from tiermem.text.readable import TOOL_ROLES
from tiermem.text.sanitizing import one_line
from tiermem.text.sentences import sentences
from tiermem.window.voices import voices

READ_LIMIT = 4_000  # characters read from each end of a message; tool output above it is rows of the same kind
SENTENCE_LIMIT = 600  # characters of a sentence that are judged; longer ones are dumps
_WORTH = (("identifier", 1.0, 2), ("figure", 0.5, 3), ("name", 0.5, 3))  # of one, and how many count
_FEW = 4  # words over which what is fresh is counted at least
_NAME_LIMIT = 40  # characters of a speaker's name
USERS = {"user", "human"}
_STAMP = late.compile(
    r"^[\[(]?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d\S*\s+"
)  # of a log line: each differs, none matters
_CODE = late.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_BULLET = late.compile(r"^[\s>*#•·\-–—+]+|^\(?\d{1,2}[.)]\s+")
_DIGITS = late.compile(r"\d+")
_MARKUP = late.compile(r"\*\*|`{3,}|^#+ ")
_ROLE_NAMES = {"user", "human", "assistant", "ai", "bot", "system", "model", "tool", "用户", "助手"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a message: where it stands, who says it, and what it is compared by."""

    place: int
    sequence: int
    role: str
    text: str
    units: frozenset[str]
    speaker: str = ""


def utterances(messages: Sequence[Message]) -> Iterator[Sentence]:
    """The sentences of *messages* in order; of a tool's output its lines, of rows that differ in digits only the first.

    Where several people talk, each sentence names its speaker; names such as "assistant" are roles, not people.
    """
    speakers = {message.name for message in messages if _is_person(message)}
    place = 0
    for message in (voice for one in messages for voice in voices(one)):
        if message.acts_as in TOOL_ROLES:
            parts: Iterable[str] = _rows(both_ends(message.text, READ_LIMIT))
        else:
            parts = sentences(prose(message.text))
        for part in parts:
            text = _bare(one_line(part[:SENTENCE_LIMIT]))
            if len(text) > 1:
                place += 1
                named = len(speakers) > 1 and message.name in speakers
                speaker = shorten(one_line(message.name or ""), _NAME_LIMIT) if named else ""
                yield Sentence(place, message.sequence, _part(message), text, _compared(message, text), speaker)


def _bare(text: str) -> str:
    """*text* without what marks it as a heading, an entry of a list, strong, or a line of a log."""
    if "*" in text or "`" in text or text.startswith("#"):
        text = _MARKUP.sub("", text)
    return text if text[:1].isalpha() else _STAMP.sub("", _BULLET.sub("", text))


def _rows(output: str) -> Iterable[str]:
    rows: dict[str, str] = {}
    for row in output.splitlines():
        rows.setdefault(_DIGITS.sub("0", row), row)
    return rows.values()


def _is_person(message: Message) -> bool:
    name = (message.name or "").strip().lower()
    return bool(name) and message.acts_as not in TOOL_ROLES and name not in _ROLE_NAMES


def _part(message: Message) -> str:
    """The role by which a sentence is judged: an assistant with the name of a person speaks for himself."""
    return "person" if message.acts_as not in USERS | {"system"} and _is_person(message) else message.acts_as


def _compared(message: Message, text: str) -> frozenset[str]:
    """The units of *text*; without digits in an output, where rows differ in nothing else."""
    return units(_DIGITS.sub("", text) if message.acts_as in TOOL_ROLES else text)


def prose(text: str) -> str:
    """Both ends of *text* without fenced code: code decides nothing, and its comments are not the speaker's."""
    return _CODE.sub("\n", both_ends(text, READ_LIMIT))


def rarity_in(said: Sequence[Sentence]) -> Callable[[Sentence], float]:
    """How rare the words of a sentence are in the span, in [0, 1]: the mean inverse document frequency."""
    frequency = Counter(unit for sentence in said for unit in sentence.units)
    highest = math.log(1 + len(said)) or 1.0
    weights = {unit: math.log((1 + len(said)) / count) for unit, count in frequency.items()}

    def rarity(sentence: Sentence) -> float:
        if not sentence.units:
            return 0.0
        return math.fsum(map(weights.__getitem__, sentence.units)) / len(sentence.units) / highest  # in any order

    return rarity


def told(text: str) -> float:
    """How much *text* says that nothing else would tell again: identifiers, figures, names, each kind up to a limit."""
    found = [match.lastgroup for match in cues.TELLING.finditer(text)]
    if not found:
        return 0.0
    return sum(min(found.count(kind), most) * worth for kind, worth, most in _WORTH)


def fresh_in(said: Sequence[Sentence]) -> Callable[[Sentence], float]:
    """The share (0 to 1) of a sentence's words, figures left out, that nobody had said before it in the span."""
    first: dict[str, int] = {}
    for sentence in reversed(said):
        first.update(dict.fromkeys(sentence.units, sentence.place))

    def fresh(sentence: Sentence) -> float:
        words = [first[unit] for unit in sentence.units if not unit.isdigit()]
        return words.count(sentence.place) / max(len(words), _FEW)

    return fresh


def quoted(sentence: Sentence, cue: re.Pattern[str] | None = None) -> str:
    """*one* as a line of a summary, after its speaker; a cut leaves the first match of *cue* in sight."""
    match = cue.search(sentence.text) if cue else None
    head = f"{sentence.speaker}: " if sentence.speaker else ""
    return head + shorten(sentence.text, LINE_LIMIT - len(head), match.start() if match else 0)
