"""A line of a profile: one thing that is known of a user, in words, with what it rests on. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, get_args

from tiermem.facts.stated.record import attribute_key, subject_key, value_key

Section: TypeAlias = Literal[
    "pinned", "identity", "constraint", "wish", "fact", "person", "interest", "mood", "conversations"
]
SECTIONS: tuple[Section, ...] = get_args(Section)  # the most valuable first
COUNTED = frozenset({"interest", "mood", "conversations"})  # over all conversations; the others rest on messages
Identity: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLine:
    """One line.

    Args:
        key: by which it is corrected, forgotten and pinned: "home", "allergic to peanuts", "user's sister/name"; the
            same from call to call, whatever its value is.
        section: "pinned" was put there by hand, "identity" is who the user is, "constraint" what they cannot have or
            do, "wish" what they want from now on, "fact" what else holds, "person" who belongs to them; "interest",
            "mood" and "conversations" are counted over all conversations.
        text: the line as it is shown, in the language of its value.
        subject, attribute, value: what it says, as `memory.facts` has it; of what is no fact only the value.
        since: from when on it is true, where that was told; said_at: when it was said. In the memory's zone, or UTC.
        sources: where it was said first, then newest first, at most five: "friday/m12" for a message, "f3" for
            what an application kept. `Profile.expand` opens them.
        how: "rule", "model" or "application"; certainty: in [0, 1]; confirmed: how often it was said.
        pinned: it comes first, whatever is shown.
        kind: which rule reads it: "home", "allergy" …; "" of what is no fact.
        several: one of several that hold beside each other, like the names of dogs.
        rank: its place among the lines of its section; the newest first of one rank.
    """

    key: str
    section: Section
    text: str
    value: str
    subject: str = ""
    attribute: str = ""
    since: datetime | None = None
    said_at: datetime | None = None
    sources: tuple[str, ...] = ()
    how: str = "rule"
    certainty: float = 1.0
    confirmed: int = 1
    pinned: bool = False
    kind: str = ""
    several: bool = False
    rank: int = 0

    @property
    def identity(self) -> Identity:
        """What must be the same for two lines to be about one thing, whatever they say of it."""
        if not self.attribute:
            return ("", self.key, "")
        return identity_of(self.subject, self.attribute, self.value if self.several else "")

    def __repr__(self) -> str:
        return f"<ProfileLine {self.section} {self.text!r}, {' '.join(self.sources)}>"


def identity_of(subject: str, attribute: str, value: str = "") -> Identity:
    """That of a fact; *value* where several hold beside each other."""
    return (subject_key(subject), attribute_key(attribute), value_key(value) if value else "")
