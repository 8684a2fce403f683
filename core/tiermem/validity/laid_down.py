"""What a user laid down once and for all, over all conversations: wishes and constraints, each with its message.

The rows are those of facts, of kinds of their own (`facts/rules/record.py`): read with the words of a message, derived
again by `verify`. Which of them hold is worked out when somebody asks, so what is hidden ends nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC
from functools import partial

from tiermem.facts.rules.holding import HOLDS, enders
from tiermem.facts.rules.record import CONSTRAINT, WISH, LaidDown, StandingRule
from tiermem.facts.stated.record import RETRACTS, USER, StatedAt
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.services import Core
from tiermem.settings import Scope
from tiermem.storage.sessions import SessionRow
from tiermem.validity.asking import Wish, visible, where
from tiermem.validity.known import moment

STANDING = (CONSTRAINT, WISH)  # what holds in every conversation of a user; tasks and deadlines are of one


def of_user(
    core: Core, scope: Scope, kinds: Sequence[str] = STANDING, *, subject: str = USER, ended: bool = False
) -> Flow[list[LaidDown]]:
    """What the user of *scope* laid down of these *kinds* in any conversation and holds, in the order in which it was
    said; each kind is found by one number. *ended*: also what does not hold any more."""
    rows: dict[int, tuple[str, SessionRow]] = {}
    stated: list[StatedAt] = []
    for kind in kinds:
        rows, some = yield from visible(core, scope, Wish(subject, kind, laid_down=True))
        stated += some
    found: list[LaidDown] = yield Compute(partial(_handed_out, core, rows, stated))
    return found if ended else [one for one in found if one.holds]


def _handed_out(core: Core, rows: dict[int, tuple[str, SessionRow]], stated: Sequence[StatedAt]) -> list[LaidDown]:
    known = [at for at in stated if at.session in rows]
    ordered = sorted(
        known, key=lambda at: (-math.inf if math.isnan(at.said) else at.said, at.session, at.sequence, at.place)
    )
    ended = enders([StandingRule(at.fact.kind, at.fact.value, at.fact.manner == RETRACTS) for at in ordered])
    zone = core.zone or UTC
    named = [where(rows[at.session][0], at) for at in ordered]
    return [
        LaidDown(
            kind=at.fact.kind,
            text=at.fact.value,
            subject=at.fact.subject,
            session=session,
            ref=ref,
            said_at=moment(at.said, zone),
            certainty=at.fact.certainty,
            holds=ender == HOLDS,
            replaced_by="" if ender == HOLDS else named[ender][1],
        )
        for at, (session, ref), ender in zip(ordered, named, ended, strict=True)
    ]
