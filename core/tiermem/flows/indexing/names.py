"""The names of messages, sentence by sentence, as the graph of a user's names keeps them.

Rule 1: only what somebody of the talk says, and what documents say: what a tool or a web page hands over may be made up
to stand beside a name, and a speaker's own name, which is beside all that they say, is no mention.
Rule 2: a word that begins a sentence may be a name ("Maja flew to Oslo."). It is noted as one that is not sure, and
counts where the user's other messages have it for sure.
Rule 3: a message's names depend on itself alone, so they are the same in any batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tiermem.flows.indexing import vectors
from tiermem.flows.indexing.facts import behind
from tiermem.index.named.columns import Mention, NamesSaid, of_mentions
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage.log.legible import UNREADABLE
from tiermem.text import late
from tiermem.text.analyzer import HAN
from tiermem.text.entities import entities, openers
from tiermem.text.sentences import sentences
from tiermem.times.nearness import wall_clock
from tiermem.window.provenance import is_foreign
from tiermem.window.voices import own_text

RULES = 1  # rises when the same messages give other names; what older rules read is read anew
READ = 4_000  # characters of a message that are read; what is longer is pasted, and a document's chunk is shorter
SPEAKERS = frozenset({"user", "assistant"})
# What the segmenter takes for people, and is a word for anybody.
_NOBODY = frozenset("老公 小姐 阿姨 小狗 小猫 阿妈 阿爸 小朋友".split())  # noqa: SIM905
_HAN_LETTER = late.compile(f"[{HAN}]")


def names_of(scope: Scope, messages: Sequence[Message]) -> NamesSaid:
    """The names of *messages*, which follow each other in *scope*."""
    return of_mentions(one for message in messages for one in mentions(scope, message))


def mentions(scope: Scope, message: Message) -> Iterator[Mention]:
    """The names of one message by sentence, each once a sentence."""
    text = _words(scope, message)[:READ]
    sure = entities(text)
    parts = {*sure, *(word for name in sure for word in name.split())}  # "Tom" begins "Tom Berger"
    named = dict.fromkeys(sure, True) | dict.fromkeys((word for word in openers(text) if word not in parts), False)
    if not named:
        return
    said = wall_clock(message.when) - behind(message)
    for place, sentence in enumerate(sentences(text)):
        for name, known in named.items():
            if name not in _NOBODY and "\0" not in name and stands(name, sentence):
                yield Mention(message.sequence, place, name, said, known)


def _words(scope: Scope, message: Message) -> str:
    """What of *message* is read."""
    if message.origin in UNREADABLE:
        return ""
    if scope.kind == "knowledge":
        return message.text
    told = message.acts_as in SPEAKERS and not is_foreign(message) and not vectors.echo(message)
    return own_text(message) if told else ""


def stands(name: str, sentence: str) -> bool:
    """Whether *name* is in *sentence* as a word of its own; Chinese has no borders between words."""
    at = sentence.find(name)
    while at >= 0:
        before, after = sentence[at - 1 : at] if at else "", sentence[at + len(name) : at + len(name) + 1]
        if not (_one_word(before, name[0]) or _one_word(name[-1], after)):
            return True
        at = sentence.find(name, at + 1)
    return False


def _one_word(left: str, right: str) -> bool:
    """Whether the letters *left* and *right*, which stand side by side, are of one word."""
    return all(letter.isalnum() and not _HAN_LETTER.match(letter) for letter in (left or " ", right or " "))
