"""Messages as what a fact may rest on: whose words they are, what of them is said in earnest, what rules read."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tiermem.extraction.grounding import ClaimSource
from tiermem.facts.clauses import prose
from tiermem.facts.rules.record import is_laid_down
from tiermem.facts.stated.reading.handed import own
from tiermem.facts.stated.record import Stated, is_event
from tiermem.flows.indexing import facts
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage.log.legible import UNREADABLE
from tiermem.times.nearness import wall_clock
from tiermem.window.voices import own_text

READ = 4_000  # characters of a message in which a fact is looked for; what is longer is pasted
NEARBY = 600  # characters of a message before that says what is spoken of


def sources(scope: Scope, pk: int, before: Sequence[Message], messages: Sequence[Message]) -> dict[int, ClaimSource]:
    """*messages*, which follow each other in the session *pk* of the user of *scope*, by number; *before* are those in
    front of the first."""
    ruled: dict[int, list[Stated]] = {}
    for at in facts.of_messages(scope, pk, before, messages):
        if not is_laid_down(at.fact) and not is_event(at.fact):
            ruled.setdefault(at.sequence, []).append(at.fact)
    run, made = [*before, *messages], dict[int, ClaimSource]()
    for place, message in enumerate(messages, start=len(before)):
        near = run[max(0, place - facts.NEAR) : place]
        made[message.sequence] = source(scope, message, near, ruled.get(message.sequence, ()))
    return made


def source(scope: Scope, message: Message, before: Sequence[Message] = (), ruled: Sequence[Stated] = ()) -> ClaimSource:
    """*message*, behind those *before*; one that nobody says of himself has no speaker."""
    if not facts.of_a_user(message):
        return ClaimSource(message.sequence, "", "", "")
    said = prose(own(own_text(message)), READ)
    clock = wall_clock(message.when)
    near = "\n".join([*(one.text[:NEARBY] for one in before if one.origin not in UNREADABLE), said])
    return ClaimSource(
        message.sequence,
        facts.subject_of(scope, message),
        said,
        near,
        clock if math.isfinite(clock) else None,
        facts.behind(message),
        ruled,
    )
