"""The graph of a user's names, made of the sentences that name them and of facts. Pure.

Rule 1: two names are related where they stand in one sentence, or in two that follow each other in one message.
Rule 2: at most `MOST` names are kept, those of facts first, then by mentions and freshness (`_worth`); the others can
be derived again of what was said.
Rule 3: the graph is a function of what is there and not hidden, whatever was looked at in between.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiermem.facts.stated.record import USER
from tiermem.graph.typed import FactEdge, FactNames, folded
from tiermem.index.named.columns import NamesSaid, Rows

MOST = 5_000  # names of a user
HALF = 180 * 86_400.0  # seconds after which a mention counts half, by the newest one of the user: a pause drops nobody
Ranges = Sequence[tuple[int, int]]
Whole = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class NameGraph:
    """Names by code, and the sentences that have them.

    Args:
        codes: by folded name.
        spelled, also: by code, how it is written, and what else is meant by it.
        mentions: by code, sentences; first, last: seconds since 1970 in UTC, NaN where unknown.
        homes, numbers, said: by sentence, the key of its session, the message's number, and when it was said.
        follows: by sentence, whether it follows the one before it in the same message.
        starts, held: the codes of sentence s are held[starts[s]:starts[s + 1]].
        begins, places: the sentences of code c are places[begins[c]:begins[c + 1]].
        facts: by code, what facts say of it.
    """

    codes: Mapping[str, int]
    spelled: Sequence[str]
    also: Mapping[int, tuple[str, ...]]
    mentions: Whole
    first: Real
    last: Real
    homes: Whole
    numbers: Whole
    said: Real
    follows: NDArray[np.bool_]
    starts: Whole
    held: Whole
    begins: Whole
    places: Whole
    facts: Mapping[int, Sequence[FactEdge]]

    def code(self, name: str) -> int | None:
        """The code of *name*; None where nobody is called so."""
        return self.codes.get(folded(name))

    def sentences(self, code: int) -> Whole:
        """The sentences that name *code*."""
        return self.places[self.begins[code] : self.begins[code + 1]]


def build(
    parts: Mapping[int, NamesSaid], hidden: Mapping[int, Ranges], facts: FactNames, most: int = MOST
) -> NameGraph:
    """The graph of *parts*, by session, without the messages that are *hidden*, and of *facts*."""
    codes: dict[str, int] = {}
    for edge in facts.edges:
        for end in (edge.one, edge.other):
            codes.setdefault(end, len(codes))
    stated, written = len(codes), dict[tuple[int, str], int]()
    shown = {key: _shown(part, hidden.get(key, ())) for key, part in parts.items()}
    known = _known(parts, shown, facts)
    columns = [_column(key, part, shown[key], known, facts, codes, written) for key, part in parts.items()]
    rows = _once(columns)
    kept, codes = _kept(rows, codes, stated, most)
    rows = {name: column[kept[rows["codes"]] >= 0] for name, column in rows.items()}
    rows["codes"] = kept[rows["codes"]]
    spelled = _spelled(kept, written, facts, codes)
    return _linked(rows, codes, spelled, facts)


def _shown(part: NamesSaid, hidden: Ranges) -> Rows:
    shown: Rows = np.ones(len(part), bool)
    for first, last in hidden:
        shown &= ~((part.numbers >= first) & (part.numbers <= last))
    return shown


def _known(parts: Mapping[int, NamesSaid], shown: Mapping[int, Rows], facts: FactNames) -> set[str]:
    """The folded names that are names for sure, in what is *shown* or in *facts*."""
    known = {*facts.meant, *facts.spelled}
    for key, part in parts.items():
        sure = np.unique(part.codes[shown[key] & part.sure])
        known.update(folded(part.names[code]) for code in sure.tolist())
    return known


def _column(
    key: int,
    part: NamesSaid,
    shown: Rows,
    known: Collection[str],
    facts: FactNames,
    codes: dict[str, int],
    written: dict[tuple[int, str], int],
) -> dict[str, Any]:
    """The mentions of one session that count, with codes of all; *written* counts how each is spelt."""
    keys = [folded(name) for name in part.names]
    counts = shown & np.array([key in known for key in keys], bool)[part.codes] if len(part) else shown
    local = part.codes[counts]
    often = np.bincount(local, minlength=len(part.names))
    moved = np.zeros(len(part.names), np.int64)
    for place, name in enumerate(part.names):
        if often[place]:
            code = codes.setdefault(facts.meant.get(keys[place], keys[place]), len(codes))
            moved[place] = code
            written[code, name] = written.get((code, name), 0) + int(often[place])
    return {
        "homes": np.full(len(local), int(key), np.int64),
        "numbers": part.numbers[counts],
        "sentences": part.sentences[counts],
        "codes": moved[local],
        "said": part.said[counts],
    }


def _once(columns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All mentions in order, each name once a sentence."""
    empty = {name: np.zeros(0, np.int64) for name in ("homes", "numbers", "sentences", "codes")}
    rows = {
        name: np.concatenate([column[name] for column in columns] or [other])
        for name, other in {**empty, "said": np.zeros(0)}.items()
    }
    order = np.lexsort((rows["codes"], rows["sentences"], rows["numbers"], rows["homes"]))
    rows = {name: column[order] for name, column in rows.items()}
    same = np.ones(max(0, len(order) - 1), bool)
    for name in ("homes", "numbers", "sentences", "codes"):
        same &= rows[name][1:] == rows[name][:-1]
    return {name: column[np.concatenate([[True], ~same])[: len(order)]] for name, column in rows.items()}


