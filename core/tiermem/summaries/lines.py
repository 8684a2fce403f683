"""A structured summary as a flat list of lines, and back, with the caps that every summary obeys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise

from tiermem.messages import Message
from tiermem.records import StructuredSummary, TimeRange, Trust
from tiermem.text import late
from tiermem.text.clipping import shorten
from tiermem.text.sanitizing import one_line
from tiermem.window.provenance import lowest, said_by_others, trust_of

FADED = "faded"  # the strategy of a summary that has no line of what faded
LINE_LIMIT = 240  # characters
LABEL_LIMIT = 40  # characters
SOURCE_LIMIT = 5  # messages behind one line
LIST_LIMITS = {"key_decisions": 12, "modified_files": 20, "critical_context": 32}
KINDS_OF_FACT = {
    "error": "错误",
    "cause": "原因",
    "constraint": "约束",
    "preference": "偏好",
    "about": "信息",
    "version": "版本",
    "result": "结果",
    "figure": "数据",
    "note": "备注",
    "earlier goal": "先前目标",
}
"""Labels that name a kind of fact, not a fact, with their Chinese words: two lines may bear the same."""
UNSAID_KINDS = frozenset({"note", "about", "preference", "constraint", "figure"})
"""Of these, those that say nothing that the words of their line do not."""
_ALIKE = 0.7  # share of the smaller line's words that two lines have in common

_UNIT = late.compile(r"[a-z0-9_]+|[\u3400-\u9fff]+")
_WORD = late.compile(r"\w+")
_COMMON = frozenset(
    _WORD.findall(
        "a an and are as at be but by can do for from had has have i in into is it its me my not of on or our so that "
        "the their them they this to use using was we were will with would you your"
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a summary: its field, its label (critical context only), its text and the messages behind it."""

    kind: str
    text: str
    sources: tuple[int, ...] = ()
    label: str = ""


def lines_of(structure: StructuredSummary) -> list[Line]:
    """The lines of *structure*: goal, decisions, files, critical context, last step; empty ones left out."""
    paths = [("user_goal", "", structure.user_goal)]
    paths += [(f"key_decisions.{n}", "", text) for n, text in enumerate(structure.key_decisions)]
    paths += [(f"modified_files.{n}", "", text) for n, text in enumerate(structure.modified_files)]
    paths += [(f"critical_context.{label}", label, text) for label, text in structure.critical_context.items()]
    paths += [("last_step", "", structure.last_step)]
    return [
        Line(path.partition(".")[0], text, tuple(structure.sources.get(path, ())), label)
        for path, label, text in paths
        if text.strip()
    ]


def capped(line: Line) -> Line:
    """*line* on one line, within the caps for text, label and sources."""
    return replace(
        line,
        text=shorten(one_line(line.text), LINE_LIMIT),
        label=shorten(one_line(line.label), LABEL_LIMIT),
        sources=tuple(sorted(set(line.sources)))[-SOURCE_LIMIT:],
    )


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a summary is of: how many messages, said when and by whom. Set from the messages, never by a summariser.

    `refused` lines of one are not in it.
    """

    count: int
    time_range: TimeRange
    trust: Trust
    said_by: Mapping[int, str]
    refused: int = 0


def provenance_of(messages: Sequence[Message]) -> Provenance:
    """That of a summary of *messages*."""
    trust = lowest(map(trust_of, messages))
    return Provenance(len(messages), time_range(message.when for message in messages), trust, said_by_others(messages))


def provenance_in(summary: StructuredSummary) -> Provenance:
    """That of *summary*."""
    return Provenance(summary.count, summary.time_range, summary.trust, summary.said_by, summary.refused)


def joined(parts: Sequence[Provenance]) -> Provenance:
    """That of all *parts* together: as little to be trusted as the least trusted of them."""
    ends = [end for part in parts for end in (part.time_range.start, part.time_range.end)]
    said_by = {number: word for part in parts for number, word in part.said_by.items()}
    count, trust = sum(part.count for part in parts), lowest(part.trust for part in parts)
    return Provenance(count, time_range(ends), trust, said_by, sum(part.refused for part in parts))


def structured(lines: Iterable[Line], origin: Provenance, timestamp: datetime | None) -> StructuredSummary:
    """The summary made of *lines*, which are capped one by one; a label that is taken gets a number."""
    values: dict[str, str] = {}
    lists: dict[str, list[str]] = {"key_decisions": [], "modified_files": []}
    context: dict[str, str] = {}
    sources: dict[str, list[int]] = {}
    for line in map(capped, lines):
        if not line.text:
            continue
        if line.kind in lists:
            path = f"{line.kind}.{len(lists[line.kind])}"
            lists[line.kind].append(line.text)
        elif line.kind == "critical_context":
            label = _free(line.label or "note", context)
            path, context[label] = f"{line.kind}.{label}", line.text
        else:
            path, values[line.kind] = line.kind, line.text
        if line.sources:
            sources[path] = list(line.sources)
    cited = {number for numbers in sources.values() for number in numbers}
    return StructuredSummary(
        count=origin.count,
        time_range=origin.time_range,
        timestamp=timestamp,
        user_goal=values.get("user_goal", ""),
        last_step=values.get("last_step", ""),
        key_decisions=lists["key_decisions"],
        modified_files=lists["modified_files"],
        critical_context=context,
        sources=sources,
        trust=origin.trust,
        said_by={number: origin.said_by[number] for number in sorted(cited & origin.said_by.keys())},
        refused=origin.refused,
    )


def _free(label: str, taken: dict[str, str]) -> str:
    number, free = 1, label
    while free in taken:
        number += 1
        free = f"{label} {number}"
    return free


def moment(when: datetime) -> datetime:
    """*when* as an aware time; a naive one is taken as UTC, as the store writes it."""
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def time_range(moments: Iterable[datetime | None]) -> TimeRange:
    """From the earliest to the latest of *moments*; None are left out."""
    known = sorted(moment(when) for when in moments if when is not None)
    return TimeRange(start=known[0], end=known[-1]) if known else TimeRange()


def units(text: str) -> frozenset[str]:
    """What *text* is compared by: lower-case words, and pairs of neighbours in Han runs.

    Not the analyser's terms: these need no dictionary, so a summary is the same on every platform and version.
    """
    compared: set[str] = set()
    for run in _UNIT.findall(text.lower()):
        if run[0] < "\x80" or len(run) == 1:
            compared |= {run} - _COMMON
        else:
            compared.update(one + next_one for one, next_one in pairwise(run))
    return frozenset(compared)


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two lines say the same: most units of the smaller in the larger, and no two numbers that differ.

    Numbers decide, since "pool 10 → 50" and "pool 50 → 80" share their words and are two decisions.
    """
    smaller = min(len(one), len(other))
    shared = one & other
    if not shared or len(shared) < _ALIKE * smaller:
        return False
    figures, others = _figures(one), _figures(other)
    return (figures <= others or others <= figures) and (smaller > 2 or one == other)


@lru_cache(maxsize=4096)  # each is held against all lines that were chosen
def _figures(compared: frozenset[str]) -> frozenset[str]:
    return frozenset(unit for unit in compared if any(map(str.isdigit, unit)))
