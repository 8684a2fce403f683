"""Structured summaries after they are made: checked, given sources, merged, and written out for a model.

Rule 1: what a summariser returns is a claim. Counts, times and trust are set from the messages, never believed.
Rule 2: a rendered summary is data: one line each, nothing in it can pass for a turn, every line says where it is from.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from tiermem.messages import Message
from tiermem.records import StructuredSummary, Summary
from tiermem.summaries.extractive import extract
from tiermem.summaries.lines import (
    KINDS_OF_FACT,
    LIST_LIMITS,
    UNSAID_KINDS,
    Line,
    alike,
    capped,
    joined,
    lines_of,
    moment,
    provenance_in,
    provenance_of,
    structured,
    units,
)
from tiermem.summaries.parsing import claimed, source_size, tells_the_span
from tiermem.summaries.utterances import told
from tiermem.text import late
from tiermem.text.analyzer import terms
from tiermem.text.clipping import largest, shorten
from tiermem.text.cues import CHANGE, DECISION, ERROR
from tiermem.text.entities import numbers
from tiermem.text.sanitizing import in_chinese, neutral, unbracketed
from tiermem.tokens.lines import CountedText, Lines
from tiermem.window.view import within

_SHARED_ENOUGH = 0.5  # of the best message's weight: below it a message shares only the common words of a line
_SOURCES = 3
_LEAST_CUT = 12  # characters of a line that is cut because nothing fits whole
_LABELS = {
    "user_goal": ("Goal", "目标"),
    "key_decisions": ("Decision", "决定"),
    "modified_files": ("File", "文件"),
    "critical_context": ("Critical", "要点"),
    "last_step": ("Last step", "最后一步"),
}
_NUMBERED = late.compile(r" \d+$")
_KIND_OF = {word: kind for kind, word in KINDS_OF_FACT.items()}
_EARLIER = ("earlier goal", "先前目标")
# What a line is worth as one of its field, and how much more as a fact of its kind, beside what its words tell.
_FIELD_WORTH = {
    "user_goal": 3.0,
    "key_decisions": 1.5,
    "last_step": 1.2,
    "critical_context": 0.8,
    "modified_files": 0.5,
}
_KIND_WORTH = {"preference": 0.6, "about": 0.6, "constraint": 0.6, "cause": 0.6, "error": 0.3, "earlier goal": 0.3}


def accept(value: Any, messages: Sequence[Message], now: datetime | None = None) -> StructuredSummary:
    """The valid summary in what a summariser returned for *messages*.

    Args:
        value: a StructuredSummary, an object with its fields, a pydantic model or dataclass, or JSON text of one. It
            needs one of `user_goal`, `key_decisions`, `modified_files`, `critical_context` and `last_step`. One that
            says only `count` and `time_range`, and says them right, is filled by rules: it tells nothing that was said.
        messages: what was to be summarised; count, times and existing sources are taken from them.
        now: what `timestamp` says.

    Raises:
        SummaryRejected: it is no such structure, empty, a refusal, an error or a tool call, or longer than its source.
    """
    if tells_the_span(value, messages):
        return extract(messages, now)
    lines, unusable = claimed(value, source_size(messages))
    known = {message.sequence for message in messages}
    lines = [replace(line, sources=tuple(number for number in line.sources if number in known)) for line in lines]
    lines = _first_of_each(map(capped, lines))
    missing = [f"{line.label} {line.text}" for line in lines if not line.sources]
    attributed = iter(_attributed(missing, messages))
    lines = [line if line.sources else replace(line, sources=tuple(next(attributed))) for line in lines]
    refused = unusable + (value.refused if isinstance(value, StructuredSummary) else 0)  # as our own summarisers say
    return structured(lines, replace(provenance_of(messages), refused=refused), now)


def _first_of_each(lines: Iterable[Line]) -> list[Line]:
    """*lines* without repeats, within the caps of the lists; the summariser's own order says what matters."""
    kept: dict[tuple[str, str, str], Line] = {}
    counts: Counter[str] = Counter()
    for line in lines:
        key = (line.kind, line.label, line.text)
        if line.text and key not in kept and counts[line.kind] < LIST_LIMITS.get(line.kind, 1):
            kept[key] = line
            counts[line.kind] += 1
    return list(kept.values())


