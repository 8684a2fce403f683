"""What was decided about a profile by hand, and what becomes of its lines by that. Pure.

Rule 1: the last word about a line counts; what was undone says nothing.
Rule 2: what was forgotten stays away however often it is said again, until that is undone or the line is pinned. Who
forgot that somebody lives in Bergen did not forget where they live later: another value is another line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from tiermem.facts.stated.record import APPLICATION, value_key
from tiermem.profiles.lines.line import Identity, ProfileLine, identity_of

ACT: Final = "profile"  # the name in the state of a message under which an act is kept
PIN, FORGET, REPLACE = "pin", "forget", "replace"
_KINDS = (PIN, FORGET, REPLACE)
_WRITTEN = "written"
_KEPT = ("kind", "subject", "attribute", "value", "text")


@dataclass(frozen=True, slots=True)
class Act:
    """One decision about a line.

    Args:
        kind: `PIN`, `FORGET` or `REPLACE`.
        subject, attribute, value: of a fact those that name it, in their words, for keys may be made otherwise one day;
            of another line "", its key and "".
        text: what a new line says, or a replaced one says instead; of a forgotten fact its value, "" for any.
        number: of the message that keeps it.
        said_at: when it was decided.
    """

    kind: str
    subject: str
    attribute: str
    value: str = ""
    text: str = ""
    number: int = 0
    said_at: datetime | None = None

    @property
    def identity(self) -> Identity:
        """That of the line."""
        return identity_of(self.subject, self.attribute, self.value) if self.subject else ("", self.attribute, "")

    @property
    def ref(self) -> str:
        """What opens it."""
        return f"f{self.number}"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, for the message that keeps it."""
        return {name: getattr(self, name) for name in _KEPT}


def from_json(kept: Mapping[str, Any], number: int, said_at: datetime | None) -> Act:
    """The inverse of `Act.to_json`; where and when it was kept is told by its message."""
    kind, subject, attribute, value, text = (str(kept[name]) for name in _KEPT)
    return Act(kind, subject, attribute, value, text, number, said_at)


@dataclass(frozen=True, slots=True)
class Decided:
    """What all acts come to, each by what it is about.

    Args:
        gone: what is not shown, and of facts with which values, "" for any.
        replaced: what says something else now.
        pinned: what comes first.
        written: lines that were put there by hand.
    """

    gone: Mapping[Identity, frozenset[str]] = field(default_factory=dict)
    replaced: Mapping[Identity, Act] = field(default_factory=dict)
    pinned: frozenset[Identity] = frozenset()
    written: tuple[ProfileLine, ...] = ()

    @classmethod
    def of(cls, acts: Iterable[Act]) -> Decided:
        """That of *acts*, which are in force, in their order."""
        gone: dict[Identity, frozenset[str]] = {}
        by_kind: dict[str, dict[Identity, Act]] = {kind: {} for kind in (*_KINDS, _WRITTEN)}
        for act in acts:
            if act.kind == FORGET:
                gone[act.identity] = gone.get(act.identity, frozenset()) | {value_key(act.text)}
            else:
                gone.pop(act.identity, None)
            by_kind[_WRITTEN if act.kind == PIN and act.text else act.kind][act.identity] = act
        lines = tuple(_written(act) for act in by_kind[_WRITTEN].values())
        return cls(gone, by_kind[REPLACE], frozenset(by_kind[PIN]), lines)

    def shown(self, lines: Sequence[ProfileLine]) -> Sequence[ProfileLine]:
        """*lines* as they are shown after all that was decided."""
        if not (self.gone or self.replaced or self.pinned):
            return lines
        return [
            _changed(line, self.replaced.get(line.identity), pinned=line.pinned or line.identity in self.pinned)
            for line in lines
            if not self._forgot(line)
        ]

    def _forgot(self, line: ProfileLine) -> bool:
        values = self.gone.get(line.identity, frozenset())
        return "" in values or value_key(line.value) in values


def _written(act: Act) -> ProfileLine:
    return ProfileLine(
        key=act.identity[1],
        section="pinned",
        text=act.text,
        value=act.text,
        said_at=act.said_at,
        sources=(act.ref,),
        how=APPLICATION,
        pinned=True,
    )


def _changed(line: ProfileLine, act: Act | None, *, pinned: bool) -> ProfileLine:
    if act is None:
        return line if pinned == line.pinned else replace(line, pinned=pinned)
    sources = (act.ref, *line.sources)
    return replace(line, text=act.text, value=act.text, sources=sources, how=APPLICATION, pinned=pinned)
