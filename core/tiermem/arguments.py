"""What the faces ask for, with the caller's arguments checked and put into our words."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, TypeAlias, TypeVar, get_args

from tiermem.errors import InvalidMessage, InvalidSettings, TiermemError, UnknownReference, brief_repr
from tiermem.flows.effects import Flow, Read
from tiermem.flows.reading import report, search
from tiermem.flows.reading.contexts import context
from tiermem.flows.reading.contexts.draft import ContextRequest
from tiermem.flows.reading.corpus import user_wide
from tiermem.flows.reading.filters import Only, spelt
from tiermem.flows.reading.opening import Opening
from tiermem.flows.reading.request import Reach, SearchRequest
from tiermem.flows.services import Core
from tiermem.flows.writing import add as remember
from tiermem.flows.writing import compact, decide, elsewhere, maintain
from tiermem.flows.writing.commit import writing
from tiermem.importers.shapes import own_or_openai
from tiermem.messages import Message, as_messages
from tiermem.profiles import asking as profiles
from tiermem.providers.calls import refuse_reentry
from tiermem.providers.tokenizers import as_counter
from tiermem.records import Context, Decision, Hit, Original, Recalled, Until, Within
from tiermem.reports.state import Report, Stats
from tiermem.settings import Scope, Thresholds, nearest, refuse_unnamed, scope_of, whole
from tiermem.storage import sessions
from tiermem.storage.sessions import SessionRow
from tiermem.text.documents import ROLE
from tiermem.window.view import Window

LONGEST_REASON = 200  # characters; events and the log tell it
T = TypeVar("T")
MessageLike: TypeAlias = Message | str | Mapping[str, Any] | Iterable[Any]


def adding(
    core: Core,
    scope: Scope,
    given: MessageLike,
    role: str,
    compacted: bool,  # private; the faces take them by name
    as_stored: bool,
) -> Flow[list[Message]]:
    """`remember.add` of whatever a caller hands over; refused from inside the session's own summariser."""
    refuse_reentry(scope)
    _flag(compacted, "compacted")
    add = compact.add if compacted else remember.add
    return (yield from add(core, scope, as_messages(given, role, own_or_openai), as_stored=as_stored))


def assembling(
    core: Core,
    scope: Scope,
    query: str | None,
    budget: int | None,
    system: MessageLike,
    goal: str | None,
    reserved: int,
    counter: Callable[[str], Any] | None,
    recall: bool,  # private; the faces take it by name
    reach: Reach,
    recall_tokens: int | None,
    steady: bool,
    quoted: Mapping[str, str] | None,
    profile: int,
    until: Until,
    levels: bool,
    opening: Opening | None = None,
) -> Flow[Context]:
    """`context.assemble` with the caller's query, prompts and counter checked."""
    wanting("" if query is None else query)
    if budget is not None:
        _whole(budget, "budget")
    for name, number in (("reserved", reserved), ("recall_tokens", recall_tokens), ("profile", profile)):
        if number is not None:
            _whole(number, name, 0)
    _flag(recall, "recall")
    _flag(steady, "steady")
    _flag(levels, "levels")
    sufficient = _sufficient(until)
    if sufficient and steady:
        raise InvalidMessage('until="sufficient" and steady exclude each other: a steady context quotes no more anyway')
    if goal is not None and not isinstance(goal, str):
        raise InvalidMessage(f"goal must be text, not {type(goal).__name__}")
    if not isinstance(quoted, (Mapping, type(None))):
        raise InvalidMessage(f"quoted must be blocks by their messages, not {type(quoted).__name__}")
    count = None if counter is None else as_counter(counter, core.settings.encoding)
    prompts = as_messages(system, "system", own_or_openai)
    refused_profile(profile, scope)
    known = (yield from profiles.for_context(core, scope)) if profile else None
    recalled = (recall, reach.of(scope), recall_tokens, steady, quoted or {}, profile, known, sufficient, levels)
    request = ContextRequest(query, budget, prompts, goal, reserved, count, *recalled)
    return (yield from context.assemble(core, scope, request, opening))


def reaching(
    within: Within,
    sessions: Iterable[str] | None = None,
    exclude: Iterable[str] = (),
    error: type[TiermemError] = InvalidMessage,
) -> Reach:
    """Where a caller looks.

    Raises:
        InvalidMessage: or *error*: *within* is none of its words, *sessions* or *exclude* are no ids, or beside a
            *within* that looks in one conversation only, or *sessions* names none.
    """
    if not isinstance(within, str) or within not in get_args(Within):
        raise error(f"within must be one of {', '.join(get_args(Within))}, not {brief_repr(within)}")
    chosen = None if sessions is None else _ids(sessions, "sessions", error)
    reach = Reach(within, chosen, _ids(exclude, "exclude", error))
    if chosen is not None and not chosen:
        raise error("sessions must name at least one session; leave it out for all")
    if not reach.across and (chosen is not None or reach.exclude):
        raise error(f"sessions= and exclude= are for within='user' and 'everything'; {within!r} has no other session")
    return reach


