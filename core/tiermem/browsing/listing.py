"""Who has conversations in a database, and which, a page at a time.

Rule: a page costs the same however many there are.
"""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.browsing.records import ListedSession, ListedUser, SessionListing, UserListing
from tiermem.errors import UnknownReference
from tiermem.flows.effects import Flow, Read
from tiermem.runtime.opening import Opened
from tiermem.settings import Scope, scope_of
from tiermem.storage import sessions as rows
from tiermem.storage.listed import sessions as stored
from tiermem.storage.listed import users as owners
from tiermem.storage.listed.sessions import StoredSession
from tiermem.text.clipping import shorten
from tiermem.text.readable import readable

PAGE = 50
COUNTED = 1_000  # sessions of a user that are summed up in a list of users
TITLE = 90  # characters
LONG_TITLE = 4_000  # characters of a message that are looked at for a title
Namespace = str | tuple[str, str]


def users(memory: Opened, begins: str = "", start: str = "", limit: int = PAGE) -> UserListing:
    """The users of *memory* in the order of their names; those whose name begins with *begins*, from *start* on, which
    is the `following` of the page before. Who has documents or items and no conversation may be missing."""
    return memory.drive(_users(begins, start, limit))


def _users(begins: str, start: str, limit: int) -> Flow[UserListing]:
    def body(connection: sa.Connection) -> UserListing:
        page = owners.users(connection, begins, start, limit)
        listed = tuple(_user(connection, *names) for names in page.users)
        return UserListing(users=listed, following=page.following)

    listing: UserListing = yield Read(body)
    return listing


def _user(connection: sa.Connection, tenant: str, user: str) -> ListedUser:
    count = owners.totals(connection, tenant, user, COUNTED)
    return ListedUser(
        tenant=tenant,
        user=user,
        sessions=count.sessions,
        messages=count.messages,
        tokens=count.tokens,
        window_tokens=count.window_tokens,
        waiting=max(0, count.messages - count.indexed),
        more=count.more,
    )


def sessions(
    memory: Opened, namespace: Namespace, begins: str = "", before: int = 0, limit: int = PAGE
) -> SessionListing:
    """The conversations of a user, or of (tenant, user), newest first; those whose id begins with *begins*, made before
    the one with the key *before* (0: all)."""
    return memory.drive(_sessions(scope_of("-", namespace), begins, before, limit))


def _sessions(scope: Scope, begins: str, before: int, limit: int) -> Flow[SessionListing]:
    def body(connection: sa.Connection) -> SessionListing:
        keys = stored.newest(connection, (scope.tenant, scope.user), begins, before, limit + 1)
        listed = tuple(map(_session, stored.told(connection, keys[:limit])))
        return SessionListing(sessions=listed, following=keys[limit - 1] if len(keys) > limit else 0)

    listing: SessionListing = yield Read(body)
    return listing


def session(memory: Opened, scope: Scope) -> ListedSession:
    """One conversation.

    Raises:
        UnknownReference: nothing was ever added to it.
    """
    return memory.drive(_one(scope))


def _one(scope: Scope) -> Flow[ListedSession]:
    def body(connection: sa.Connection) -> StoredSession:
        row = rows.find(connection, scope)
        if not row.pk:
            raise UnknownReference(f"no session {scope.session!r} of {scope.user!r}")
        return stored.told(connection, [int(row.pk)])[0]

    found: StoredSession = yield Read(body)
    return _session(found)


def named(memory: Opened, scope: Scope, numbers: list[str]) -> list[ListedSession]:
    """Those conversations of the user of *scope* that have these ids, in this order."""
    return memory.drive(_named(scope, numbers))


def _named(scope: Scope, names: list[str]) -> Flow[list[ListedSession]]:
    def body(connection: sa.Connection) -> list[ListedSession]:
        keys = [int(rows.find(connection, Scope(scope.tenant, scope.user, name)).pk) for name in names]
        return [*map(_session, stored.told(connection, [key for key in keys if key]))]

    return list((yield Read(body)))


def _session(one: StoredSession) -> ListedSession:
    row = one.row
    return ListedSession(
        session=one.name,
        key=int(row.pk),
        title=_title(one),
        created_at=one.created_at,
        last_at=one.last.when if one.last else None,
        messages=row.messages,
        tokens=row.tokens,
        window_tokens=row.window_tokens,
        decisions=row.revision,
        waiting=max(0, row.messages - row.indexed),
        base=row.base,
        failures=row.failures,
        last_error=row.last_error,
    )


def _title(one: StoredSession) -> str:
    said = next((message for message in one.first if message.acts_as == "user"), None)
    return "" if said is None else shorten(" ".join(readable(said)[:LONG_TITLE].split()), TITLE)
