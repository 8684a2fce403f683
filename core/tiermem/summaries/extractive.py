"""A structured summary without a model: the sentences of the span that say most, chosen by fixed rules.

Rule 1: same messages, same summary, on every platform: no dictionary, no locale, no order of a set decides.
Rule 2: every line is words of a message, cut if need be, and points to it. Nothing is concluded or invented.
Rule 3: the time taken grows with the text looked at, which is capped per message.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tiermem.messages import Message
from tiermem.records import StructuredSummary
from tiermem.summaries.changed_files import changed_files
from tiermem.summaries.lines import KINDS_OF_FACT, LIST_LIMITS, UNSAID_KINDS, Line, alike, provenance_of, structured
from tiermem.summaries.utterances import USERS, Sentence, fresh_in, prose, quoted, rarity_in, told, utterances
from tiermem.text import cues, late
from tiermem.text.entities import entities, paths
from tiermem.text.readable import TOOL_ROLES
from tiermem.text.sanitizing import in_chinese, one_line
from tiermem.text.sentences import sentences
from tiermem.window.stubs import telling_line
from tiermem.window.voices import voices

DECISION_FLOOR = 2.5  # below it a sentence is a step ("I'll check the logs"), not a decision
FACT_FLOOR = 1.2
_KIND_LIMITS = dict.fromkeys(("error", "cause", "version", "result"), 5)  # a conversation may be full of them
_NO_LIMITS: Mapping[str, int] = {}
_STATED = 0.6  # what a person states is worth as a fact, whatever it is about
_FRESH = 0.8  # what words are worth that nobody had said before
_TELLING = 30  # characters; a shorter last word ("sounds great!") gives way to an earlier one that says something
_LAST_REACH = 12  # messages from the end in which the last step is looked for
_LABELLED = late.compile(r"^(?:decision|decided|决定|決定)\s*[:：]\s*", re.IGNORECASE)
_QUESTION = ("?", "？", "吗", "呢", "吗。", "呢。")
_QUOTE = late.compile(r"^\W*(?:for example|example|e\.g|sample|示例|例如|比如)|^[\"“「]", re.IGNORECASE)


_KINDS = (
    ("cause", 3.0, cues.CAUSE),
    ("preference", 2.4, cues.PREFERENCE),
    ("error", 2.2, cues.ERROR),
    ("about", 2.2, cues.IDENTITY),
    ("constraint", 2.0, cues.CONSTRAINT),
    ("version", 1.4, cues.VERSION),
)


_PEOPLE = {*USERS, "person"}
_OF_PEOPLE = frozenset({"preference", "about", "constraint"})
_OF_PEOPLE_ALONE = {"assistant": _OF_PEOPLE, **dict.fromkeys(TOOL_ROLES, _OF_PEOPLE | {"cause"})}
_FEW_UNITS = 3


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    sentence: Sentence
    kind: str = ""


def extract(messages: Sequence[Message], now: datetime | None = None) -> StructuredSummary:
    """What *messages* come to, by rules alone.

    Args:
        messages: a span of a conversation, in order.
        now: what `timestamp` says; the rule itself has no clock.
    """
    said = list(utterances(messages))
    rarity = rarity_in(said)
    lines = _goal(messages, said)
    decided, known = _decisions(said, rarity)
    lines += decided
    lines += changed_files(messages, [(sentence.sequence, sentence.role, sentence.text) for sentence in said])
    lines += _facts(said, rarity, known | {line.text for line in lines})
    lines += _last_step(messages)
    return structured(lines, provenance_of(messages), now)


def _goal(messages: Sequence[Message], said: Sequence[Sentence]) -> list[Line]:
    """The application's own `user_goal`, else the newest change of goal, else the first strong request.

    Ties: the earlier sentence wins among equally strong ones, the later among changes.
    """
    for message in reversed(messages):
        stated = message.state.get("user_goal")
        if isinstance(stated, str) and stated.strip():
            return [Line("user_goal", stated, (message.sequence,))]
    asked = [sentence for sentence in said if sentence.role in USERS]
    best, strength = _first_strongest(asked)
    changes = [sentence for sentence in asked if cues.GOAL_CHANGE.search(sentence.text) and len(sentence.text) > 8]
    if changes and changes[-1].place > (best.place if best else 0):
        new = changes[-1]
        lines = [Line("user_goal", _in_full(new, asked), (new.sequence,))]
        if best and strength >= 2:
            label = _label_word("earlier goal", best.text)
            lines.append(Line("critical_context", _in_full(best, asked), (best.sequence,), label))
        return lines
    if best is None:
        return []
    return [Line("user_goal", _in_full(best, asked), (best.sequence,))]


def _first_strongest(asked: Sequence[Sentence]) -> tuple[Sentence | None, float]:
    if not asked:
        return None, 0.0
    strengths = [_request_strength(sentence.text) for sentence in asked]
    for floor in (3.0, 2.0, 1.0):
        for sentence, strength in zip(asked, strengths, strict=True):
            if strength >= floor:
                return sentence, strength
    opening = [sentence for sentence in asked[:6] if not cues.ACKNOWLEDGEMENT.match(sentence.text)] or asked[:1]
    return max(opening, key=lambda sentence: (len(sentence.units), -sentence.place)), 0.0


def _request_strength(text: str) -> float:
    found = cues.seeking(text)
    if found(cues.GOAL_STATED):
        return 4.0
    strength = 2.0 * bool(found(cues.REQUEST)) + 1.5 * bool(cues.IMPERATIVE.match(text))
    if not strength:
        return 0.0
    strength += 1.0 * bool(found(cues.TASK)) + 0.5 * bool(found(cues.ERROR))
    return strength - 1.0 * (len(text) < 12) - 1.0 * bool(cues.ACKNOWLEDGEMENT.match(text))


def _in_full(sentence: Sentence, asked: Sequence[Sentence]) -> str:
    """A goal that points elsewhere ("please fix it") together with the sentence of its message before or after it."""
    if len(sentence.units) > 5 or len(sentence.text) > 40:
        return quoted(sentence)
    near = [other for other in asked if other.sequence == sentence.sequence and abs(other.place - sentence.place) == 1]
    if not near:
        return quoted(sentence)
    both = sorted([sentence, near[0]], key=lambda other: other.place)
    return quoted(replace(sentence, text=" ".join(other.text for other in both)))


def _decisions(said: Sequence[Sentence], rarity: Callable[[Sentence], float]) -> tuple[list[Line], frozenset[str]]:
    """What was decided, and the sentences that say so."""
    last = max(1, said[-1].place if said else 1)
    scored = []
    for sentence in said:
        if sentence.role in TOOL_ROLES or sentence.role == "system":
            continue
        score = (
            _decision_strength(sentence.text) + 0.5 * (sentence.role in USERS) - 1.0 * bool(_QUOTE.match(sentence.text))
        )
        if score >= DECISION_FLOOR:
            scored.append(_Candidate(score + 0.5 * rarity(sentence) + 0.5 * sentence.place / last, sentence))
    chosen = _distinct(scored, LIST_LIMITS["key_decisions"])
    lines = [Line("key_decisions", _decided(candidate.sentence), sources) for candidate, sources in chosen]
    return lines, frozenset(candidate.sentence.text for candidate, _ in chosen)


def _decided(sentence: Sentence) -> str:
    """The decision without the word that only says that it is one: the field says so already."""
    return _LABELLED.sub("", quoted(sentence, cues.DECISION))


def _decision_strength(text: str) -> float:
    found = cues.seeking(text)
    decision = found(cues.DECISION)
    strong, change = decision is not None, bool(found(cues.CHANGE))
    if not strong and not change:
        return 0.0
    before = text[: decision.start()] if decision else text
    if cues.ADVICE.search(before) and not found(cues.RESOLVED):
        return 0.0
    digits = any(map(str.isdigit, text))
    score = 3.0 * strong + (3.0 if digits else 1.0) * change + 1.0 * bool(found(cues.INTENT)) + 0.5 * digits
    score -= 4.0 * text.endswith(_QUESTION) + 1.5 * bool(cues.HEDGE.search(before))
    score -= 3.0 * (not strong and bool(found(cues.MEASURED)))  # "dropped from 2,310 ms to 85 ms": an outcome
    return score - 2.0 * (len(text) < 10 and not digits) - 0.5 * (len(text) > 300)


def _facts(said: Sequence[Sentence], rarity: Callable[[Sentence], float], said_already: frozenset[str]) -> list[Line]:
    """What nothing else would tell again: what people state, identifiers, figures, names, limits, errors, causes.

    Decisions are not told twice.
    """
    last = max(1, said[-1].place if said else 1)
    fresh = fresh_in(said)
    scored = []
    for sentence in said:
        kind, score = _fact_strength(sentence, fresh(sentence))
        if score >= FACT_FLOOR and sentence.text not in said_already:
            scored.append(_Candidate(score + 0.7 * rarity(sentence) + 0.2 * sentence.place / last, sentence, kind))
    chosen = _distinct(scored, LIST_LIMITS["critical_context"] - 1, _KIND_LIMITS)  # one place for an earlier goal
    taken: set[str] = set()
    lines = []
    for fact, sources in chosen:
        label = _label(fact, taken)
        taken.add(label)
        lines.append(Line("critical_context", quoted(fact.sentence).removeprefix(f"{label}: "), sources, label))
    return lines


def _fact_strength(sentence: Sentence, fresh: float) -> tuple[str, float]:
    text, role = sentence.text, sentence.role
    worth = told(text)
    kinds = _kinds(sentence, bool(worth))
    if not kinds and not worth and role not in _PEOPLE:
        return "", 0.0
    weight, kind = max(kinds, default=(0.8 if worth else 0.0, "note"))
    score = weight + 0.4 * max(0, len(kinds) - 1) + worth + 0.8 * bool(cues.ERROR_NAME.search(text))
    if role in _PEOPLE:
        score += _STATED + 0.7 * bool(cues.OWN.search(text)) + _FRESH * fresh
    elif role == "assistant":  # what a model likes or recommends is advice, not a fact about the user
        score += 0.8 * bool(worth and cues.COMMITMENT.match(text)) + _FRESH * fresh - 1.0
    else:
        score -= 0.6 * (role in TOOL_ROLES)
    few = len(sentence.units) < _FEW_UNITS
    score -= 1.5 * text.endswith(_QUESTION) + 1.0 * bool(few and cues.ACKNOWLEDGEMENT.match(text))
    score -= 1.0 * bool(_QUOTE.match(text)) + 0.8 * (few and not worth)
    return kind, score - 0.7 * (len(text) > 300) - 1.0 * (fresh == 0.0 and not kinds)


def _kinds(sentence: Sentence, figures: bool) -> list[tuple[float, str]]:
    """The kinds of fact that *sentence* tells, with their weights."""
    text, role = sentence.text, sentence.role
    sought = [kind for kind in _KINDS if role not in _OF_PEOPLE_ALONE or kind[0] not in _OF_PEOPLE_ALONE[role]]
    found = cues.seeking(text)
    kinds = [(weight, kind) for kind, weight, cue in sought if found(cue)]
    kinds = [(weight, kind) for weight, kind in kinds if kind != "error" or not found(cues.NO_ERROR)]
    if role not in TOOL_ROLES and cues.IMPERATIVE_NOT.match(text):
        kinds.append((2.0, "constraint"))
    if not figures and not any(kind == "error" for _, kind in kinds):
        return kinds
    if found(cues.OUTCOME) or found(cues.MEASURED):  # "the timeouts are gone" tells no error
        kinds = [(weight, kind) for weight, kind in kinds if kind != "error"] + [(2.0, "result")] * figures
    return kinds


def _distinct(
    scored: Iterable[_Candidate], limit: int, per_kind: Mapping[str, int] = _NO_LIMITS
) -> list[tuple[_Candidate, tuple[int, ...]]]:
    """The *limit* best, near-duplicates collapsed into the best of them, with all their sources, in order."""
    chosen: list[_Candidate] = []
    behind: list[list[int]] = []
    kinds: Counter[str] = Counter()
    for candidate in sorted(scored, key=lambda candidate: (-candidate.score, -candidate.sentence.place)):
        own = candidate.sentence.units
        twin = next((n for n, other in enumerate(chosen) if alike(other.sentence.units, own)), None)
        if twin is not None:
            behind[twin].append(candidate.sentence.sequence)
        elif len(chosen) < limit and kinds[candidate.kind] < per_kind.get(candidate.kind, limit):
            chosen.append(candidate)
            behind.append([candidate.sentence.sequence])
            kinds[candidate.kind] += 1
    pairs = zip(chosen, behind, strict=True)
    return [
        (candidate, tuple(sources[:5])) for candidate, sources in sorted(pairs, key=lambda pair: pair[0].sentence.place)
    ]


def _label(candidate: _Candidate, taken: set[str]) -> str:
    """What a fact is about: its subject ("max_connections"), else its kind and the name that stands out."""
    text = candidate.sentence.text
    for subject in _subjects(candidate.kind, text):
        if _apt(subject) and subject not in taken:
            return subject
    kind = _label_word(candidate.kind, text)
    if kind not in taken:
        return kind
    if candidate.kind in UNSAID_KINDS:
        return kind
    names = [*paths(text), *entities(text)]
    return next((free for name in names if _apt(name) and (free := f"{kind}: {name}") not in taken), kind)


def _apt(name: str) -> bool:
    return 1 < len(name) <= 30 and not cues.PRONOUN.search(name)


def _subjects(kind: str, text: str) -> Iterator[str]:
    if kind == "error":
        yield from (match[0] for match in cues.ERROR_NAME.finditer(text))
    elif kind == "version":
        yield from (match[1] for match in cues.VERSION.finditer(text) if match[1])
    elif kind in {"cause", "constraint", "figure"} and (match := cues.SUBJECT.match(text)):
        yield (match[1] or match[2]).strip(" .-/")


def _label_word(kind: str, text: str) -> str:
    return KINDS_OF_FACT.get(kind, kind) if in_chinese(text) else kind


def _last_step(messages: Sequence[Message]) -> list[Line]:
    """What was done last: the newest statement of an action or outcome, or the newest tool result."""
    fallback: Line | None = None
    last = list(messages)[-_LAST_REACH:]
    for message in reversed([voice for one in last for voice in voices(one)]):
        line, certain = _step(message)
        if line and certain:
            return [line]
        if line and (fallback is None or len(fallback.text) < _TELLING <= len(line.text)):
            fallback = line
    return [fallback] if fallback else []


def _step(message: Message) -> tuple[Line | None, bool]:
    def line(text: str) -> Line:
        return Line("last_step", text, (message.sequence,))

    text = message.text
    if message.acts_as in TOOL_ROLES:
        words = telling_line(text)
        return (line(f"{message.name or 'tool'}: {words}"), True) if words else (None, False)
    if message.acts_as in USERS or message.acts_as == "system":
        return None, False
    parts = [part for part in (one_line(part) for part in sentences(prose(text))) if len(part) > 1]
    stated = [part for part in parts if not part.endswith(("?", "？")) and not cues.ACKNOWLEDGEMENT.match(part)]
    for part in reversed(stated):
        if cues.ACTION.search(part) or cues.OUTCOME.search(part):
            return line(part), True
    if message.calls:
        return line("called " + ", ".join(call.name for call in message.calls)), True
    return (line(stated[-1]), False) if stated else (None, False)
