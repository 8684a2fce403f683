"""Updates and contradictions: of several statements about the same thing the newest is current, the older ones history.

Rule 1: only what is shown is compared; so an answer "as of" a time follows from showing what was said by then.
Rule 2: better no mark than a wrong one: "superseded" hides a fact from a model, a missing mark leaves it both.
Rule 3: no text makes these functions raise; the time is linear in the statements, but for those about one thing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from tiermem.facts.fact import Fact
from tiermem.facts.matching import SINGLE, Said, comparable, differs, same, unit_of
from tiermem.facts.quantities import Quantity
from tiermem.facts.reading import facts, mentions

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
    """How facts and mentions are read of a text; a caller may keep what was read before."""

    facts: Callable[[str, str], Sequence[Fact]] = facts
    mentions: Callable[[str], Sequence[tuple[Quantity, frozenset[str]]]] = mentions


UNKEPT = FactReaders()


@dataclass(slots=True)
class _Group:
    """Statements about one attribute, in order."""

    number: int
    said: list[Said] = field(default_factory=list)


def marks(
    statements: Sequence[Statement], question_terms: Collection[str] = (), reading: FactReaders = UNKEPT
) -> dict[int, UpdateMark]:
    """The marks by sequence number: of statements that give a value of what another one here gives another value of.

    Args:
        statements: what is shown, each sequence number once.
        question_terms: the terms of the question; of a message's several marks the one nearest to it is returned.
        reading: reads a text's facts (1 to 2 ms a long message), or finds them kept.
    """
    wanted = frozenset(question_terms)
    statements = sorted(statements, key=lambda one: one.sequence)
    found: dict[int, list[tuple[float, UpdateMark]]] = defaultdict(list)
    groups = _groups(_all_said(statements, reading))
    for group in [*groups, *_mentioned(groups, statements, reading)]:
        for sequence, mark, words in _marked(group):
            found[sequence].append((len(words & wanted) + 0.5 * (not mark.current), mark))
    return {sequence: max(several, key=lambda one: one[0])[1] for sequence, several in sorted(found.items())}


def _all_said(statements: Sequence[Statement], reading: FactReaders) -> list[Said]:
    order = _order(statements)
    found = [
        Said(fact, one.sequence, _name(one), order[one.sequence])
        for one in statements
        for fact in _believed(one, reading)
    ]
    return sorted(found, key=lambda one: one.order)


def _order(statements: Sequence[Statement]) -> dict[int, tuple[float, int]]:
    """By time where each has one, so that what was imported later is not newer; else by number."""
    timed = all(math.isfinite(one.said) for one in statements)
    return {one.sequence: (one.said if timed else 0.0, one.sequence) for one in statements}


def _name(one: Statement) -> str:
    return one.speaker.strip().lower()


def _believed(one: Statement, reading: FactReaders) -> Sequence[Fact]:
    """The facts of a statement; of an assistant only changes of things, for what it says of "I" is nobody's state."""
    speaker = _name(one)
    if speaker not in _ASSISTANTS:
        return reading.facts(one.text, speaker)
    if len(one.text) > REPORT:
        return []
    found = reading.facts(one.text, speaker)
    return [fact for fact in found if fact.kind == "figure" and fact.explicit and fact.words and fact.owner != speaker]


def _groups(said: Sequence[Said]) -> list[_Group]:
    groups: list[_Group] = []
    index: dict[tuple[str, str], list[_Group]] = defaultdict(list)
    recent: list[tuple[Said, _Group]] = []
    for one in said:
        group = _referred(one, recent) if not one.fact.words and one.fact.kind == "figure" else _known(one, index)
        if group is None:
            if not one.fact.words and one.fact.kind == "figure":
                continue
            group = _Group(len(groups))
            groups.append(group)
        group.said.append(one)
        for key in _keys(one.fact):
            if not any(known is group for known in index[key][-8:]):
                index[key].append(group)
        recent.append((one, group))
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


