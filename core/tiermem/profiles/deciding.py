"""A profile corrected by who knows better: each verb is one decision in the log of what applications state of a user.

What is corrected of a fact is stated, so `memory.facts` knows it too; what is forgotten or pinned is decided of the
profile alone. Nothing that was said is changed, and `undo` takes each back.
"""

from __future__ import annotations

from hashlib import blake2b

from tiermem.errors import InvalidMessage, UnknownReference, brief_repr
from tiermem.facts.stated.record import APPLICATION, CORRECTS, NO, YES, Stated
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.profiles import looking
from tiermem.profiles.lines.decided import ACT, FORGET, PIN, REPLACE, Act
from tiermem.profiles.lines.line import Identity, ProfileLine
from tiermem.records import Decision
from tiermem.settings import Scope, nearest
from tiermem.validity import telling

MOST_TEXT = 300  # characters of a line that is written by hand
_ANSWERS = {True: YES, False: NO, "yes": YES, "no": NO}


def correct(core: Core, scope: Scope, line: ProfileLine | str, value: str | bool, reason: str) -> Flow[Decision]:
    """Keep that what *line* tells is *value*, and never was what it said.

    Raises:
        UnknownReference: there is no such line. InvalidMessage: *value* is none that it can have.
    """
    wrong = yield from _named(core, scope, line)
    why = telling.text_of(reason, "reason", "corrected")
    if not wrong.attribute:
        if isinstance(value, bool):
            raise InvalidMessage(f"the line {brief_repr(wrong.key)} is a text: correct it by one, or forget it")
        text = telling.text_of(value, "value", most=MOST_TEXT)
        return (yield from _act(core, scope, _about(REPLACE, wrong, text), wrong.key, why))
    fact = Stated(
        wrong.subject,
        wrong.attribute,
        _value(wrong, value),
        wrong.kind,
        CORRECTS,
        several=wrong.several,
        old=wrong.value if wrong.several else "",
        certainty=1.0,
        how=APPLICATION,
    )
    return (yield from telling.kept(core, scope, fact, "state", why))


def _value(line: ProfileLine, value: str | bool) -> str:
    if line.value in (YES, NO):
        answer = value.strip().lower() if isinstance(value, str) else value
        if answer not in _ANSWERS:
            raise InvalidMessage(f"{brief_repr(line.key)} is so or not: correct it by True or False, or forget it")
        return _ANSWERS[answer]
    if isinstance(value, bool):
        raise InvalidMessage(f"{brief_repr(line.key)} has a value: correct it by another one, or forget it")
    return telling.text_of(value, "value")


def forget(core: Core, scope: Scope, line: ProfileLine | str, reason: str) -> Flow[Decision]:
    """Keep that *line* is not shown, however often the same is said again; what is said otherwise is another line.

    Raises:
        UnknownReference: there is no such line.
    """
    gone = yield from _named(core, scope, line)
    why = telling.text_of(reason, "reason", "forgotten")
    value = "" if gone.several or not gone.attribute else gone.value
    return (yield from _act(core, scope, _about(FORGET, gone, value), gone.key, why))


def pin(core: Core, scope: Scope, line: ProfileLine | str, reason: str) -> Flow[Decision]:
    """Keep that *line* comes first; a text that is none of the lines becomes one.

    Raises:
        UnknownReference: the line is no more. InvalidMessage: the text is empty or too long.
    """
    why = telling.text_of(reason, "reason", "pinned")
    if isinstance(line, str) and not (yield from _found(core, scope, line)):
        text = telling.text_of(line, "text", most=MOST_TEXT)
        key = f"pinned/{blake2b(text.encode(), digest_size=4).hexdigest()}"  # the same text is the same line
        return (yield from _act(core, scope, Act(PIN, "", key, text=text), text, why))
    chosen = yield from _named(core, scope, line)
    return (yield from _act(core, scope, _about(PIN, chosen), chosen.key, why))


def _about(kind: str, line: ProfileLine, text: str = "") -> Act:
    if not line.attribute:
        return Act(kind, "", line.key, text=text)
    return Act(kind, line.subject, line.attribute, line.value if line.several else "", text)


def _act(core: Core, scope: Scope, act: Act, words: str, reason: str) -> Flow[Decision]:
    said = f"{act.kind} · {words}" + (f": {act.text}" if act.text and act.text != words else "")
    return (yield from telling.keep(core, scope, act.kind, said, {ACT: act.to_json()}, reason))


def _named(core: Core, scope: Scope, line: ProfileLine | str) -> Flow[ProfileLine]:
    named = yield from _found(core, scope, line)
    if named is not None:
        return named
    key = line.key if isinstance(line, ProfileLine) else line
    near = nearest(key, [known.key for known in (yield from looking.known(core, scope)).lines])
    hint = f"; did you mean {near!r}?" if near else ""
    raise UnknownReference(f"the profile of {scope.user!r} has no line {brief_repr(key)}{hint}")


def _found(core: Core, scope: Scope, line: ProfileLine | str) -> Flow[ProfileLine | None]:
    """The line that *line* names: itself, by its key, or by its text.

    Raises:
        InvalidMessage: it is neither a line nor text.
    """
    if not isinstance(line, (ProfileLine, str)):
        raise InvalidMessage(f"line must be a ProfileLine, its key or its text, not {type(line).__name__}")
    known = yield from looking.known(core, scope)
    wanted: Identity | None = line.identity if isinstance(line, ProfileLine) else None
    for one in known.lines:
        if one.identity == wanted or (isinstance(line, str) and line in (one.key, one.text)):
            return one
    return None
