"""Chats in which somebody lays things down: twenty hand-written sentences planted in each, in turns of its first half.

Each second one is a message of its own ("…" and "Noted."), the others stand behind what the user says in a short
message. A chat is talked again from its beginning until a memory of that size has been compacted ten times.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.recall.conversations import Conversation

PLANTED = 20
SHORT = 600  # characters of a message behind which one is planted
HERE = Path(__file__).parent
MESSAGES = ("fresh", "everyday")  # the files of whole messages; those of "alike" lay nothing down


@dataclass(frozen=True)
class Fresh:
    """A message of `fresh_*.txt`, or of another such file, what of it is laid down, and in what kind of sentence."""

    kind: str
    message: str
    sentence: str


@dataclass(frozen=True)
class Chat:
    """Turns of a user and an assistant, and in which turn each planted sentence is said."""

    name: str
    turns: tuple[tuple[str, str], ...]
    planted: dict[str, int]


def fresh(language: str, part: str, file: str = "fresh") -> list[Fresh]:
    """The messages of *file* of *language* and *part*, what is laid down taken out of its marks."""
    found: list[Fresh] = []
    for line in sentences(language, part, file):
        kind, _, text = line.partition("\t")
        marked = re.search(r"\[\[(.+)\]\]", text)
        message = text.replace("[[", "").replace("]]", "")
        found.append(Fresh(kind, message, marked[1] if marked else message))
    return found


def sentences(language: str, part: str, file: str = "planted") -> list[str]:
    """The hand-written sentences of *language* ("en", "zh") of one *part* of the *file*."""
    found: list[str] = []
    current = ""
    for line in (HERE / f"{file}_{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif line and not line.startswith("#") and current == part:
            found.append(line)
    return found


def chats(conversations: Sequence[Conversation], language: str, part: str, turns: int) -> Iterator[Chat]:
    """Each conversation with twenty sentences of *part* planted, as long as *turns* turns at least."""
    pool = _pool(language, part)
    for number, one in enumerate(conversations):
        chance = random.Random(number)  # the same in every run
        said = _turns(one)
        while len(said) < turns:
            said += _turns(one)
        yield _planted(one.id, said, chance.sample(pool, PLANTED), chance)


def _pool(language: str, part: str) -> list[Fresh]:
    """What may be planted: the sentences of *part*, or of "fresh …" and "everyday …" the messages."""
    file, _, rest = part.partition(" ")
    if file in MESSAGES:
        return fresh(language, rest, file)
    return [Fresh("", sentence, sentence) for sentence in sentences(language, part)]


def _turns(one: Conversation) -> list[tuple[str, str]]:
    """What the user says in one go, and what is answered."""
    turns: list[tuple[str, str]] = []
    for message in one.messages:
        text = message.text.strip()
        if message.acts_as == "user":
            turns.append((text, ""))
        elif turns:
            asked, answered = turns[-1]
            turns[-1] = asked, f"{answered}\n{text}".strip()
    return [(asked, answered or "I see.") for asked, answered in turns if asked]


def _planted(name: str, turns: list[tuple[str, str]], chosen: Sequence[Fresh], chance: random.Random) -> Chat:
    places = sorted(chance.sample(range(1, max(len(chosen) + 1, len(turns) // 2)), len(chosen)), reverse=True)
    for number, (place, said) in enumerate(zip(places, chosen, strict=True)):
        asked, answered = turns[place]
        if number % 2 and len(asked) <= SHORT:
            turns[place] = f"{asked}\n{said.message}", answered
        else:
            turns.insert(place, (said.message, "Noted."))
    where = {said.sentence: next(n for n, (asked, _) in enumerate(turns) if said.sentence in asked) for said in chosen}
    return Chat(name, tuple(turns), where)
