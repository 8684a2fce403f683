"""How likely each level of a context answers: what is in view, what summaries and stubs tell, what was recalled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import nlargest

from tiermem.flows.reading.contexts.draft import Draft, verbatim
from tiermem.flows.reading.request import SearchResult
from tiermem.records import Hit, Likely, Piece, Shown, Tier
from tiermem.search.query import asks
from tiermem.search.ranking.sufficiency import Pool, Seen, enough, likely_of
from tiermem.summaries.lines import lines_of
from tiermem.text.analyzer import terms
from tiermem.window.view import Entry

TOLD = 6  # best hits whose stub or line is read: reading all of them took a tenth of a context


def viewed(draft: Draft, result: SearchResult) -> list[Seen]:
    """The best of what is in view beside the question. A message that asks has the words of an answer, and is none."""
    messages, found = draft.scale.messages, result.matched.viewed
    return [seen for number, seen in found.items() if number in messages and not asks(messages[number].text)]


def wanted(draft: Draft, result: SearchResult, found: Sequence[Hit]) -> Sequence[Hit]:
    """Of what was *found* outside the window, best first, what is worth its tokens, by what the caller asked for."""
    if not draft.request.sufficient:
        return found
    matched = result.matched
    return found[: enough(matched.asked, matched.seen(found), viewed(draft, result))]


def of_context(
    draft: Draft, result: SearchResult, pieces: Sequence[Piece], hits: Sequence[Hit], entries: Sequence[Entry]
) -> Likely:
    """How likely *pieces* answer, in which *hits* are quoted and *entries* are shown."""
    matched, shown = result.matched, verbatim(entries)
    here = [hit for hit in result.hits if hit.home and not hit.source and hit.message.sequence in shown]
    window = [*viewed(draft, result), *matched.seen(hit for hit in here if not asks(hit.message.text))]
    recalled = matched.seen(hits)
    told = _told(draft, result, pieces)
    pool = Pool.of([*viewed(draft, result), *matched.seen(result.hits)])

    def chance(seen: Sequence[Seen]) -> float:
        return likely_of(matched.asked, seen, pool)

    return Likely(chance(window), chance(told), chance(recalled), chance([*window, *recalled]))


def _told(draft: Draft, result: SearchResult, pieces: Sequence[Piece]) -> list[Seen]:
    """What stubs and lines of summaries tell of the hits that they stand for: as much of a hit's score as of the words
    of the question that it has, they have."""
    best = nlargest(TOLD, result.hits, key=lambda hit: hit.score)
    hits = {hit.message.sequence: hit for hit in best if hit.home and not hit.source}
    words = _words(draft, pieces, hits)
    asked = [*result.question.terms] if result.question else []
    coverage, found = result.matched.asked.coverage, list[Seen]()
    for number, text in words.items():
        (own,) = result.matched.seen([hits[number]])
        here = set(terms(text))
        held = own.held & sum(1 << at for at, term in enumerate(asked) if term in here)
        whole = coverage.share(own.held)
        found.append(Seen(own.score * coverage.share(held) / whole if whole else 0.0, held, own.near))
    return found


def _words(draft: Draft, pieces: Sequence[Piece], hits: Mapping[int, Hit]) -> dict[int, str]:
    """What is told of each of *hits*, by number."""
    words: dict[int, str] = {}
    for piece in pieces:
        if piece.shown is Shown.COMPACTED and piece.message.sequence in hits:
            words[piece.message.sequence] = piece.message.text
    summary = "\n".join(piece.message.text for piece in pieces if piece.tier is Tier.L2 and piece.kind == "summary")
    for structure in (one.structure for one in draft.opening.shown.live if summary):
        if not any(number in hits for numbers in structure.sources.values() for number in numbers):
            continue
        for line in lines_of(structure):
            sources = [number for number in line.sources if number in hits]
            if sources and line.text in summary:
                words |= {number: f"{words.get(number, '')}\n{line.text}" for number in sources}
    return words
