"""Why a message was found, from the parts of its score, in one readable line for people. Pure.

"keyword 0.41 (code, locker~safe .6), date 0.19, beside 0.12 (near m41)": the question's words that stand in the
message, and for a related word how near it is; then the other parts of the score, largest first; last what the
neighbours lend, with the best of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tiermem.records import Hit
from tiermem.search.query import Question
from tiermem.search.ranking.proximity import STRETCH

LEAST = 0.005  # of a score; a part that rounds to 0.00 explains nothing
MOST_WORDS = 8
LENT = ("stretch", "reach")  # the parts that come from messages beside


def matched(question: Question, terms: Collection[str]) -> list[str]:
    """The question's terms that stand in a message with these *terms*, or the nearest related word that does."""
    there = set(terms)
    words = []
    for term in question.terms:
        if term in there:
            words.append(term)
            continue
        others = {other: w for other, w in question.related.get(term, {}).items() if other in there}
        if others:
            best = max(others, key=lambda other: (others[other], other))
            words.append(f"{term}~{best} {others[best]:.1f}".replace(" 0.", " ."))
    return words


def reason(question: Question, hit: Hit, terms: Collection[str], hits: Sequence[Hit]) -> str:
    """The line for *hit*, a message of these *terms*, among *hits*."""
    parts = [(name, share) for name, share in hit.why.items() if abs(share) >= LEAST]
    parts.sort(key=lambda part: (part[0] != "keyword", -part[1]))
    words = matched(question, terms)
    named = [_part(name, share, words) for name, share in parts if name not in LENT]
    if words and "keyword" not in dict(parts):
        named.insert(0, f"words ({_listed(words)})")
    lent = sum(share for name, share in parts if name in LENT)
    return ", ".join([*named, *([_beside(hit, lent, hits)] if lent >= LEAST else [])])


def _part(name: str, share: float, words: Sequence[str]) -> str:
    return f"{name} {share:.2f}" + (f" ({_listed(words)})" if name == "keyword" and words else "")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:MOST_WORDS]) + (", …" if len(words) > MOST_WORDS else "")


def _beside(hit: Hit, lent: float, hits: Sequence[Hit]) -> str:
    """What the messages beside lend, with the best of them that was found too."""
    near = [
        other
        for other in hits
        if (other.source, other.session) == (hit.source, hit.session)
        and 0 < abs(other.message.sequence - hit.message.sequence) <= STRETCH
        and _own(other.why) > _own(hit.why)
    ]
    best = max(near, key=lambda other: (_own(other.why), other.message.sequence), default=None)
    return f"beside {lent:.2f}" + (f" (near {best.ref})" if best else "")


def _own(why: Mapping[str, float]) -> float:
    return sum(share for name, share in why.items() if name not in LENT)
