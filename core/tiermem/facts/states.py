"""States that a clause tells in words: where somebody lives or works, who is responsible, what is used or liked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tiermem.facts import chinese_states, english_states
from tiermem.facts.clauses import Clause
from tiermem.facts.quantities import FIRST
from tiermem.facts.topics.kinds import KINDS
from tiermem.facts.topics.words import VERB_OF
from tiermem.text.analyzer import HAN, terms, words_of

_HAN = re.compile(f"[{HAN}]")
_NOT_WHO = words_of(
    "now still currently and but so also then here there this that it he she they you what who when where how yes no "
    "ok the a an my our your their his her its if as at in on for with"
)
_DONE_ALIKE = {"wrote": "written", "ate": "eaten", "saw": "seen", "took": "taken"}
_LABELS = {"bond": "relationship", "job": "position"}
_BONDS = {
    "single": 0, "dating": 1, "in a relationship": 1, "engaged": 2, "married": 3, "separated": 4, "divorced": 5,
    "widowed": 5, "单身": 0, "分手": 0, "恋爱": 1, "谈恋爱": 1, "订婚": 2, "结婚": 3, "已婚": 3, "离婚": 5, "离异": 5,
}  # fmt: skip
_AFTER_NOUN = re.compile(r"\s+(?:named|called|of|in|at|from|who|that)\b")
_PARTING = ("lost", "died", "stopped")  # these say "each" or "both" of one thing, too
_Part = dict[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """A state: `about` are the words of its attribute, `frame` what else must be the same, `old` what it replaces."""

    kind: str
    owner: str
    about: str
    value: str
    label: str
    changed: bool = False
    old: str | None = None
    frame: str = ""


def states(clause: Clause, speaker: str, kinds: int) -> Iterator[State]:
    """The states of these *kinds* (`topics`) that *clause* tells; *speaker* is the owner of what is told of "I"."""
    chinese = bool(_HAN.search(clause.text))
    for kind, pattern in chinese_states.PATTERNS if chinese else english_states.PATTERNS:
        if KINDS[kind] & kinds and (match := pattern.search(clause.text)):
            part = {name: text or "" for name, text in match.groupdict().items()}
            state = _state(kind, part, clause, speaker)
            if state is not None:
                yield state
    match = chinese_states.NOT_BUT.search(f"{clause.before}{clause.text}") if chinese else None
    if match and clause.text.startswith(("而是", "是", match["value"])):
        yield State("switch", speaker, "", match["value"].lower(), "", changed=True, old=match["old"].lower())


def may_tell(text: str, kinds: int) -> bool:
    """Whether a clause of this *text* may tell a state of these *kinds*."""
    chinese = bool(_HAN.search(text))
    if chinese and "是" in text and kinds & KINDS["switch"]:
        return True  # with the clause before it
    patterns = chinese_states.PATTERNS if chinese else english_states.PATTERNS
    return any(KINDS[kind] & kinds and pattern.search(text) for kind, pattern in patterns)


def bond_rank(value: str) -> int:
    """The order in which people come to be single, dating, engaged, married, separated, divorced."""
    return _BONDS.get(value, 0)


def _state(kind: str, part: _Part, clause: Clause, speaker: str) -> State | None:
    owner = _owner(part.get("who", ""), speaker)
    if owner is None or (clause.other and kind not in ("bond", *_PARTING)):
        return None
    if kind in ("own", "lost", "died"):
        return _owned(owner, part["what"], "yes" if kind == "own" else "no")
    if kind in ("ever", "never"):
        return _deed(owner, part, "no" if kind == "never" else "yes")
    if kind in ("does", "stopped"):
        return _habit(kind, owner, part)
    if kind in ("allergic", "outgrew"):
        no = kind == "outgrew" or part.get("no") or part.get("no2")
        return State("does", owner, part["what"], "no" if no else "yes", f"allergic {part['what']}", frame="allergic")
    return _age(owner, part, clause) if kind == "age" else _valued(kind, owner, part, speaker)


def _owner(who: str, speaker: str) -> str | None:
    """Whose: the speaker's name, a name, "speaker sister"; None for who cannot be known."""
    who = who.strip()
    if who in ("", "I", "We", "we", "The", "the") or re.fullmatch(r"[Mm]y|[Oo]ur|我们?的?家?的?|咱们的", who):
        return speaker
    if who.lower().removesuffix("'s") in _NOT_WHO:
        return None
    kin = re.match(r"(?:[Mm]y |[Oo]ur |我的?)(.+)", who)
    return f"{speaker} {kin[1]}" if kin else who.removesuffix("'s").lower()


def _valued(kind: str, owner: str, part: _Part, speaker: str) -> State | None:
    what, value = re.sub(r"^(?:[Tt]he|[Oo]ur|[Mm]y) ", "", part.get("what", "")), part["value"].strip("`《》")
    old = part.get("old", "").lower() or None
    if kind == "role":
        name = speaker if value == "I" else value.lower()
        return State(kind, "", what, name, what, old=old, frame="") if what else None
    if kind in ("use", "switch"):
        label = what or (f"{part['old']} to {value}" if old else f"use of {value}")
        return State(kind, owner, what, value.lower(), label, changed=kind == "switch", old=old)
    if kind in ("is", "favourite"):
        owner = "" if part.get("who", "").lower() == "the" else owner
        label = f"favourite {what}" if kind == "favourite" and what.isascii() else what
        return State(kind, owner, what, value.lower(), label, old=old)
    return State(kind, owner, "", value.lower().removeprefix("the "), _LABELS.get(kind, kind), old=old)


def _age(owner: str, part: _Part, clause: Clause) -> State | None:
    years = clause.values[ord(part["value"]) - ord(FIRST)]
    is_age = "turn" in clause.text or years.unit == "age"
    return State("age", owner, "", years.value[0], "age") if is_age and years.kind == "count" else None


def _owned(owner: str, what: str, value: str) -> State | None:
    """Two phrases are about one possession if they end in the same noun."""
    noun = _AFTER_NOUN.split(what)[0].strip()
    head = (terms(noun.split()[-1]) or [""])[0] if noun.isascii() and noun else noun
    return State("own", owner, noun, value, noun, frame=head) if head else None


def _deed(owner: str, part: _Part, value: str) -> State:
    verb = part["verb"]
    label = f"{verb} {part['what']}"[:60].strip()
    return State("ever", owner, part["what"], value, label, frame=f"ever {_DONE_ALIKE.get(verb, verb)}")


def _habit(kind: str, owner: str, part: _Part) -> State | None:
    verb = part.get("verb", "")
    stem = VERB_OF.get(verb, verb)
    what = part.get("what") or stem
    said_no = part.get("no", "")
    # "I don't use it here" ends no habit, "I don't use it any more" does; "no longer" needs its verb.
    weak = said_no in ("did not", "never") or (said_no in ("do not", "does not") and not part.get("more"))
    if stem == "have" or not what or (kind == "stopped" and (weak or (said_no == "no longer" and not verb))):
        return None
    if stem == "hate":
        return State("does", owner, what, "no", f"like {what}", frame="like")
    return State(
        "does",
        owner,
        what,
        "no" if kind == "stopped" else "yes",
        stem if stem == what else f"{stem} {what}".strip(),
        frame=stem,
    )