def refused_profile(profile: int, scope: Scope) -> None:
    """Refuses a *profile* in the prompts of *scope* where that names no user.

    Raises:
        MissingNamespace: it says what to do.
    """
    if profile:
        refuse_unnamed(scope, "profile=")


def refused_profile_of(profile: int, namespace: object) -> None:
    """What a class of an adapter checks of its option as soon as it is made.

    Raises:
        InvalidSettings: *profile* is no number of tokens.
        MissingNamespace: a profile is wanted, and *namespace* names nobody. Of a function, that says it at each run, it
            is found out then.
    """
    whole(profile, "profile", 0)
    if not callable(namespace):
        refused_profile(profile, scope_of("-", namespace))  # type: ignore[arg-type]  # says what is wrong with it


def refused_within(within: Within, namespace: object) -> None:
    """What a class of an adapter checks of where it recalls from, as soon as it is made.

    Raises:
        InvalidSettings: *within* is none of its words.
        MissingNamespace: it asks for a user's conversations, and *namespace* names nobody. Of a function, that says
            it at each run, it is found out then.
    """
    reach = reaching(within, error=InvalidSettings)
    if not callable(namespace):
        reach.of(scope_of("-", namespace))  # type: ignore[arg-type]  # says what is wrong with it


def _ids(given: Iterable[str], name: str, error: type[TiermemError]) -> frozenset[str]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise error(f"{name} must be a list of session ids, not {brief_repr(given)}")
    ids = list(given)
    if wrong := [one for one in ids if not isinstance(one, str) or not one]:
        raise error(f"{name} must be a list of session ids, not of {brief_repr(wrong[0])}")
    return frozenset(ids)


def wanting(query: str, as_of: datetime | None = None) -> None:
    """Refuses a *query* that is no text, and an *as_of* that is no datetime, by InvalidMessage."""
    if not isinstance(query, str):
        raise InvalidMessage(f"query must be text, not {type(query).__name__}")
    if as_of is not None and not isinstance(as_of, datetime):
        raise InvalidMessage(f"as_of must be a datetime, not {type(as_of).__name__}")


def asking(core: Core, scope: Scope, query: str, reach: Reach, as_of: datetime | None) -> SearchRequest:
    """What a caller looks for in what *scope* has of *reach*, its time by the user's clock."""
    wanting(query, as_of)
    where = reach.of(scope)
    when = None if as_of is None else core.meant(as_of)
    return SearchRequest(query, where.within, when, sessions=where.sessions, exclude=where.exclude)


def searching(
    core: Core,
    scope: Scope,
    query: str,
    k: int,
    reach: Reach,
    as_of: datetime | None,
    explain: bool,  # private; the faces take it by name
    since: date | None,
    until: date | None,
    role: str | None,
) -> Flow[list[Hit]]:
    """`search.search` with the caller's arguments checked."""
    only = filtering(core, since, until, role)
    request = replace(asking(core, scope, query, reach, as_of), only=only, limit=_whole(k, "k", 0))
    _flag(explain, "explain")
    yield from spelt(scope, only.role, everywhere=user_wide(scope, reach.within))
    return (yield from search.search(core, scope, request, explain))


def filtering(core: Core, since: date | None, until: date | None, role: str | None) -> Only:
    """A caller's filters; a date is the whole day, by the user's clock where their zone is known.

    Raises:
        InvalidMessage: *since* or *until* is no date, or *role* is no word.
    """
    for name, day in (("since", since), ("until", until)):
        if day is not None and not isinstance(day, date):  # a datetime is one
            raise InvalidMessage(f"{name} must be a datetime or a date, not {type(day).__name__}")
    if role is not None and (not isinstance(role, str) or not role):
        raise InvalidMessage("role must be a non-empty word, like user, assistant or tool")
    return Only(_moment(since, time.min, core), _moment(until, time.max, core), role or "")


def _whole(number: Any, name: str, least: int | None = None) -> int:
    """*number* as an int, also of numpy's kinds."""
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise InvalidMessage(f"{name} must be a whole number, not {type(number).__name__}")
    if least is not None and number < least:
        raise InvalidMessage(f"{name} must be a whole number of at least {least}, not {number}")
    return operator.index(number)