def attribute(line: str, messages: Sequence[Message]) -> list[int]:
    """Up to three sequences of *messages* that share the rarest terms and numbers with *line*; [] when none does."""
    return _attributed([line], messages)[0]


def _attributed(lines: Sequence[str], messages: Sequence[Message]) -> list[list[int]]:
    """`attribute` for many lines, with one look at each message."""
    wanted = [_keys(line) for line in lines]
    all_wanted = frozenset().union(*wanted)
    if not all_wanted:
        return [[] for _ in lines]
    holders: dict[str, list[int]] = {}
    for place, message in enumerate(messages):
        for key in _keys(_source_text(message)) & all_wanted:
            holders.setdefault(key, []).append(place)
    weights = {key: math.log(1 + len(messages) / len(places)) for key, places in holders.items()}
    return [_nearest(keys, holders, weights, messages) for keys in wanted]


def _nearest(
    keys: frozenset[str], holders: dict[str, list[int]], weights: dict[str, float], messages: Sequence[Message]
) -> list[int]:
    shared: dict[int, float] = {}
    for key in sorted(keys & holders.keys()):
        for place in holders[key]:
            shared[place] = shared.get(place, 0.0) + weights[key]
    best = sorted(shared, key=lambda place: (-round(shared[place], 9), place))[:_SOURCES]
    return sorted({messages[place].sequence for place in best if shared[place] >= _SHARED_ENOUGH * shared[best[0]]})


def _keys(text: str) -> frozenset[str]:
    return frozenset(terms(text)) | frozenset(numbers(text))


def _source_text(message: Message) -> str:
    calls = " ".join(f"{call.name} {call.arguments}" for call in message.calls)
    return f"{message.text} {calls}" if calls else message.text


def merge(summaries: Sequence[StructuredSummary], now: datetime | None = None) -> StructuredSummary:
    """One summary of *summaries*, which are in the order of the conversation.

    Counts add up, times join, the newest goal and last step win (the first goal stays as "earlier goal"), lines that
    say the same become the newest of them with all sources, and for one label the newest value wins.
    """
    parts = [lines_of(summary) for summary in summaries]
    lines = [line for part in parts for line in part]
    goals = [line for line in lines if line.kind == "user_goal"]
    steps = [line for line in lines if line.kind == "last_step"]
    context = [line for line in lines if line.kind == "critical_context"]
    kept = goals[-1:] + _joined(line for line in lines if line.kind == "key_decisions")
    kept += _same_name(line for line in lines if line.kind == "modified_files")
    kept += _joined_context(goals, context) + steps[-1:]
    return structured(kept, joined([provenance_in(summary) for summary in summaries]), now)


def _joined_context(goals: Sequence[Line], context: Sequence[Line]) -> list[Line]:
    earlier = [line for line in context if line.label in _EARLIER][:1]
    if not earlier and goals and not alike(units(goals[0].text), units(goals[-1].text)):
        label = _EARLIER[in_chinese(goals[0].text)]
        earlier = [replace(goals[0], kind="critical_context", label=label)]
    newest = {_topic(line): line for line in context if line.label not in _EARLIER}
    order = sorted(newest.values(), key=context.index)
    return earlier + _joined(order, LIST_LIMITS["critical_context"] - len(earlier))


def _topic(line: Line) -> str:
    """What a line of context is about: its label, or its words where the label only names the kind of fact."""
    return line.text if _kind(line) in KINDS_OF_FACT else line.label


