"""The verbs by which a conversation parts and goes back: of `Session`, and with `await` of `AsyncSession`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tiermem.arguments import checked_reason
from tiermem.branches import forking, rewinding
from tiermem.branches.record import Branch

if TYPE_CHECKING:
    from tiermem.flows.services import Core
    from tiermem.memory import Memory
    from tiermem.messages import Content, Message
    from tiermem.records import Decision
    from tiermem.session.session import Session
    from tiermem.settings import Scope


class Branching:
    """A conversation that can be forked and rewound."""

    memory: Memory
    scope: Scope
    _core: Core

    def fork(self, at: str | None = None, session_id: str | None = None) -> Self:
        """A conversation of its own that begins with the messages of this one, up to and with *at* ("m40", a message
        id, "s3" for the last behind a summary); without it with all of them.

        No message is copied: both have these, by the same references. What is shown, compacted, hidden or used of them
        is in the fork as it is here now, and from then on each decides for itself. No summary of the fork tells what
        came after. Searches over a user's conversations, facts and profiles have them once, where they were said, and
        what is erased is erased in both. Forking again under the same id gives the same fork, as long as nothing was
        added to it.

        Args:
            at: where; a rewind that took this message out of view does not count in the fork.
            session_id: of the fork; by default this one's with "~2", or the next number that is free.

        Raises:
            InvalidBranch: nothing was said; *at* would part a call from its results; or the id is taken.
            UnknownReference: *at* names nothing here.
        """
        scope = self.memory.drive(forking.fork(self._core, self.scope, at, session_id))
        return type(self)(self.memory, scope, self._core)  # type: ignore[call-arg]

    def rewind(self, to: str, reason: str = "") -> list[Decision]:
        """Go back to the message *to* ("m40"): what came after it is hidden from view, context, search and recall.

        Nothing is lost: `undo` of the last decision returned shows it again, `expand` opens it, and `fork` at one of
        these messages goes on from there. A summary that tells of both sides gives way to what it stands for. What is
        added from now on has the next numbers. Where nothing comes after *to*, nothing is decided. *reason* is kept
        with the decision: 200 characters of yours at most, and never what was said.

        Raises:
            InvalidBranch: it would part a call from its results, or *to* was rewound itself. UnknownReference: *to*
                names nothing here. InvalidMessage: *reason* is no text, or too long.
        """
        return self.memory.drive(rewinding.rewind(self._core, self.scope, to, checked_reason(self._core, reason)))

    def edit(self, ref: str, content: Content, session_id: str | None = None) -> Message:
        """Say the message *ref* otherwise: this conversation goes back to the one before, and goes on with *content*.

        What was said before is kept as a fork under *session_id* (`branches` names it).

        Raises:
            InvalidBranch: as of `fork`, or the message is hidden. UnknownReference: *ref* names nothing here.
        """
        said = self.memory.drive(rewinding.edit(self._core, self.scope, ref, content, session_id))
        return self._core.local([said])[0]

    def branches(self) -> list[Branch]:
        """The conversations that share messages with this one, itself among them, the oldest first; none where nobody
        forked it."""
        return self.memory.drive(forking.branches(self.scope))


class AsyncBranching:
    """`Branching` with `await`; the docstrings are there."""

    memory: Memory
    scope: Scope
    _core: Core
    _session: Session

    async def fork(self, at: str | None = None, session_id: str | None = None) -> Self:
        """See `Session.fork`."""
        scope = await self.memory.drive_async(forking.fork(self._core, self.scope, at, session_id))
        return type(self)(type(self._session)(self.memory, scope, self._core))  # type: ignore[call-arg]

    async def rewind(self, to: str, reason: str = "") -> list[Decision]:
        """See `Session.rewind`."""
        return await self.memory.drive_async(
            rewinding.rewind(self._core, self.scope, to, checked_reason(self._core, reason))
        )

    async def edit(self, ref: str, content: Content, session_id: str | None = None) -> Message:
        """See `Session.edit`."""
        said = await self.memory.drive_async(rewinding.edit(self._core, self.scope, ref, content, session_id))
        return self._core.local([said])[0]

    async def branches(self) -> list[Branch]:
        """See `Session.branches`."""
        return await self.memory.drive_async(forking.branches(self.scope))
