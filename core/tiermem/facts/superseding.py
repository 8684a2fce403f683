"""Updates and contradictions: of several statements about the same thing the newest is current, the older ones history.

Rule 1: only what is shown is compared; so an answer "as of" a time follows from showing what was said by then.
Rule 2: better no mark than a wrong one: "superseded" hides a fact from a model, a missing mark leaves it both.
Rule 3: only statements that may be about one thing are read: single words tell which may (`topics`).
Rule 4: no text makes these functions raise; the time is linear in the statements, but for those about one thing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tiermem.facts.fact import Fact
from tiermem.facts.matching import SINGLE, Said, comparable, differs, same, unit_of
from tiermem.facts.quantities import Quantity
from tiermem.facts.reading import facts, mentions
from tiermem.facts.topics.cues import topics
from tiermem.facts.topics.kinds import FIGURE
from tiermem.facts.topics.kinds import comparable as comparable_kinds

NEAR = 4  # messages between a statement and "it is now 50"; further away "it" may be anything
REPORT = 400  # characters: an assistant reports a change in few words; in many it advises and gives examples
_ASSISTANTS = frozenset({"assistant", "ai", "bot", "model", "system", "tool", "助手"})


@dataclass(frozen=True, slots=True)
class Statement:
    """A message that is about to be shown; `said` is in wall-clock seconds, NaN if it has no time."""

    sequence: int
    speaker: str
    text: str
    said: float = math.nan


@dataclass(frozen=True, slots=True)
class UpdateMark:
    """What is known of a statement: the newest of what it is `about`, or superseded by the newest (its sequence).

    `conflict`: the newest denies that what the older one tells ever was ("I have never met Kelly"); it corrects or
    contradicts, it does not update.
    """

    current: bool
    superseded_by: int | None
    about: str
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class FactReaders:
    """How facts and mentions are read of a text, and of which kinds it may state some, which is told at once; a caller
    may keep what was read before."""

    facts: Callable[[str, str], Sequence[Fact]] = facts
    topics: Callable[[str], int] = topics
    mentions: Callable[[str], Sequence[tuple[Quantity, frozenset[str]]]] = mentions


UNKEPT = FactReaders()


@dataclass(slots=True)
class _Group:
    """Statements about one attribute, in order."""

    number: int
    said: list[Said] = field(default_factory=list)


def marks(
    statements: Sequence[Statement],
    question_terms: Callable[[], Collection[str]] = tuple,
    reading: FactReaders = UNKEPT,
) -> dict[int, UpdateMark]:
    """The marks by sequence number: of statements that give a value of what another one here gives another value of.

    Args:
        statements: what is shown, each sequence number once.
        question_terms: gives the terms of the question, where they are needed: of a message's several marks the one
            nearest to it is returned.
        reading: reads a text's facts (1 to 2 ms a long message), or finds them kept.
    """
    statements = sorted(statements, key=lambda statement: statement.sequence)
    masks = [_may_state(statement, reading) for statement in statements]
    read = [one for one, wanted in zip(statements, comparable_kinds(masks), strict=True) if wanted]
    if len(read) < 2:
        return {}
    order = _order(statements)
    groups = _groups(_all_said(read, reading, order))
    found = [mark for group in [*groups, *_mentioned(groups, read, reading, order)] for mark in _marked(group)]
    wanted = frozenset(question_terms()) if found else frozenset()
    by_sequence: dict[int, list[tuple[float, UpdateMark]]] = defaultdict(list)
    for sequence, mark, words in found:
        by_sequence[sequence].append((len(words & wanted) + 0.5 * (not mark.current), mark))
    return {
        sequence: max(several, key=lambda weighed: weighed[0])[1] for sequence, several in sorted(by_sequence.items())
    }


def _may_state(statement: Statement, reading: FactReaders) -> int:
    """The kinds of facts that a statement may state; of an assistant, and of its long advice, there may be values."""
    mask = reading.topics(statement.text)
    return mask & FIGURE if _name(statement) in _ASSISTANTS else mask


def _all_said(
    statements: Sequence[Statement], reading: FactReaders, order: Mapping[int, tuple[float, int]]
) -> list[Said]:
    said = [
        Said(fact, statement.sequence, _name(statement), order[statement.sequence])
        for statement in statements
        for fact in _believed(statement, reading)
    ]
    return sorted(said, key=lambda known: known.order)


def _order(statements: Sequence[Statement]) -> dict[int, tuple[float, int]]:
    """By time where each has one, so that what was imported later is not newer; else by number."""
    timed = all(math.isfinite(statement.said) for statement in statements)
    return {statement.sequence: (statement.said if timed else 0.0, statement.sequence) for statement in statements}


def _name(statement: Statement) -> str:
    return statement.speaker.strip().lower()


def _believed(statement: Statement, reading: FactReaders) -> Sequence[Fact]:
    """The facts of a statement; of an assistant only changes of things, for what it says of "I" is nobody's state."""
    speaker = _name(statement)
    if speaker not in _ASSISTANTS:
        return reading.facts(statement.text, speaker)
    if len(statement.text) > REPORT:
        return []
    stated = reading.facts(statement.text, speaker)
    return [fact for fact in stated if fact.kind == "figure" and fact.explicit and fact.words and fact.owner != speaker]