def _joined(lines: Iterable[Line], limit: int = LIST_LIMITS["key_decisions"]) -> list[Line]:
    """*lines* with those that say the same collapsed into the newest; beyond *limit* the weakest and oldest go."""
    kept: list[tuple[frozenset[str], Line]] = []
    for line in lines:
        own = units(line.text)
        twins = [pair for pair in kept if alike(pair[0], own)]
        kept = [pair for pair in kept if pair not in twins]
        sources = {number for _, twin in twins for number in twin.sources}.union(line.sources)
        kept.append((own, replace(line, sources=tuple(sorted(sources)))))
    ranked = sorted(range(len(kept)), key=lambda place: (-_worth(kept[place][1].text, place / len(kept)), -place))
    return [kept[place][1] for place in sorted(ranked[:limit])]


def _worth(text: str, recency: float) -> float:
    cues = bool(DECISION.search(text)) + bool(CHANGE.search(text)) + bool(ERROR.search(text))
    return cues + told(text) + 1.5 * recency


def _same_name(lines: Iterable[Line]) -> list[Line]:
    """One line a file with all its sources; beyond the cap those whose last change is oldest go."""
    files: dict[str, Line] = {}
    for line in lines:
        known = files.pop(line.text, line)
        files[line.text] = replace(line, sources=tuple(sorted({*known.sources, *line.sources})))
    return list(files.values())[-LIST_LIMITS["modified_files"] :]


def render(summary: Summary | StructuredSummary, first: int, last: int, ref: str) -> str:
    """The text that a model reads: a header, then a line each for goal, decisions, files, critical context, last step.

    Every line ends with the references of its messages, like (m12, m45 tool), and says which a tool or a stranger said.
    One of critical context begins with them, in the place of a label. Labels are Chinese when the content is.
    """
    structure = summary.structure if isinstance(summary, Summary) else summary
    return "\n".join([_header(structure, first, last, ref), *(line.text for line in _body(structure))])


def fit(structure: StructuredSummary, first: int, last: int, ref: str, budget: int, count: Callable[[str], int]) -> str:
    """`render` within *budget* tokens as *count* counts them; "" where there is no line, or room for none."""
    return Fitting(structure, first, last, ref, count).within(budget).text


class Fitting:
    """The lines of a summary with what they cost by *count*: read and counted once, for whatever budgets."""

    def __init__(self, structure: StructuredSummary, first: int, last: int, ref: str, count: Callable[[str], int]):
        self.count = count
        self.header, self._body = _header(structure, first, last, ref), _body(structure)
        self._alone = count(self.header)
        self._lines = Lines([self.header, *(line.text for line in self._body)], count)

    @cached_property
    def _whole(self) -> CountedText:
        return self._lines.of(range(len(self._body) + 1))

    @cached_property
    def _valued(self) -> list[tuple[int, int]]:
        """(place, cost) of the lines: the goal, then those that tell most for their tokens, of equals the newer."""
        costs, body = [self.count(f"\n{line.text}") for line in self._body], self._body
        value = {at: (body[at].kind == "user_goal", body[at].worth / max(costs[at], 1), at) for at in range(len(body))}
        return [(place, costs[place]) for place in sorted(value, key=value.__getitem__, reverse=True)]

    def within(self, budget: int) -> CountedText:
        """As many lines as *budget* tokens hold, the most telling for their tokens, each where it stands; the goal is
        kept. Where none fits whole, the first of them is cut; "" where there is room for none."""
        if self._body and self._whole.tokens <= budget:
            return self._whole
        kept: list[int] = []
        left = budget - self._alone
        for place, cost in self._valued:
            if cost <= left:
                kept.append(place + 1)
                left -= cost
        while kept:  # a counter may count the whole otherwise than its lines
            fitted = self._lines.of([0, *sorted(kept)])
            if fitted.tokens <= budget:
                return fitted
            kept.pop()
        text = _cut(self.header, self._body[self._valued[0][0]], budget, self.count) if self._body else ""
        return CountedText(text, self.count(text) if text else 0)


