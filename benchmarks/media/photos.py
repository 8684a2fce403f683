"""LoCoMo's photos: its file has the captions as words in the text, "[photo: …]". Asked are the questions that rest
on a message with a photo, three ways: with the caption in the text, with the photo as a block that has the caption, and
with a block that has none.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from statistics import fmean
from typing import Any

from benchmarks.recall.conversations import Conversation
from tiermem import Memory, Message

BUDGET = 1_000  # tokens of what is recalled
WAYS = ("caption in the text", "block with the caption", "block without it")
_PHOTO = re.compile(r"\s*\[photo: ([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Found:
    """Of questions that rest on photos: how many, and the share of their evidence, and of the photos in it, found."""

    way: str
    questions: int
    evidence: float
    photos: float


def told(message: Message, way: str) -> Message:
    """*message* with its photos that way."""
    text = message.text
    captions = _PHOTO.findall(text)
    if not captions or way == WAYS[0]:
        return message
    blocks: list[str | dict[str, Any]] = [{"type": "text", "text": _PHOTO.sub("", text)}]
    for caption in captions:
        data = base64.b64encode(sha256(f"{message.id} {caption}".encode()).digest() * 64).decode("ascii")
        block = {"type": "image", "base64": data, "mime_type": "image/jpeg"}
        blocks.append(block | ({"caption": caption} if way == WAYS[1] else {}))
    return message.shown_as(blocks)


def asked(conversations: Iterable[Conversation]) -> list[Found]:
    """What is found, each way."""
    every = [(talk, _resting(talk)) for talk in conversations]
    return [_way(every, way) for way in WAYS]


def _resting(talk: Conversation) -> list[tuple[str, set[str], set[str]]]:
    """The questions that rest on a message with a photo, with the ids of their evidence, and of the photos in it."""
    photos = {message.id for message in talk.messages if _PHOTO.search(message.text)}
    listed = [(one.text, set(one.evidence), set(one.evidence) & photos) for one in talk.questions]
    return [one for one in listed if one[2]]


def _way(every: list[tuple[Conversation, list[tuple[str, set[str], set[str]]]]], way: str) -> Found:
    evidence, photos = list[float](), list[float]()
    for talk, questions in every:
        with Memory.open(":memory:") as memory:
            session = memory.session("s", "anna")
            session.add([told(message, way) for message in talk.messages])
            session.index()
            for text, wanted, shown in questions:
                found = {hit.message.id for hit in session.recall(text, budget=BUDGET).hits}
                evidence.append(len(found & wanted) / len(wanted))
                photos.append(len(found & shown) / len(shown))
    return Found(way, len(evidence), fmean(evidence), fmean(photos))
