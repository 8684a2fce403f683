"""The verbs by which a conversation is proved: of `Session`, and with `await` of `AsyncSession`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.flows.effects import Flow, Read
from tiermem.flows.verifying import session as proof
from tiermem.storage import sessions
from tiermem.storage.chain.links import Head, link

if TYPE_CHECKING:
    from tiermem.memory import Memory
    from tiermem.reports.state import Verification
    from tiermem.session.session import Session
    from tiermem.settings import Scope


class Proving:
    """A conversation that can be proved to be as it was."""

    memory: Memory
    scope: Scope

    def head(self) -> str:
        """The head of the chain of this session's messages and decisions: one line of some 170 characters.

        Keep it where who can write to the database cannot, or sign it: `verify(chain=head)` then finds whatever was
        changed, dropped, added or moved up to it, by whomever. Without a head that was kept, who can write to the
        database can write all links anew.
        """
        return self.memory.drive(_head(self.scope))

    def verify(self, chain: str | None = None) -> Verification:
        """Derive hashes, links, view, totals and index again, and list what differs, also from *chain*, a `head` that
        was kept. What was added since is no fault; what was erased since is none either, and stands in the notes.

        Raises:
            InvalidSettings: *chain* is no head.
        """
        return self.memory.drive(proof.verify(self.scope, chain=chain))


class AsyncProving:
    """`Proving` with `await`."""

    _session: Session

    async def head(self) -> str:
        """See `Session.head`."""
        return await self._session.memory.drive_async(_head(self._session.scope))

    async def verify(self, chain: str | None = None) -> Verification:
        """See `Session.verify`."""
        return await self._session.memory.drive_async(proof.verify(self._session.scope, chain=chain))


def _head(scope: Scope) -> Flow[str]:
    row = yield Read(lambda connection: sessions.find(connection, scope))
    return str(Head(row.messages, link(row.chain), row.revision, link(row.journal_chain)))
