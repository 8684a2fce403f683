"""The verbs of a database that tell what a user talked about: parts of `Memory` and `AsyncMemory`."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import TypeVar

from tiermem.conversations.asking import asking_conversations, asking_interests, asking_turns
from tiermem.conversations.records import Interests, UserConversation, UserTurn
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.providers.clock import zone_of
from tiermem.settings import scope_of

T = TypeVar("T")
Namespace = str | tuple[str, str]
Zone = str | tzinfo | None


class UserTalk:
    """Turns, conversations and interests of a user."""

    _core: Core

    def drive(self, flow: Flow[T]) -> T:
        """Run *flow* to its end."""
        raise NotImplementedError

    def turns(
        self,
        namespace: Namespace,
        topic: str | None = None,
        *,
        since: date | None = None,
        until: date | None = None,
        before: datetime | None = None,
        limit: int = 10,
        timezone: Zone = None,
    ) -> list[UserTurn]:
        """What a user, or (tenant, user), said and was answered, newest first, over all conversations.

        Args:
            topic: only turns whose user's words have all of these, in any form.
            since, until: only what the user said in that time; a date is the whole day.
            before: only what the user said before; the `when` of the last turn gives the next ones.
            timezone: as of `Memory.session`.

        Raises:
            MissingNamespace: it names nobody, or everybody who names none.
            InvalidMessage: an argument is none of these.
        """
        core = self._core.within(zone_of(timezone))
        return self.drive(asking_turns(core, scope_of("-", namespace), topic, since, until, before, limit))

    def conversations(
        self,
        namespace: Namespace,
        topic: str | None = None,
        *,
        since: date | None = None,
        until: date | None = None,
        limit: int = 20,
        timezone: Zone = None,
    ) -> list[UserConversation]:
        """The conversations of a user, by when they spoke last, newest first, with what each is about.

        *topic* asks for those whose user's words have all of these; the rest is as of `turns`.
        """
        core = self._core.within(zone_of(timezone))
        return self.drive(asking_conversations(core, scope_of("-", namespace), topic, since, until, limit))

    def interests(self, namespace: Namespace, k: int = 10, timezone: Zone = None) -> Interests:
        """What a user talks about: the *k* topics and keywords with counts and when last, how they felt by month, and
        how much they talked. It costs the same for ten conversations and for ten thousand. Raises as `turns`."""
        core = self._core.within(zone_of(timezone))
        return self.drive(asking_interests(core, scope_of("-", namespace), k))


class AsyncUserTalk:
    """`UserTalk` with `await`."""

    _core: Core

    async def drive_async(self, flow: Flow[T]) -> T:
        """Run *flow* to its end."""
        raise NotImplementedError

    async def turns(
        self,
        namespace: Namespace,
        topic: str | None = None,
        *,
        since: date | None = None,
        until: date | None = None,
        before: datetime | None = None,
        limit: int = 10,
        timezone: Zone = None,
    ) -> list[UserTurn]:
        """See `Memory.turns`."""
        core = self._core.within(zone_of(timezone))
        return await self.drive_async(asking_turns(core, scope_of("-", namespace), topic, since, until, before, limit))

    async def conversations(
        self,
        namespace: Namespace,
        topic: str | None = None,
        *,
        since: date | None = None,
        until: date | None = None,
        limit: int = 20,
        timezone: Zone = None,
    ) -> list[UserConversation]:
        """See `Memory.conversations`."""
        core = self._core.within(zone_of(timezone))
        return await self.drive_async(asking_conversations(core, scope_of("-", namespace), topic, since, until, limit))

    async def interests(self, namespace: Namespace, k: int = 10, timezone: Zone = None) -> Interests:
        """See `Memory.interests`."""
        core = self._core.within(zone_of(timezone))
        return await self.drive_async(asking_interests(core, scope_of("-", namespace), k))
