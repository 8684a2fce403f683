"""What is stored and asked: natural messages of about 250 bytes, questions about them; the recall benchmark's data.

Texts of many conversations are cut into pieces of 400 characters, three of one text at most, and mixed in blocks of a
hundred. Without data there is the prose of the cost benchmark, in which most words of a question are everywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.cost.prose import question, said
from benchmarks.recall import conversations
from benchmarks.recall.conversations import Conversation

PIECE, PIECES = 400, 3  # characters; of one text
BLOCK = 100  # messages that stay together
PROSE, QUESTIONS = 100_000, 200
Line = tuple[str, str | None, str]  # role, name, text


@dataclass(frozen=True)
class Corpus:
    """A file {"messages": [[role, name, text], …], "questions": […]}, and what it is called in names of other files."""

    file: Path
    key: str
    questions: tuple[str, ...]


def made(data: Path | None, cache: Path) -> Corpus:
    """The corpus from all files of *data* that the recall benchmark reads, written into *cache*.

    Raises:
        FileNotFoundError: there are no such files.
    """
    lines, questions = natural(data) if data else prose()
    text = json.dumps({"messages": lines, "questions": questions}, ensure_ascii=False)
    key = f"{'natural' if data else 'prose'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    file = cache / f"{key}.json"
    file.write_text(text, "utf-8")
    return Corpus(file, key, tuple(questions))


def prose() -> tuple[list[Line], list[str]]:
    """Messages and questions of the cost benchmark."""
    lines: list[Line] = [(("user", "assistant")[place % 2], None, said(place)) for place in range(PROSE)]
    return lines, [question(place) for place in range(QUESTIONS)]


def natural(data: Path) -> tuple[list[Line], list[str]]:
    """Pieces of all conversations in *data*, mixed, and some of the questions about them."""
    files = sorted(data.glob("*.jsonl*"))
    if not files:
        raise FileNotFoundError(2, "no such files in this folder", str(data / "*.jsonl*"))
    lines: list[Line] = []
    questions: list[str] = []
    for conversation in (one for file in files for one in conversations.read(file)):
        lines += pieces(conversation)
        questions += [one.text for one in conversation.questions]
    pick = Random(1)
    blocks = [lines[first : first + BLOCK] for first in range(0, len(lines), BLOCK)]
    pick.shuffle(blocks)
    pick.shuffle(questions)
    return [line for block in blocks for line in block], questions[:QUESTIONS]


def pieces(conversation: Conversation) -> Iterator[Line]:
    """What is said in *conversation*, in pieces."""
    for message in conversation.messages:
        for first in range(0, min(len(message.text), PIECE * PIECES), PIECE):
            if text := message.text[first : first + PIECE].strip():
                yield message.role, message.name, text
