"""What one message lays down, and whose it is: for the rows of an index, and for the lines of a context."""

from __future__ import annotations

from typing import Final

from tiermem.facts import rules
from tiermem.facts.stated.record import USER
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage.log.legible import UNREADABLE
from tiermem.window.provenance import FOREIGN
from tiermem.window.quotation import parts
from tiermem.window.turns import USER_ROLES
from tiermem.window.voices import own_text

SYSTEM: Final = "system"  # the subject of what a system prompt lays down
SYSTEM_ROLES = frozenset({"system", "developer"})
# The certainty of what was laid down: of 123 such lines in two sets of English chats a person took 99 for one (58 of 63
# in BEAM, 41 of 60 in RealMem, whose users mostly order things for once).
LIKELY = 0.8


def rules_of(message: Message) -> list[rules.StandingRule]:
    """What *message* lays down: in a user's own words or a system prompt's, never a tool's, an assistant's or a
    document's, nor in what quotes us."""
    if message.origin in UNREADABLE:
        return []
    if message.acts_as in SYSTEM_ROLES:
        return rules.laid_down(message.text, system=True)
    text = own_text(message) if message.acts_as in USER_ROLES else ""
    if not text or message.origin in FOREIGN or parts(text)[0]:
        return []
    return rules.laid_down(text)


def subject_named(scope: Scope, name: str) -> str:
    """The subject of what somebody of this *name* says of himself to the assistant of the user of *scope*."""
    short = name.strip().casefold()[:60]
    return short if short and short not in {scope.user.casefold(), USER, "human"} else USER