def patience(timeout: float | None) -> float | None:
    """*timeout* as seconds to wait, None for as long as it takes.

    Raises:
        InvalidMessage: it is no number of seconds.
    """
    if timeout is None or (isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout >= 0):
        return timeout
    raise InvalidMessage(f"timeout must be a number of seconds, not {brief_repr(timeout)}")


def _flag(value: Any, name: str) -> None:
    """Refuses words and None, every one of which would count as True or as False."""
    if not isinstance(value, bool) and type(value).__name__ not in {"bool_", "bool"}:  # numpy's
        raise InvalidMessage(f"{name} must be True or False, not {brief_repr(value)}")


def _moment(day: date | None, at: time, core: Core) -> datetime | None:
    whole = day if day is None or isinstance(day, datetime) else datetime.combine(day, at)
    return None if whole is None else core.meant(whole)


def recollecting(
    core: Core,
    scope: Scope,
    query: str,
    budget: int,
    reach: Reach,
    as_of: datetime | None = None,
    until: Until = "budget",
    levels: bool = False,
) -> Flow[Recalled]:
    """`search.recall` with the caller's arguments checked."""
    _flag(levels, "levels")
    request = replace(asking(core, scope, query, reach, as_of), sufficient=_sufficient(until), levels=levels)
    return (yield from search.recall(core, scope, request, _whole(budget, "budget")))


def _sufficient(until: Until) -> bool:
    if until not in get_args(Until):
        raise InvalidMessage(f'until must be "budget" or "sufficient", not {brief_repr(until)}')
    return until == "sufficient"


def near_session(scope: Scope) -> Flow[str]:
    """Where nothing was ever added to *scope*: words that say so, with the nearest name of the user's sessions."""
    known = yield from names(scope)
    if scope.session in known:
        return ""
    near = nearest(scope.session, known)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"nothing was ever added to session {scope.session!r} of {scope.user!r}{hint}"


def managing(core: Core, scope: Scope) -> Flow[Report]:
    """`maintain.manage` of a session that is known by its name alone.

    Raises:
        UnknownReference: there is none of that name.
    """
    if unknown := (yield from near_session(scope)):
        raise UnknownReference(unknown)
    return (yield from writing(scope, maintain.manage(core, scope)))


def managing_at(
    core: Core, scope: Scope, thresholds: Thresholds | None, opened: tuple[SessionRow, Window] | None = None
) -> Flow[Report]:
    """`maintain.manage` with the caller's thresholds checked."""
    if thresholds is not None and not isinstance(thresholds, Thresholds):
        raise InvalidSettings(f"thresholds takes a Thresholds, not {type(thresholds).__name__}")
    return (yield from writing(scope, maintain.manage(core, scope, thresholds, opened=opened)))


def forgetting(core: Core, scope: Scope, refs: Sequence[str], reason: str) -> Flow[list[Decision]]:
    """`elsewhere.forget` with the caller's reason checked."""
    return (yield from elsewhere.forget(core, scope, refs, checked_reason(core, reason)))


def clearing(core: Core, scope: Scope, reason: str) -> Flow[None]:
    """`decide.clear` with the caller's reason checked."""
    return (yield from writing(scope, decide.clear(core, scope, checked_reason(core, reason))))


def checked_reason(core: Core, given: str) -> str:
    """The reason for a decision, as a caller gives it; InvalidMessage where it is no text, or too long."""
    if not isinstance(given, str) or len(given) > LONGEST_REASON:
        raise InvalidMessage(f"reason must be text of at most {LONGEST_REASON} characters")
    return core.private(given)


def reading(core: Core, scope: Scope, first: int, last: int | None) -> Flow[list[Message]]:
    """`decide.messages` with the caller's numbers checked."""
    upto = None if last is None else _whole(last, "last")
    return core.local((yield from decide.messages(scope, _whole(first, "first"), upto)))


def expanding(core: Core, scope: Scope, ref: str) -> Flow[Original]:
    """`report.expand` by the user's clock."""
    found = yield from report.expand(scope, ref)
    if len(found.messages) == 1 and not found.summaries and found.messages[0].role != ROLE:
        where = replace(scope, session=found.note.get("session", scope.session))
        core.was_opened(where, found.messages[0].sequence)
    return replace(found, messages=tuple(core.local(found.messages)))


def counting(core: Core, scope: Scope) -> Flow[Stats]:
    """`report.stats`, which of a session that is not there says so: all its numbers are 0."""
    numbers = yield from report.stats(core, scope)
    if numbers.messages:
        return numbers
    return replace(numbers, note=(yield from near_session(scope)))


def names(scope: Scope) -> Flow[list[str]]:
    """The ids of a user's sessions."""
    return list((yield Read(lambda connection: sessions.names(connection, scope.tenant, scope.user))))
