"""PrecisionMemBench: which beliefs may come back for a question, and for which questions none may.

Beliefs are said in one session a scope; a case looks in that of its scope. Those that are pinned or hold everywhere
are shown by other means (profile, standing rules) and are no part of it; those that are superseded were said as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from tiermem import Memory

USER: Final = "somebody"
BUDGET: Final = 1_024
EVERYWHERE: Final = "user:universal"


@dataclass(frozen=True)
class Case:
    """What one question brought, and what it may bring."""

    found: frozenset[str]
    wanted: frozenset[str]


def text(belief: Mapping[str, Any]) -> str:
    """A belief as somebody would say it: its names, and what it says."""
    names = ", ".join([belief["canonical_name"].replace("_", " "), *belief["aliases"]])
    return f"{names}: {belief['content']}"


def cases(file: Path, embedder: Any, *, search: bool = False) -> list[Case]:
    """Every case of *file* by `recall`, or by the best hit and those near it of an explicit `search`."""
    data = json.loads(file.read_text("utf-8"))
    beliefs = [
        one
        for one in data["beliefs"]
        if not one["pinned"] and EVERYWHERE not in one["scope"] and "other" not in one["_id"]
    ]
    with Memory.open(":memory:", embedder=embedder) as memory:
        for belief in beliefs:
            memory.session(belief["scope"][0], namespace=USER).add(
                {"role": "user", "content": text(belief), "id": belief["_id"]}
            )
        memory.settle(60)
        return [_case(memory, one, search) for one in data["cases"] if one["query"]]


def _case(memory: Memory, case: Mapping[str, Any], search: bool) -> Case:
    session = memory.session("asks", namespace=USER)
    if search:
        hits = session.search(case["query"], 5, within="user", sessions=case["scope"])
    else:
        hits = list(session.recall(case["query"], BUDGET, within="user", sessions=case["scope"]).hits)
    wanted = case["expect"]["relevantBeliefs"]["shouldOnlyInclude"]
    return Case(frozenset(hit.message.id for hit in hits), frozenset(wanted))


def line(name: str, found: Sequence[Case]) -> list[str]:
    """Precision and recall where something may come back, precision over all, and the share of silence where not."""
    some = [one for one in found if one.wanted]
    none = [one for one in found if not one.wanted]
    precise = fmean(len(one.found & one.wanted) / len(one.found) if one.found else 0.0 for one in some)
    recall = fmean(len(one.found & one.wanted) / len(one.wanted) for one in some)
    silent = fmean(not one.found for one in none)
    return [name, str(len(found)), *(f"{100 * value:.1f}" for value in (precise, recall, silent))]
