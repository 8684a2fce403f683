"""Files -> conversations with questions: an evaluation set as benchmarks have it, or any chat that `import` reads.

A set has an object a line, with `messages` and `questions` (`talks.normalised`). Any other file is a chat, and its
questions stand in a file of their own (`questions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tiermem.errors import InvalidMessage
from tiermem.evaluation import questions
from tiermem.evaluation.talks import ProbedTalk, normalised
from tiermem.histories import reading
from tiermem.histories.parts.contents import ReadOptions
from tiermem.importers import files

_SET: Final = {"messages", "questions", "conversation_id"}
_TOGETHER: Final = "everything"


def talks_of(
    chat: str | Path,
    asked: str | Path | None = None,
    name: str | None = None,
    wishes: ReadOptions = ReadOptions(),  # noqa: B008  # a value
) -> list[ProbedTalk]:
    """The conversations of the file *chat*, with the questions of the file *asked*, or those of the set.

    Args:
        name: what *chat* is called in errors.
        wishes: how dates are meant.

    Raises:
        InvalidMessage: a file cannot be understood. OSError: it cannot be read.
    """
    path = Path(chat)
    called = name or path.name
    found = _set_of(path, called)
    if found is None:
        found = _histories(path, called, wishes)
    if asked is None:
        return found
    told = questions.told(_objects(Path(asked), Path(asked).name), found)
    if not any(talk.questions for talk in told):
        raise InvalidMessage(f"{Path(asked).name} has no questions")
    return told


def together(talks: Sequence[ProbedTalk]) -> ProbedTalk:
    """All of *talks* as the conversations of one user, in the order of their first messages."""
    ordered = sorted(talks, key=lambda one: (one.end is None, str(one.messages[0].created_at) if one.messages else ""))
    messages, probes, sessions = [], [], []
    for talk in ordered:
        messages += [replace(one, id=f"{talk.id}/{one.id}") for one in talk.messages]
        sessions += [talk.id] * len(talk.messages)
        probes += [
            replace(one, id=f"{talk.id}/{one.id}", evidence=tuple(f"{talk.id}/{ident}" for ident in one.evidence))
            for one in talk.questions
        ]
    return ProbedTalk(_TOGETHER, tuple(messages), tuple(probes), tuple(sessions))


def _set_of(path: Path, name: str) -> list[ProbedTalk] | None:
    """The conversations of an evaluation set; None where it is something else."""
    if not path.name.endswith((".jsonl", ".jsonl.gz")) and path.name != "standard input":
        return None
    try:
        first = next(islice(_objects(path, name), 1), None)
    except InvalidMessage:  # whoever reads it as a chat says what it is
        return None
    if first is None or not first.keys() >= _SET:
        return None
    return [
        _normalised(record, f"{name}, line {number}") for number, record in enumerate(_objects(path, name), start=1)
    ]


def _normalised(record: dict[str, Any], place: str) -> ProbedTalk:
    try:
        return normalised(record)
    except InvalidMessage as error:
        raise InvalidMessage(f"{place}: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidMessage(
            f"{place}: no conversation of an evaluation set ({type(error).__name__}: {error})"
        ) from error


def _histories(path: Path, name: str, wishes: ReadOptions) -> list[ProbedTalk]:
    found: list[ProbedTalk] = []
    for file in reading.read(path, wishes, name):
        if file.refused and not file.passed:
            raise InvalidMessage(file.refused)
        hidden = (one for one in file.conversations if one.path)
        found += [
            ProbedTalk(one.id, tuple(message for message in one.path if message.id not in one.hidden), ())
            for one in hidden
        ]
    if not any(talk.messages for talk in found):
        raise InvalidMessage(f"{name} holds no messages")
    return [talk for talk in found if talk.messages]


def _objects(path: Path, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(files.text_lines(path), start=1):
        if line.strip():
            record = files.parsed(line, f"{name}, line {number}")
            if not isinstance(record, dict):
                raise InvalidMessage(f"{name}, line {number}: an object is wanted")
            yield record
