"""The verbs that say how long things are kept, and what was erased: parts of `Memory` and `AsyncMemory`."""

from __future__ import annotations

from typing import TypeVar

from tiermem.erasure import issuing, retention
from tiermem.erasure.receipt import Receipt
from tiermem.erasure.retention import Retention
from tiermem.errors import InvalidSettings
from tiermem.flows.effects import Flow, Read, Transact
from tiermem.settings import scope_of
from tiermem.storage.erasures import rules

T = TypeVar("T")
Namespace = str | tuple[str, str]


class Retaining:
    """Rules of retention, which all processes that open the database obey, and what was erased."""

    def drive(self, flow: Flow[T]) -> T:
        """Run *flow* to its end."""
        raise NotImplementedError

    def retain(self, rule: Retention | None, namespace: Namespace | None = None) -> None:
        """Keep what users say for as long as *rule* says, or what one user, or (tenant, user), says; None takes the
        rule away.

        Nothing is erased by that: `memory.life(namespace).expire()`, `sleep()` and the command `tiermem expire` do it.
        A user's own rule takes the place of that of the database, and goes when the user is erased. Nothing of a rule
        leaves with an export.

        Raises:
            InvalidSettings: *rule* is none.
        """
        self.drive(_retain(rule, namespace))

    def retention(self, namespace: Namespace | None = None) -> Retention:
        """The rule that holds for a user, or that of the database; one without limits where none was given."""
        return self.drive(_retention(namespace))

    def erasures(self, namespace: Namespace) -> list[Receipt]:
        """Receipts of all that was erased of a user, or of (tenant, user), the oldest first, made of what stayed:
        number, time, reason, counts, keyed digests. `verify_erased` checks them; of whole conversations they know no
        words."""
        return self.drive(issuing.erasures(scope_of("-", namespace)))


class AsyncRetaining:
    """`Retaining` with `await`; the docstrings are there."""

    async def drive_async(self, flow: Flow[T]) -> T:
        """Run *flow* to its end without blocking the event loop."""
        raise NotImplementedError

    async def retain(self, rule: Retention | None, namespace: Namespace | None = None) -> None:
        """See `Memory.retain`."""
        await self.drive_async(_retain(rule, namespace))

    async def retention(self, namespace: Namespace | None = None) -> Retention:
        """See `Memory.retention`."""
        return await self.drive_async(_retention(namespace))

    async def erasures(self, namespace: Namespace) -> list[Receipt]:
        """See `Memory.erasures`."""
        return await self.drive_async(issuing.erasures(scope_of("-", namespace)))


def _retain(rule: Retention | None, namespace: Namespace | None) -> Flow[None]:
    if not isinstance(rule, (Retention, type(None))):
        raise InvalidSettings(f"a rule is a Retention or None, not {type(rule).__name__}")
    scope = None if namespace is None else scope_of("-", namespace)
    text = "" if rule is None else rule.model_dump_json(exclude_defaults=True)
    yield Transact(lambda connection: rules.put(connection, scope, text))


def _retention(namespace: Namespace | None) -> Flow[Retention]:
    scope = None if namespace is None else scope_of("-", namespace)
    rule: Retention = yield Read(lambda connection: retention.stored(rules.get(connection, scope)))
    return rule