def _kept(rows: Mapping[str, Any], codes: Mapping[str, int], stated: int, most: int) -> tuple[Whole, dict[str, int]]:
    """By code its new one, -1 of those that are not kept; and the new codes by folded name."""
    worth = _worth(rows["codes"], rows["said"], len(codes))
    worth[:stated] = math.inf
    order = np.argsort(-worth, kind="stable")[:most]  # of equals the one that was named first
    kept = np.full(len(codes), -1, np.int64)
    kept[np.sort(order)] = np.arange(len(order))
    return kept, {name: int(kept[code]) for name, code in codes.items() if kept[code] >= 0}


def _worth(codes: Whole, said: Real, count: int) -> Real:
    """By code its mentions, each half as much for each `HALF` that it is older than the newest of all."""
    known = ~np.isnan(said)
    newest = float(said[known].max()) if known.any() else 0.0
    age = np.where(known, newest - np.where(known, said, newest), 0.0)
    worth: Real = np.bincount(codes, weights=np.exp2(-age / HALF), minlength=count).astype(np.float64)
    return worth


def _spelled(
    kept: Whole, written: Mapping[tuple[int, str], int], facts: FactNames, codes: Mapping[str, int]
) -> list[str]:
    """By new code how it is written: most often, or else as facts have it."""
    best: dict[int, tuple[int, str]] = {}
    for (old, name), count in written.items():
        if (code := int(kept[old])) >= 0 and count > best.get(code, (0, ""))[0]:
            best[code] = (count, name)
    return [
        USER if key == USER else best[code][1] if code in best else facts.spelled.get(key, key)
        for key, code in codes.items()
    ]


def _linked(rows: Mapping[str, Any], codes: Mapping[str, int], spelled: Sequence[str], facts: FactNames) -> NameGraph:
    """The graph of mentions that stand in order."""
    held = rows["codes"]
    begun = np.ones(len(held), bool)
    begun[1:] = (np.diff(rows["homes"]) != 0) | (np.diff(rows["numbers"]) != 0) | (np.diff(rows["sentences"]) != 0)
    starts = np.flatnonzero(begun)
    homes, numbers, sentences = (rows[name][starts] for name in ("homes", "numbers", "sentences"))
    follows = np.zeros(len(starts), bool)
    follows[1:] = (np.diff(homes) == 0) & (np.diff(numbers) == 0) & (np.diff(sentences) == 1)
    mentions = np.bincount(held, minlength=len(codes))
    also = _also(codes, facts)
    return NameGraph(
        codes={**codes, **{alias: codes[name] for alias, name in facts.meant.items() if name in codes}},
        spelled=spelled,
        also=also,
        mentions=mentions,
        first=_times(rows, len(codes), np.minimum, np.inf),
        last=_times(rows, len(codes), np.maximum, -np.inf),
        homes=homes,
        numbers=numbers,
        said=rows["said"][starts],
        follows=follows,
        starts=np.append(starts, len(held)),
        held=held,
        begins=np.concatenate([[0], np.cumsum(mentions)]),
        places=(np.cumsum(begun) - 1)[np.argsort(held, kind="stable")],
        facts=_edges(codes, facts),
    )


def _times(rows: Mapping[str, Any], count: int, which: np.ufunc, unknown: float) -> Real:
    """By code the first or the last time of its mentions, NaN where none is known."""
    known, found = ~np.isnan(rows["said"]), np.full(count, unknown)
    which.at(found, rows["codes"][known], rows["said"][known])
    return np.where(np.isinf(found), np.nan, found)


def _also(codes: Mapping[str, int], facts: FactNames) -> dict[int, tuple[str, ...]]:
    also: dict[int, tuple[str, ...]] = {}
    for alias, name in facts.meant.items():
        if name in codes:
            also[codes[name]] = (*also.get(codes[name], ()), facts.spelled.get(alias, alias))
    return also


def _edges(codes: Mapping[str, int], facts: FactNames) -> dict[int, list[FactEdge]]:
    edges: dict[int, list[FactEdge]] = {}
    for edge in facts.edges:
        if edge.one in codes and edge.other in codes:
            for end in (edge.one, edge.other):
                edges.setdefault(codes[end], []).append(edge)
    return edges
