"""The faces of the life of a user's memory: `Life`, and `AsyncLife`, the same verbs with `await`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.erasure.expiring import Expired
from tiermem.errors import InvalidMessage, UnknownReference, brief_repr
from tiermem.faces.user import AsyncUserFace, UserFace
from tiermem.life import looking, sleeping, uses
from tiermem.life.forgetting import Forgetting
from tiermem.life.records import Levels, MemoryLife, Slept
from tiermem.life.sleeping import expiry
from tiermem.settings import Scope

if TYPE_CHECKING:
    from tiermem.records import Decision

SECONDS = 30.0


class Life(UserFace):
    """How what a user said lives: where it is, how much it matters now, and what sleep does with it.

        life = memory.life("anna")
        life.levels("friday")
        life.of("friday/m12").importance
        life.used("friday/m12")  # your application says that an answer rests on it
        life.sleep()

    Nothing fades unless `sleep` is called: by your scheduler, at night, or by a memory opened with `sleep_after`. What
    fades leaves the window (its stub, its line of the running summary) and nothing else: it stays in the archive, is
    found by its words as before, and is back when it is used: restored, opened by its reference, or cited.
    `benchmarks/RESULTS.md` has what it brings.
    """

    def as_async(self) -> AsyncLife:
        """The same with `await`."""
        return AsyncLife(self)

    def levels(self, session_id: str) -> Levels:
        """The levels of a conversation as they are: messages, tokens, how much stands for how much."""
        return self._run(looking.levels(self._core, self._session(session_id)))

    def of(self, ref: str, forgetting: Forgetting = Forgetting()) -> MemoryLife:  # noqa: B008  # it is frozen
        """How one message lives, named like "friday/m12".

        Raises:
            UnknownReference: there is no such message, or it was erased. InvalidMessage: *forgetting* is no curve.
        """
        scope, own = placed(self.scope, ref)
        checked_curve(forgetting)
        return self._run(looking.of_message(self._core, scope, own, forgetting))

    def used(self, *refs: str, reason: str = uses.CITED) -> list[Decision]:
        """Write down that an answer rests on messages, named like "friday/m12"; `undo` of the session takes it back.

        Raises:
            UnknownReference: one of them names nothing. InvalidMessage: *reason* is no text.
        """
        made: list[Decision] = []
        named = grouped(self.scope, refs)
        self._run(uses.there(named))
        for scope, own in named:
            made += self._run(uses.used(self._core, scope, own, reason))
        return made

    def sleep(
        self,
        *,
        forgetting: Forgetting | None = Forgetting(),  # noqa: B008  # it is frozen
        seconds: float | None = SECONDS,
        dry_run: bool = False,
    ) -> Slept:
        """Do what nobody waits for, session by session: write down what was used, index words, bring windows below
        their thresholds, let fade what nobody used, bring back what somebody did; and erase what is past its time by
        the rules of `Memory.retain`, if there are any.

        Args:
            forgetting: the curve; None: nothing fades.
            seconds: no session is begun after so many; call again for the rest. None: all of them.
            dry_run: only say what would fade, and come back.

        Raises:
            InvalidMessage: one of them is of another kind. StorageError: what was done before stays done.
        """
        return self._run(sleeping.sleep(self._core, self.scope, forgetting, seconds, dry_run=dry_run))

    def expire(self, *, dry_run: bool = False) -> Expired:
        """Erase what of the user is past its time by the rules that `Memory.retain` keeps; `sleep` does it, too.

        It is gone as by `erase`, with all that was derived of it, and a receipt for each conversation and note.

        Args:
            dry_run: only count.

        Raises:
            StorageError: what was erased before stays erased.
        """
        return self._run(expiry(self._core, self.scope, dry_run=dry_run))

    def _session(self, session_id: str) -> Scope:
        return Scope(self.scope.tenant, self.scope.user, session_id)


class AsyncLife(AsyncUserFace):
    """`Life` with `await`; the docstrings are there."""

    async def levels(self, session_id: str) -> Levels:
        """See `Life.levels`."""
        scope = Scope(self.scope.tenant, self.scope.user, session_id)
        return await self._arun(looking.levels(self._core, scope))

    async def of(self, ref: str, forgetting: Forgetting = Forgetting()) -> MemoryLife:  # noqa: B008  # it is frozen
        """See `Life.of`."""
        scope, own = placed(self.scope, ref)
        checked_curve(forgetting)
        return await self._arun(looking.of_message(self._core, scope, own, forgetting))

    async def used(self, *refs: str, reason: str = uses.CITED) -> list[Decision]:
        """See `Life.used`."""
        made: list[Decision] = []
        named = grouped(self.scope, refs)
        await self._arun(uses.there(named))
        for scope, own in named:
            made += await self._arun(uses.used(self._core, scope, own, reason))
        return made

    async def sleep(
        self,
        *,
        forgetting: Forgetting | None = Forgetting(),  # noqa: B008  # it is frozen
        seconds: float | None = SECONDS,
        dry_run: bool = False,
    ) -> Slept:
        """See `Life.sleep`."""
        return await self._arun(sleeping.sleep(self._core, self.scope, forgetting, seconds, dry_run=dry_run))

    async def expire(self, *, dry_run: bool = False) -> Expired:
        """See `Life.expire`."""
        return await self._arun(expiry(self._core, self.scope, dry_run=dry_run))


def checked_curve(forgetting: Forgetting) -> None:
    """Raises InvalidMessage where *forgetting* is no curve."""
    if not isinstance(forgetting, Forgetting):
        raise InvalidMessage(f"forgetting must be a Forgetting, not {type(forgetting).__name__}")


def placed(user: Scope, ref: str) -> tuple[Scope, str]:
    """The conversation of the *user* that *ref* names, and what it names there.

    Raises:
        UnknownReference: it names no conversation.
    """
    session, slash, own = ref.rpartition("/") if isinstance(ref, str) else ("", "", "")
    if not session or not slash:
        raise UnknownReference(f"a message of a user is named like 'friday/m12', not {brief_repr(ref)}")
    return Scope(user.tenant, user.user, session), own


def grouped(user: Scope, refs: tuple[str, ...]) -> list[tuple[Scope, list[str]]]:
    """*refs* by conversation, in order."""
    found: dict[Scope, list[str]] = {}
    for ref in refs:
        scope, own = placed(user, ref)
        found.setdefault(scope, []).append(own)
    return list(found.items())