def _known(one: Said, index: dict[tuple[str, str], list[_Group]]) -> _Group | None:
    """The one group that *one* belongs to; None if there is none, or if it could be either of two."""
    seen: dict[int, _Group] = {}
    keys = _keys(one.fact)
    if one.fact.kind == "switch" or one.fact.old is not None:
        keys = [*keys, ("value", str(one.fact.old))]
    for key in keys:
        seen.update((group.number, group) for group in index.get(key, ())[-16:])
    near = [group for group in seen.values() if same(group.said[-1], one)]
    if len(near) > 1 and len(one.fact.words) > 1:
        near = [group for group in near if group.said[-1].fact.words == one.fact.words]
    return near[0] if len(near) == 1 else None


def _referred(one: Said, recent: Sequence[tuple[Said, _Group]]) -> _Group | None:
    """What "it is now 50" means: the one thing said shortly before of which a like value is known."""
    fact = one.fact
    found: dict[int, _Group] = {}
    for earlier, group in recent:
        if earlier.sequence >= one.sequence or not isinstance(earlier.fact.value, Quantity):
            continue
        like = comparable(earlier.fact.value, fact.value) and earlier.fact.frame == fact.frame
        like = like and unit_of(earlier.fact.value) == unit_of(fact.value)
        near = one.sequence - earlier.sequence <= NEAR and earlier.speaker == one.speaker
        if like and (fact.old == earlier.fact.value if fact.old is not None else near):
            found[group.number] = group
    return next(iter(found.values())) if len(found) == 1 else None


def _mentioned(groups: Sequence[_Group], statements: Sequence[Statement], reading: FactReaders) -> list[_Group]:
    """Changes whose earlier value is not stated as such, but named once with the same words: "aiming for 10 books"."""
    changes = [group.said[0] for group in groups if len(group.said) == 1 and _tells_change(group.said[0].fact)]
    if not changes:
        return []
    index: dict[str, list[Said]] = defaultdict(list)
    order = _order(statements)
    for one in statements:
        for value, words in reading.mentions(one.text):
            said = Said(Fact("figure", "", words, value, ""), one.sequence, _name(one), order[one.sequence])
            for word in words:
                index[word].append(said)
    return [group for change in changes if (group := _with_mention(change, index))]


def _tells_change(fact: Fact) -> bool:
    return fact.kind == "figure" and fact.explicit and not fact.past and len(fact.words) > 1


def _with_mention(change: Said, index: dict[str, list[Said]]) -> _Group | None:
    fact = change.fact
    least = max(2, math.ceil(0.65 * len(fact.words)))
    found: dict[int, list[Said]] = {}
    for one in {id(said): said for word in fact.words for said in index[word][-64:]}.values():
        if one.speaker != change.speaker or one.order >= change.order or len(one.fact.words & fact.words) < least:
            continue
        if (
            comparable(one.fact.value, fact.value)
            and unit_of(one.fact.value) == unit_of(fact.value)
            and unit_of(fact.value)
        ):
            found.setdefault(one.sequence, []).append(one)
    if len({one.fact.value for several in found.values() for one in several}) != 1:
        return None
    newest = max((several[0] for several in found.values()), key=lambda one: one.order)
    return _Group(-1, [newest, change])


def _marked(group: _Group) -> list[tuple[int, UpdateMark, frozenset[str]]]:
    """(sequence, mark, words) of a group whose values differ; of a message its last value counts."""
    last: dict[int, Said] = {one.sequence: one for one in group.said}
    ordered = sorted(last.values(), key=lambda one: one.order)
    newest = ordered[-1]
    label = next((one.fact.label for one in reversed(ordered) if one.fact.label), "")
    words = frozenset().union(*(one.fact.words for one in ordered))
    older = [one for one in ordered[:-1] if differs(one.fact, newest.fact)]
    if not older:
        return []
    denied = newest.fact.kind == "ever" and newest.fact.value == "no"
    found = [(newest.sequence, UpdateMark(True, None, label, denied), words)]
    return found + [(one.sequence, UpdateMark(False, newest.sequence, label, denied), words) for one in older]
