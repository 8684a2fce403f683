"""The faces of a user's notes: `Notes`, and `AsyncNotes`, the same verbs with `await`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.faces.user import AsyncUserFace, UserFace
from tiermem.notes import asking, in_play, keeping, reporting
from tiermem.notes.in_play import InPlay

if TYPE_CHECKING:
    from tiermem.erasure.receipt import Receipt
    from tiermem.notes.kinds import AnyNote, Procedure
    from tiermem.records import Decision


class Notes(UserFace):
    """What an application or an agent keeps for a user, over all conversations, in four kinds.

        notes = memory.notes("anna")
        notes.keep(Episode("Launch of Kestrel", feeling="relieved", sources=["friday/m12"]))
        notes.keep(Concept("Kestrel", "the rewrite of billing", related=["Atlas"]))
        notes.keep(Procedure("deploy", ["run the tests", "push the tag"], preconditions=["CI is green"]))
        notes.report("deploy", False, step="push the tag")
        notes.working("friday")

    Notes are found with everything else: by `search`, `recall` and `context` within "notes" and "everything", by the
    memory tools, and by `search` here. A procedure says in its words how well it does, and one that failed more often
    than it worked says not to rely on it. Nothing is lost: what takes the place of a note hides it; to go back,
    keep the former one again.
    """

    def as_async(self) -> AsyncNotes:
        """The same notes with `await`."""
        return AsyncNotes(self)

    def keep(self, note: AnyNote | str) -> AnyNote:
        """Keep *note* (a text is a `PlainNote`) in place of what went by its name; returns it with its reference.
        Durable when it returns.

        What was reported of a procedure counts for the steps that it had: with others it is untried, with the former
        ones it is what it was.

        Raises:
            InvalidMessage: it is no note, or has more than 4,000 characters in words.
            OutcomeUnknown: the connection to the server was lost; keeping it again keeps it once.
            StorageError: nothing was kept.
        """
        return self._run(keeping.keep(self._core, self.scope, note))

    def report(self, name: str, worked: bool, *, step: str = "", reason: str = "") -> Procedure:
        """Count that the procedure *name* worked, or failed, maybe at a *step*; returns it with its outcomes.

        Raises:
            UnknownReference: there is no such procedure; nothing was counted.
            InvalidMessage, StorageError: nothing was counted.
        """
        return self._run(keeping.report(self._core, self.scope, name, worked, step, reason))

    def get(self, kind: str, name: str) -> AnyNote | None:
        """The note of *kind* ("note", "episode", "concept", "procedure") that goes by *name*, of episodes the newest;
        None where there is none. Case, width and blanks of a name make no difference; a sentence goes by its own text.

        Raises:
            InvalidMessage: there is no such kind, or *name* is no text.
        """
        return self._run(keeping.find(self._core, self.scope, kind, name))

    def all(self, kind: str | None = None) -> list[AnyNote]:
        """All notes, or those of one *kind*, newest first.

        Raises:
            InvalidMessage: there is no such kind.
        """
        return self._run(keeping.listed(self._core, self.scope, kind))

    def search(self, query: str, k: int = 10, *, kind: str | None = None) -> list[AnyNote]:
        """The *k* notes, of one *kind* or of any, that answer *query* best.

        Raises:
            InvalidMessage: *query* is no text, *k* no number, or there is no such kind.
        """
        return self._run(keeping.search(self._core, self.scope, query, k, kind))

    def text(self, budget: int = asking.BUDGET, query: str | None = None) -> str:
        """Notes of all kinds as one quoted block of at most *budget* tokens by the memory's counter: those that answer
        *query*, best first, or else the newest; "" where nothing fits.

        Raises:
            InvalidMessage: *budget* is no number of tokens, or *query* no text.
        """
        return self._run(asking.text(self._core, self.scope, budget, query))

    def working(self, session_id: str, limit: int = asking.WORKING) -> list[InPlay]:
        """The newest *limit* things in play in a conversation of the user, newest first: open questions, tasks,
        deadlines, files, names. Derived of what is said, so nothing has to be kept.

        Raises:
            InvalidMessage: *limit* is no number.
        """
        return self._run(in_play.in_play(self._core, self.scope, session_id, limit))

    def remove(self, note: AnyNote) -> list[int]:
        """Hide *note*; returns the decisions that do, each of which `memory.knowledge(…).undo` takes back.

        Raises:
            UnknownReference: it is not there.
        """
        return self._run(keeping.remove(self._core, self.scope, note))

    def erase(
        self,
        note: AnyNote,
        *,
        reason: str = "",
        dry_run: bool = False,
        vacuum: bool = False,
        overrule: bool = False,
    ) -> Receipt:
        """Remove for good every version of *note*, with what was reported of it. See `Memory.erase`.

        Raises:
            UnknownReference: it was never there, or it was erased before. KeptByRule: of `Memory.erase`.
        """
        return self._run(asking.erase(self._core, self.scope, note, reason, dry_run, vacuum, overrule))

    def undo(self, decision: int | Decision) -> None:
        """Take an outcome of `journal` back.

        Raises:
            UnknownReference: there is no such decision, or it is undone already.
        """
        self._run(keeping.undo(self._core, self.scope, decision))

    def journal(self) -> list[Decision]:
        """Every outcome that was reported, in order."""
        return self._run(reporting.journal(self.scope))


class AsyncNotes(AsyncUserFace):
    """`Notes` with `await`; the docstrings are there."""

    async def keep(self, note: AnyNote | str) -> AnyNote:
        """See `Notes.keep`."""
        return await self._arun(keeping.keep(self._core, self.scope, note))

    async def report(self, name: str, worked: bool, *, step: str = "", reason: str = "") -> Procedure:
        """See `Notes.report`."""
        return await self._arun(keeping.report(self._core, self.scope, name, worked, step, reason))

    async def get(self, kind: str, name: str) -> AnyNote | None:
        """See `Notes.get`."""
        return await self._arun(keeping.find(self._core, self.scope, kind, name))

    async def all(self, kind: str | None = None) -> list[AnyNote]:
        """See `Notes.all`."""
        return await self._arun(keeping.listed(self._core, self.scope, kind))

    async def search(self, query: str, k: int = 10, *, kind: str | None = None) -> list[AnyNote]:
        """See `Notes.search`."""
        return await self._arun(keeping.search(self._core, self.scope, query, k, kind))

    async def text(self, budget: int = asking.BUDGET, query: str | None = None) -> str:
        """See `Notes.text`."""
        return await self._arun(asking.text(self._core, self.scope, budget, query))

    async def working(self, session_id: str, limit: int = asking.WORKING) -> list[InPlay]:
        """See `Notes.working`."""
        return await self._arun(in_play.in_play(self._core, self.scope, session_id, limit))

    async def remove(self, note: AnyNote) -> list[int]:
        """See `Notes.remove`."""
        return await self._arun(keeping.remove(self._core, self.scope, note))

    async def erase(
        self,
        note: AnyNote,
        *,
        reason: str = "",
        dry_run: bool = False,
        vacuum: bool = False,
        overrule: bool = False,
    ) -> Receipt:
        """See `Notes.erase`."""
        return await self._arun(asking.erase(self._core, self.scope, note, reason, dry_run, vacuum, overrule))

    async def undo(self, decision: int | Decision) -> None:
        """See `Notes.undo`."""
        await self._arun(keeping.undo(self._core, self.scope, decision))

    async def journal(self) -> list[Decision]:
        """See `Notes.journal`."""
        return await self._arun(reporting.journal(self.scope))
