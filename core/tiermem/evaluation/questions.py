"""Questions of one's own, from a file of JSON lines -> the questions of each conversation, with the messages they mean.

An object a line, with these fields:

- question: the words that are asked.
- evidence: all that answers it, a list, or one of: "m12" (the twelfth message), a message's id, or words that stand in
  one message and in no other; [] where nothing answers it, and silence would be right.
- asked: when, in ISO 8601; what was said from then on is not known yet. Without it, when all has been said.
- category, language: by either of them means are told apart; the category counts where both are there.
- conversation: its id, where the file has several and the evidence does not tell.
- id: what it is called; else its place, "q3".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tiermem.errors import InvalidMessage, brief_repr
from tiermem.evaluation.talks import UNKNOWN, Probe, ProbedTalk, folded, moment
from tiermem.text import late

FIELDS: Final = frozenset({"question", "evidence", "asked", "category", "language", "conversation", "id"})
_NUMBER = late.compile(r"^m([1-9]\d{0,8})$")


class _NotThere(InvalidMessage):
    """No message, or more than one, is meant."""


def told(records: Iterable[Mapping[str, Any]], talks: Sequence[ProbedTalk]) -> list[ProbedTalk]:
    """*talks*, each with those of the questions that are about it; those that it had already are left out.

    Raises:
        InvalidMessage: a record is no question, or its evidence is nowhere, or in several places.
    """
    asked: dict[str, list[Probe]] = {talk.id: [] for talk in talks}
    for number, record in enumerate(records, start=1):
        talk, probe = _placed(record, number, talks)
        asked[talk.id].append(probe)
    return [replace(talk, questions=tuple(asked[talk.id])) for talk in talks]


def _placed(record: Mapping[str, Any], number: int, talks: Sequence[ProbedTalk]) -> tuple[ProbedTalk, Probe]:
    _check(record, number)
    wanted = record.get("conversation")
    among = [talk for talk in talks if wanted is None or talk.id == str(wanted)]
    if not among:
        raise InvalidMessage(f"question {number}: there is no conversation {brief_repr(wanted)}")
    found, why = [], ""
    for talk in among:
        try:
            found.append((talk, _probe(record, number, talk)))
        except _NotThere as error:
            why = str(error)
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidMessage(f"question {number}: {why}")
    several = ", ".join(talk.id for talk, _ in found[:3])
    raise InvalidMessage(f'question {number} could be about {several}: name one as "conversation"')


def _check(record: Mapping[str, Any], number: int) -> None:
    text = record.get("question")
    if not isinstance(text, str) or not text.strip():
        raise InvalidMessage(f'question {number}: "question" must be the words that are asked, not {brief_repr(text)}')
    if "evidence" not in record:
        raise InvalidMessage(f'question {number}: "evidence" is missing; [] says that nothing answers it')
    if unknown := sorted(set(record) - FIELDS):
        raise InvalidMessage(
            f"question {number}: nobody knows {', '.join(unknown)}; there are {', '.join(sorted(FIELDS))}"
        )


def _probe(record: Mapping[str, Any], number: int, talk: ProbedTalk) -> Probe:
    given = record["evidence"]
    evidence = [given] if isinstance(given, str) else given
    if not isinstance(evidence, list) or not all(isinstance(one, str) and one.strip() for one in evidence):
        raise InvalidMessage(f'question {number}: "evidence" is a list of texts, not {brief_repr(given)}')
    try:
        asked = moment(record.get("asked"))
    except (TypeError, ValueError) as error:
        raise InvalidMessage(f'question {number}: "asked" is no time in ISO 8601') from error
    return Probe(
        str(record.get("id") or f"q{number}"),
        record["question"],
        str(record.get("category") or record.get("language") or UNKNOWN),
        tuple(dict.fromkeys(_meant(one, talk) for one in evidence)),
        asked,
    )


def _meant(word: str, talk: ProbedTalk) -> str:
    """The id of the message that *word* means."""
    if word in talk.by_id:
        return word
    if match := _NUMBER.match(word):
        if int(match[1]) > len(talk.messages):
            raise _NotThere(f"{talk.id} has {len(talk.messages)} messages, and no {word}")
        return talk.messages[int(match[1]) - 1].id
    wanted = folded(word)
    having = [one.id for one in talk.messages if wanted in folded(one.text)]
    if not having:
        raise _NotThere(f"no message of {talk.id} has the id or the words {brief_repr(word)}")
    if len(having) > 1:
        raise _NotThere(f"{brief_repr(word)} stands in {len(having)} messages of {talk.id}: give more of its words")
    return having[0]