def _cut(header: str, line: _Rendered, budget: int, count: Callable[[str], int]) -> str:
    """The header and the beginning of *line* with its references; "" where hardly a word would be left."""

    def text(kept: int) -> str:
        return f"{header}\n{line.label}{shorten(line.words, kept)}{line.refs}"

    kept = largest(_LEAST_CUT - 1, len(line.words), lambda kept: count(text(kept)) <= budget)
    return text(kept) if kept >= _LEAST_CUT else ""


def bare(summary: Summary, header: str | None = None) -> bool:
    """Whether *summary* says nothing but what it is of: its *header*, where that was read before."""
    if header is None:
        header = _header(summary.structure, summary.first, summary.last, summary.ref)
    return not summary.text or summary.text == header


def without(summary: Summary, hidden: Sequence[tuple[int, int]]) -> Summary:
    """*summary* without the lines that rest on a message in one of the *hidden* ranges, of which it may say words.

    Its tokens stay those of the whole, which no window falls below. A line of which no source is known stays: it
    shares no rare word with any message. A text of the caller's own cannot be parted, so the plain one takes its place.
    """
    lines = lines_of(summary.structure)
    kept = [line for line in lines if not any(within(hidden, source) for source in line.sources)]
    if len(kept) == len(lines):
        return summary
    old = summary.structure
    structure = structured(kept, provenance_in(old), old.timestamp)
    body = _body(structure)
    if summary.text.partition("\n")[0] == _header(old, summary.first, summary.last, summary.ref):
        body = [line for line in body if line.words in summary.text]  # of some there was no room from the start
    written = [_header(structure, summary.first, summary.last, summary.ref), *(line.text for line in body)]
    return replace(summary, structure=structure, text="\n".join(written))


def _chinese(structure: StructuredSummary) -> bool:
    return in_chinese(" ".join(line.text for line in lines_of(structure) if line.kind != "modified_files"))


def _header(structure: StructuredSummary, first: int, last: int, ref: str) -> str:
    span = (structure.time_range.start, structure.time_range.end)
    days = list(dict.fromkeys(moment(when).date().isoformat() for when in span if when))
    if _chinese(structure):
        dates = f"，{' 至 '.join(days)}" if days else ""
        return f"摘要 {neutral(ref)}：m{first}–m{last}，{structure.count} 条消息{dates}"
    dates = f", {' to '.join(days)}" if days else ""
    return f"Summary {neutral(ref)} of m{first}–m{last}, {structure.count} messages{dates}"


class _Rendered(NamedTuple):
    """A line as a model reads it: of which field, its label, what it says, and its references."""

    kind: str
    label: str
    words: str
    refs: str
    worth: float

    @property
    def text(self) -> str:
        return f"{self.label}{self.words}{self.refs}"


def _body(structure: StructuredSummary) -> list[_Rendered]:
    chinese = _chinese(structure)
    mark = "：" if chinese else ": "
    body = []
    for line in lines_of(structure):
        refs = ", ".join(_source(number, structure) for number in line.sources)
        plain = not line.label or _kind(line) in UNSAID_KINDS
        words = neutral(line.text if plain else f"{line.label} - {line.text}")
        label, behind = _LABELS[line.kind][chinese] + mark, f" ({refs})" if refs else ""
        if line.kind == "critical_context" and refs:  # there are most of these, and a label and brackets cost 3 tokens
            label, behind = refs + mark, ""
        worth = _FIELD_WORTH[line.kind] + _KIND_WORTH.get(_kind(line), 0.0) + told(line.text)
        body.append(_Rendered(line.kind, label, words, behind, worth))
    return body


def _kind(line: Line) -> str:
    """The kind of fact that the label of *line* names, in English; its label where that names none."""
    label = _NUMBERED.sub("", line.label)
    return _KIND_OF.get(label, label)


def _source(number: int, structure: StructuredSummary) -> str:
    """The reference of a source, and who said it, where that is neither a user nor an assistant."""
    word = structure.said_by.get(number, "")
    return f"m{number} {unbracketed(word)}" if word else f"m{number}"