def _groups(said: Sequence[Said]) -> list[_Group]:
    groups: list[_Group] = []
    index: dict[tuple[str, str], list[_Group]] = defaultdict(list)
    recent: list[tuple[Said, _Group]] = []
    for newer in said:
        group = (
            _referred(newer, recent) if not newer.fact.words and newer.fact.kind == "figure" else _known(newer, index)
        )
        if group is None:
            if not newer.fact.words and newer.fact.kind == "figure":
                continue
            group = _Group(len(groups))
            groups.append(group)
        group.said.append(newer)
        for key in _keys(newer.fact):
            if not any(known is group for known in index[key][-8:]):
                index[key].append(group)
        if isinstance(newer.fact.value, Quantity):
            recent.append((newer, group))
        del recent[:-64]
    return groups


def _keys(fact: Fact) -> list[tuple[str, str]]:
    """Where groups of this fact are found; what is replaced by name is found by that name."""
    if fact.kind in SINGLE:
        return [(fact.kind, fact.owner)]
    keys = [(_family(fact), word) for word in fact.words]
    named = fact.kind in ("use", "switch", "is", "favourite", "role") and isinstance(fact.value, str)
    return [*keys, ("value", str(fact.value))] if named else keys


def _family(fact: Fact) -> str:
    return f"{fact.kind} {fact.value.kind}" if isinstance(fact.value, Quantity) else fact.kind


def _known(newer: Said, index: dict[tuple[str, str], list[_Group]]) -> _Group | None:
    """The one group that *newer* belongs to; None if there is none, or if it could be either of two."""
    seen: dict[int, _Group] = {}
    keys = _keys(newer.fact)
    if newer.fact.kind == "switch" or newer.fact.old is not None:
        keys = [*keys, ("value", str(newer.fact.old))]
    for key in keys:
        seen.update((group.number, group) for group in index.get(key, ())[-16:])
    near = [group for group in seen.values() if same(group.said[-1], newer)]
    if len(near) > 1 and len(newer.fact.words) > 1:
        near = [group for group in near if group.said[-1].fact.words == newer.fact.words]
    return near[0] if len(near) == 1 else None


def _referred(newer: Said, recent: Sequence[tuple[Said, _Group]]) -> _Group | None:
    """What "it is now 50" means: the one thing said shortly before of which a like value is known."""
    fact = newer.fact
    like_groups: dict[int, _Group] = {}
    for earlier, group in recent:
        if earlier.sequence >= newer.sequence or not isinstance(earlier.fact.value, Quantity):
            continue
        like = comparable(earlier.fact.value, fact.value) and earlier.fact.frame == fact.frame
        like = like and unit_of(earlier.fact.value) == unit_of(fact.value)
        near = newer.sequence - earlier.sequence <= NEAR and earlier.speaker == newer.speaker
        if like and (fact.old == earlier.fact.value if fact.old is not None else near):
            like_groups[group.number] = group
    return next(iter(like_groups.values())) if len(like_groups) == 1 else None


def _mentioned(
    groups: Sequence[_Group],
    statements: Sequence[Statement],
    reading: FactReaders,
    order: Mapping[int, tuple[float, int]],
) -> list[_Group]:
    """Changes whose earlier value is not stated as such, but named once with the same words: "aiming for 10 books"."""
    changes = [group.said[0] for group in groups if len(group.said) == 1 and _tells_change(group.said[0].fact)]
    if not changes:
        return []
    index: dict[str, list[Said]] = defaultdict(list)
    newest: dict[str, tuple[float, int]] = {}
    for change in changes:
        newest[change.speaker] = max(newest.get(change.speaker, change.order), change.order)
    for statement in statements:
        if order[statement.sequence] >= newest.get(_name(statement), order[statement.sequence]):
            continue  # what is not said earlier by who tells the change is not what has changed
        for value, words in reading.mentions(statement.text):
            said = Said(
                Fact("figure", "", words, value, ""), statement.sequence, _name(statement), order[statement.sequence]
            )
            for word in words:
                index[word].append(said)
    return [group for change in changes if (group := _with_mention(change, index))]


def _tells_change(fact: Fact) -> bool:
    return fact.kind == "figure" and fact.explicit and not fact.past and len(fact.words) > 1


def _with_mention(change: Said, index: dict[str, list[Said]]) -> _Group | None:
    fact = change.fact
    least = max(2, math.ceil(0.65 * len(fact.words)))
    earlier: dict[int, list[Said]] = {}
    for mention in {id(said): said for word in fact.words for said in index[word][-64:]}.values():
        if (
            mention.speaker != change.speaker
            or mention.order >= change.order
            or len(mention.fact.words & fact.words) < least
        ):
            continue
        if (
            comparable(mention.fact.value, fact.value)
            and unit_of(mention.fact.value) == unit_of(fact.value)
            and unit_of(fact.value)
        ):
            earlier.setdefault(mention.sequence, []).append(mention)
    if len({mention.fact.value for several in earlier.values() for mention in several}) != 1:
        return None
    newest = max((several[0] for several in earlier.values()), key=lambda mention: mention.order)
    return _Group(-1, [newest, change])


def _marked(group: _Group) -> list[tuple[int, UpdateMark, frozenset[str]]]:
    """(sequence, mark, words) of a group whose values differ; of a message its last value counts."""
    last: dict[int, Said] = {said.sequence: said for said in group.said}
    ordered = sorted(last.values(), key=lambda said: said.order)
    newest = ordered[-1]
    label = next((said.fact.label for said in reversed(ordered) if said.fact.label), "")
    words = frozenset().union(*(said.fact.words for said in ordered))
    older = [said for said in ordered[:-1] if differs(said.fact, newest.fact)]
    if not older:
        return []
    denied = newest.fact.kind == "ever" and newest.fact.value == "no"
    marks = [(newest.sequence, UpdateMark(True, None, label, denied), words)]
    return marks + [(said.sequence, UpdateMark(False, newest.sequence, label, denied), words) for said in older]
