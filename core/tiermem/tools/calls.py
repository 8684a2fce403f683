"""Page faults: what a model does with its memory by calling tools. Search, expand, remember, forget; answers in words.

Rule 1: whatever a model writes into an argument, it gets an answer that helps; errors are those of the store.
Rule 2: what is hidden does not exist for a model, and it hides only what was said, and notes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

from tiermem.dropped import looking
from tiermem.dropped.telling import told
from tiermem.errors import InvalidMessage, MissingNamespace, UnknownReference
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.reading import documents, report, search
from tiermem.flows.reading import opening as opened
from tiermem.flows.reading.filters import Only
from tiermem.flows.reading.opening import Opening
from tiermem.flows.reading.request import Reach, SearchRequest
from tiermem.flows.services import Core
from tiermem.flows.writing import decide, elsewhere
from tiermem.flows.writing.elsewhere import Place
from tiermem.knowledge import adding
from tiermem.messages import Message
from tiermem.providers.calls import refuse_reentry
from tiermem.search import answers, quoting
from tiermem.search.passages import NOTE
from tiermem.search.query import wants_answer
from tiermem.settings import Scope
from tiermem.text import late
from tiermem.text.documents import ROLE, Document, Splitting
from tiermem.times.day_bounds import bound
from tiermem.tools import expanding, noted
from tiermem.tools.refusals import Refused
from tiermem.window.pressure import newest_question

DROPPED = "dropped"  # the reference of what the last run took from the window
ROLES = ("any", "user", "assistant", "tool", "document")
HITS = 12  # looked for; as many as fit are shown
WORTH = 0.25  # of the best hit's score: below it a hit has a word of the question by chance
LONGEST_NOTE = 4_000  # characters: one thing to remember, not a document
NEWEST = 1  # tokens of the window that are read: the newest question alone matters
MANY = 200  # messages that one range may name
DATES = "a date like 2024-03-01, a month like 2024-03, or words like last week"
Arguments: TypeAlias = Mapping[str, Any]
_RANGE = late.compile(r"m(\d{1,9})\s*(?:-|–|\.\.|to)\s*m?(\d{1,9})", re.IGNORECASE)
_ENCLOSED = late.compile(r"""([\[("'`])(.*)[\])"'`]""", re.DOTALL)
_NUMBERED = late.compile(r"[msd]\d{1,18}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where tools look, and how long their answers may be, in tokens."""

    reach: Reach = field(default_factory=lambda: Reach("everything"))
    tokens: int = 1_000


class _NoUse(Exception):  # no error: its words are the answer
    """An argument of no use."""


def answer(core: Core, scope: Scope, bounds: Bounds, name: str, arguments: Mapping[str, Any]) -> Flow[str]:
    """What the tool *name* answers to *arguments*, as a model wrote them; a `Refused` where nothing was done."""
    if name in noted.VERBS:
        return (yield from noted.VERBS[name](core, scope, arguments))
    try:
        return (yield from _VERBS[name](core, scope, bounds, arguments))
    except _NoUse as error:
        return Refused(error)


def _search(core: Core, scope: Scope, bounds: Bounds, arguments: Arguments) -> Flow[str]:
    """What answers `query`, within `since`, `until` and `role`, best first."""
    query = _words(arguments.get("query"))
    if not query:
        raise _NoUse("Say in query what to look for: a question, or a few key words.")
    only = _only(core, arguments)
    began = core.timer()
    opening = yield from opened.load(core, scope, NEWEST)
    dated = only.since is not None or only.until is not None  # what was said then is of use, whatever it says
    unsaid = yield from _in_work(core, opening, bounds.tokens)
    where = bounds.reach.of(scope)
    request = SearchRequest(
        query,
        where.within,
        only=only,
        weak=dated,
        requested=True,
        notes=True,
        limit=HITS,
        unsaid=unsaid,
        sessions=where.sessions,
        exclude=where.exclude,
    )
    result = yield from search.find(core, scope, opening, request)
    hits = result.hits
    worth = quoting.once([hit for hit in hits if hit.score >= WORTH * hits[0].score])
    text = yield Compute(lambda: answers.listed(worth, query, bounds.tokens, core.count))
    yield reporting.recalled(core, scope, "tool", query, worth, result.degraded, core.since(began))
    return text or _nothing(only)


def _in_work(core: Core, opening: Opening, most: int) -> Flow[frozenset[int]]:
    """The question in work, which is no answer: it has the words of what is looked for, and the model has it in view.

    One that is longer than an answer may be clipped there, and may hold the answer: a mail, a log.
    """
    window = opening.shown.window
    asked = newest_question(window)
    newest = next((entry for entry in reversed(window.entries) if entry.sequence == asked), None)
    if newest is None or newest.tokens > most:
        return frozenset()
    said = yield from window_state.bodies(core, opening.row, [asked])
    return frozenset(number for number, message in said.items() if wants_answer(message.text))


def _nothing(only: Only) -> str:
    if only != Only():
        return "Nothing in memory is relevant to this with that role and in that time. Try it without them."
    return "Nothing in memory is relevant to this. Other words may find it: names, numbers, what was spoken of then."


def _only(core: Core, arguments: Arguments) -> Only:
    since, until = (_moment(core, arguments.get(name), name) for name in ("since", "until"))
    role = _words(arguments.get("role")).lower()
    if role in {"", "any", "all", "none"}:
        role = ""
    elif role not in (*ROLES, "human", "ai", "system"):
        raise _NoUse(f"role must be one of {', '.join(ROLES)}.")
    if since is not None and until is not None and since.replace(tzinfo=None) > until.replace(tzinfo=None):
        raise _NoUse("since is later than until, so nothing lies between them.")
    return Only(since, until, role)


def _moment(core: Core, given: Any, name: str) -> datetime | None:
    text = _words(given)
    if text.lower() in {"", "none", "null", "any"}:
        return None
    found = bound(text, core.now(), upper=name == "until")
    if found is None:
        raise _NoUse(f"{name} must be {DATES}.")
    return core.meant(found)


def _words(given: Any) -> str:
    return "" if given is None else str(given).strip()


def _expand(core: Core, scope: Scope, bounds: Bounds, arguments: Arguments) -> Flow[str]:
    """The original behind `ref`: what matters for `query`, as much as `detail` says, or whole from `offset` on."""
    ref, offset = _reference(arguments.get("ref")), _offset(arguments.get("offset"))
    query, detail = _words(arguments.get("query")), _detail(arguments.get("detail"))
    try:
        place = yield from _placed(scope, bounds, ref)
        found = core.local((yield from _originals(place, ref)))
        if len(found) == 1 and found[0].role != ROLE:
            core.was_opened(place.scope, found[0].sequence)
    except _NoUse:
        if ref.lower() != DROPPED:
            raise
        return (yield from _dropped(core, scope, bounds))
    ref = place.ref
    if not (_NUMBERED.fullmatch(ref) or _RANGE.fullmatch(ref)):
        ref = f"m{found[0].sequence}"  # an id may be anything
    if (level := expanding.wanted(query, detail)) is not None and not offset:
        matter = expanding.matter(found, ref, place.prefix, query, level, bounds.tokens, core.count)
        if text := (yield from matter):
            return text
    page = partial(answers.page, found, ref, offset, bounds.tokens, core.count, place.prefix)
    length = yield Compute(lambda: len(answers.transcript(found, place.prefix)))
    if offset and offset >= length:
        raise _NoUse(f"{place.prefix}{ref} has {length} characters; offset must be below that.")
    return str((yield Compute(page)))


def _dropped(core: Core, scope: Scope, bounds: Bounds) -> Flow[str]:
    """What the last run took from the window."""
    found = yield from looking.dropped(core, scope, None, looking.LIMIT)
    return str((yield Compute(partial(told, found, bounds.tokens, core.count))))


def _offset(given: Any) -> int:
    try:
        number = int(given or 0)
    except (TypeError, ValueError, OverflowError):
        number = -1
    if number < 0:
        raise _NoUse("offset must be a whole number from 0 on: the character to read from.")
    return number


def _detail(given: Any) -> str:
    detail = _words(given).lower() or "auto"
    if detail not in expanding.DETAILS:
        raise _NoUse(f"detail must be one of {', '.join(expanding.DETAILS)}.")
    return detail


def _reference(given: Any) -> str:
    text = _words(given)
    if "/" not in text:
        text = text.strip("[]()\"'` ")
    elif enclosed := _ENCLOSED.fullmatch(text):  # the name of a session may begin or end with one of these
        text = enclosed[2]
    session, slash, own = text.rpartition("/")
    return f"{session}{slash}{own.lower()}" if _NUMBERED.fullmatch(own) else text


def _placed(scope: Scope, bounds: Bounds, ref: str) -> Flow[Place]:
    """Where *ref* leads; into another conversation only where others are searched too."""
    if not bounds.reach.across:
        return Place(scope, ref)
    try:
        (place,) = yield from elsewhere.located(scope, [ref])
    except (UnknownReference, MissingNamespace):
        raise _NoUse(_unknown(ref)) from None
    if not bounds.reach.has(place.scope.session, scope.session):
        raise _NoUse(_unknown(ref))
    return place


def _originals(place: Place, given: str) -> Flow[list[Message]]:
    """What *place* stands for and is not hidden; "m12-m20" is a range, as recalled passages name it."""
    match = _RANGE.fullmatch(place.ref)
    if match:
        low, high = _range(match)
        found = yield from decide.messages(place.scope, low, high)
        if not found:
            raise _NoUse(_unknown(given))
        return list(found)
    try:
        original = yield from report.original(place.scope, place.ref)
    except UnknownReference:
        raise _NoUse(_unknown(given)) from None
    hidden = original.note.get("hidden", ())
    shown = [one for one in original.messages if f"m{one.sequence}" not in hidden and place.ref not in hidden]
    if not shown:
        raise _NoUse(f"{place.prefix}{place.ref} was forgotten. Only a person can bring it back.")
    return shown


def _range(match: re.Match[str]) -> tuple[int, int]:
    low, high = sorted((int(match[1]), int(match[2])))
    if high - low >= MANY:
        raise _NoUse(f"That range is too long: at most {MANY} messages.")
    return low, high


def _unknown(ref: str) -> str:
    if not ref:
        return "Name in ref what is meant: a reference that search_memory gave, like m12, s3, d4 or friday/m12."
    named = ref if len(ref) <= 40 and ref.isprintable() else "that reference"
    return f"Nothing here has the reference {named}. search_memory gives references like m12, s3, d4 or friday/m12."


def _remember(core: Core, scope: Scope, _: Bounds, arguments: Arguments) -> Flow[str]:
    """Keep `note` with the user's knowledge, once, under a source of its own."""
    note = _words(arguments.get("note"))
    if not note:
        raise _NoUse("Say in note what to remember, in a sentence that can be understood by itself.")
    if len(note) > LONGEST_NOTE:
        raise _NoUse(f"That is too long for a note: {len(note)} characters, at most {LONGEST_NOTE}. Note the essence.")
    refuse_reentry(documents.collection(scope))
    note = core.private(note)  # its source rests on it
    source = NOTE + hashlib.sha256(note.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    known = yield from documents.chunks(scope, source)
    try:
        kept = yield from adding.add(core, scope, [Document(note, source, "note")], Splitting(LONGEST_NOTE, 0))
    except InvalidMessage as error:
        raise _NoUse(f"This cannot be noted: {error}.") from error
    chunk = core.local(kept)[0]
    ref, when = f"d{chunk.sequence}", answers.day(chunk.when)
    return f"Noted already as {ref}{when}." if known else f"Noted as {ref}{when}."


def _forget(core: Core, scope: Scope, bounds: Bounds, arguments: Arguments) -> Flow[str]:
    """Hide what `ref` stands for; nothing is removed."""
    given = _reference(arguments.get("ref"))
    place = yield from _placed(scope, bounds, given)
    found, ref = (yield from _originals(place, given)), f"{place.prefix}{place.ref}"
    if ref.startswith("d") and not place.prefix and found[0].role == ROLE and "source" in found[0].state:
        return (yield from _forget_note(core, scope, ref, found[0]))
    refs = [f"m{message.sequence}" for message in found if not _fixed(message)]
    if not refs:
        raise _NoUse(f"{ref} is an instruction or pinned; it cannot be forgotten.")
    refuse_reentry(place.scope)
    made = yield from decide.forget(core, place.scope, refs)
    where = f" of the session {place.prefix.removesuffix('/')}" if place.prefix else ""
    return _forgotten(ref, [decision.number for decision in made], where)


def _fixed(message: Message) -> bool:
    return message.pinned or message.role in {"system", "developer"}


def _forget_note(core: Core, scope: Scope, ref: str, chunk: Message) -> Flow[str]:
    source = chunk.state["source"]
    if not source.startswith(NOTE):
        raise _NoUse(f"{ref} is part of a document, which only a person can remove.")
    refuse_reentry(documents.collection(scope))
    try:
        numbers = yield from adding.remove(core, scope, source)
    except UnknownReference:  # another call was faster
        numbers = []
    return _forgotten(ref, numbers, " of the documents")


def _forgotten(ref: str, numbers: Sequence[int], where: str) -> str:
    undo = f"; decision {', '.join(map(str, numbers))}{where} can be undone by a person" if numbers else ""
    return f"Forgotten: {ref} is hidden from now on{undo}."


_VERBS: Mapping[str, Callable[[Core, Scope, Bounds, Arguments], Flow[str]]] = MappingProxyType(
    {"search_memory": _search, "expand_memory": _expand, "remember": _remember, "forget_memory": _forget}
)
