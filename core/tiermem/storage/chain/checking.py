"""Rows against the links that they were written with, wherever they were read: from tables, or from an export. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tiermem.plain_json import dumps
from tiermem.records import StructuredSummary
from tiermem.storage.chain import links
from tiermem.storage.chain.links import START, Head, LinkedRow, link
from tiermem.storage.tables.erasures import TOMBSTONE
from tiermem.window.view import hidden_ranges, within

Ranges = Sequence[tuple[int, int]]
ERASED_SUMMARY = "[what this summary said was erased]"
NOTHING = dumps({"structure": StructuredSummary().model_dump(mode="json"), "text": ERASED_SUMMARY})
OTHERWISE = "the chain does not hold"


class Shows(Protocol):
    """What decisions show, for their links."""

    def by(self, row: LinkedRow) -> bytes:
        """The hash of all that the decision *row* shows."""


def erased_by(decisions: Sequence[LinkedRow]) -> Ranges:
    """The ranges of messages that these decisions erased."""
    return hidden_ranges([(True, row["first"], row["last"]) for row in decisions if row["kind"] == "erase"])


@dataclass
class Walk:
    """Along the messages of a session, link by link.

    *last*: the link of the message before, None where nobody knows it. *at*: the number of a message whose link is
    wanted, which is then *seen*.
    """

    last: bytes | None
    at: int = -1
    seen: bytes | None = None

    def step(self, row: LinkedRow, erased: Ranges) -> Iterator[str]:
        """What is wrong with the next message."""
        number, stored, gone = row["sequence"], link(row["chain"]), bytes(row["id"]).startswith(TOMBSTONE)
        told = f"tiermem_message, message {number}"
        if self.last is not None and links.of_message(self.last, row) != stored:
            yield f"{told}: {OTHERWISE}: it, or its place, is not as it was written"
        elif links.salted(row["witness"]) == gone:
            yield f"{told}: {OTHERWISE}: its witness is not that of a message that is {'gone' if gone else 'there'}"
        if gone != within(erased, number):
            yield f"{told}: it is {'' if gone else 'not '}erased, and the journal says otherwise"
        self.pass_by(number, stored)

    def pass_by(self, number: int, stored: bytes | None) -> None:
        """Go on behind message *number*, which has this link; None where it is missing."""
        self.last = stored
        if number == self.at:
            self.seen = stored


def decisions_differ(decisions: Sequence[LinkedRow], shown: Shows, before: bytes, erased: Ranges) -> Iterator[str]:
    """What is wrong with these decisions, the first of which follows the link *before*; *erased*: by all of them."""
    last = before
    for row in decisions:
        stored, told = link(row["chain"]), f"tiermem_decision, decision {row['number']}"
        if links.of_decision(last, row, shown.by(row)) != stored:
            yield f"{told}: {OTHERWISE}: it, its rows of tiermem_stub or tiermem_summary, or what it erased, differ"
        elif not links.is_taken_over(row["witness"]) and not all(
            within(erased, number) for number in links.kept(row["witness"])
        ):
            yield f"{told}: {OTHERWISE}: stubs are gone that nobody erased"
        if row["undone"] not in {0, 1}:
            yield f"{told}: it says neither that it is undone nor that it is not"
        last = stored


def summary_differs(row: LinkedRow, erased: Ranges) -> Iterator[str]:
    """What is wrong with the witness of a summary: it says something, or was erased with what it stood for."""
    silenced = not links.salted(row["witness"])
    reached = bool(erased) and erased[0][0] <= row["last"] and row["first"] <= erased[-1][1]
    if silenced and not (reached and bytes(row["body"]) == NOTHING):
        yield f"tiermem_summary, summary {row['number']}: {OTHERWISE}: its words are gone, and nobody erased them"
    if row["live"] not in {0, 1}:
        yield f"tiermem_summary, summary {row['number']}: it says neither that it is in force nor that it is not"


def anchored(head: Head | None, walk: Walk, decisions: Sequence[LinkedRow]) -> Iterator[str]:
    """Where a session does not go on from *head*, which somebody kept."""
    if head is None:
        return
    seen = START if head.messages == 0 else walk.seen
    if seen != head.chain:
        yield f"the chain: message {head.messages} has another link than the head says, or is gone"
    decided = START if head.decisions == 0 else None
    if 0 < head.decisions <= len(decisions):
        decided = link(decisions[head.decisions - 1]["chain"])
    if decided != head.journal:
        yield f"the chain: decision {head.decisions} has another link than the head says, or is gone"


def erased_since(head: Head | None, decisions: Sequence[LinkedRow]) -> Iterator[str]:
    """What was erased since *head* was taken, which is no fault."""
    for row in decisions[head.decisions :] if head else ():
        if row["kind"] == "erase":
            first, last = row["first"], row["last"]
            span = f"m{first}" if first == last else f"m{first} to m{last}"
            yield f"the words of {span}, erased since that head was taken (decision {row['number']})"
