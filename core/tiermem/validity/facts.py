"""The faces of what is known of a user: `Facts`, and `AsyncFacts`, the same verbs with `await`."""

from __future__ import annotations

from datetime import datetime

from tiermem.faces.user import AsyncUserFace, UserFace
from tiermem.facts.stated.record import USER
from tiermem.flows.indexing.facts import stated_by
from tiermem.flows.verifying import session as proof
from tiermem.records import Decision
from tiermem.reports.state import Verification
from tiermem.validity import asking, extracting, telling
from tiermem.validity.extracting import Extraction
from tiermem.validity.known import KnownFact


class Facts(UserFace):
    """What is known of a user, over all conversations: who, what, and when it holds.

        facts = memory.facts("anna")
        facts.current(attribute="home")
        facts.history("user", "home")

    Facts are read of the user's own messages, by rules for English and Chinese that are silent where they are not sure:
    what is asked, planned, supposed, quoted or joked is none, and what is not told in so many words is not found. A
    newer value ends the one before, a correction takes it back. Messages that are hidden lend no fact.

    A fact's subject is "user", somebody of theirs ("user's sister"), who else is named, or "" for a thing of one
    conversation ("the deadline"), which those of others never meet.

    With ``extractor=`` of the memory a model reads in the background what rules cannot see. Its facts have `how`
    "model" and stand in the same chains: a newer value ends the older one, whoever read it, but never what the
    application states.

    With a subject and an attribute a question reads what is about them; without, all facts of the user. What waits for
    the index is read as it is, so the first question after a large import takes as long as indexing would.
    """

    _of_one_user = "what is known of a user"

    def as_async(self) -> AsyncFacts:
        """The same facts with `await`."""
        return AsyncFacts(self)

    def current(
        self,
        subject: str | None = None,
        attribute: str | None = None,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> list[KnownFact]:
        """What holds, in the order in which it was said.

        Args:
            subject, attribute: only of these, in any spelling that has the same words.
            as_of: what was true then, by all that was said since.
            known_at: by what had been said then.

        Raises:
            InvalidMessage: one of them is no text, or no datetime.
        """
        wish = asking.asked(self._core, subject, attribute, as_of, known_at)
        return self._run(asking.current(self._core, self.scope, wish))

    def history(
        self, subject: str | None = None, attribute: str | None = None, *, known_at: datetime | None = None
    ) -> list[KnownFact]:
        """All that was said to be so, also what ended or was corrected, in the order in which it was said."""
        wish = asking.asked(self._core, subject, attribute, None, known_at)
        return self._run(asking.history(self._core, self.scope, wish))

    def search(
        self, query: str, k: int = 10, *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> list[KnownFact]:
        """The *k* facts that hold whose words answer *query* best; none that has none of its words."""
        wish = asking.asked(self._core, None, None, as_of, known_at)
        return self._run(asking.search(self._core, self.scope, query, k, wish))

    def state(
        self,
        attribute: str,
        value: str | bool,
        *,
        subject: str = USER,
        since: datetime | None = None,
        until: datetime | None = None,
        corrects: bool = False,
        certainty: float = 1.0,
        reason: str = "",
    ) -> Decision:
        """Keep what the application knows; durable when it returns. The decision is what `undo` takes.

        Args:
            value: text, or True and False for what is so or not.
            since, until: between these it is true; from now on by default.
            corrects: the value before never was right.

        Raises:
            OutcomeUnknown: the connection to the server was lost, and nobody can say whether it was kept.
            InvalidMessage, StorageError: nothing was kept.
        """
        how = (subject, since, until, corrects, certainty, reason)
        return self._run(telling.state(self._core, self.scope, attribute, value, *how))

    def retract(
        self, attribute: str, value: str | bool | None = None, *, subject: str = USER, reason: str = ""
    ) -> Decision:
        """Keep that what was said so far of *attribute* was never so, or never *value*; what held before that value
        holds again. Nothing is removed, and `undo` of the decision takes it back. Raises as `state`."""
        return self._run(telling.retract(self._core, self.scope, attribute, value, subject, reason))

    def undo(self, decision: int | Decision) -> None:
        """Take a decision of `state` or `retract` back.

        Raises:
            UnknownReference: there is none, or it is undone already.
        """
        self._run(telling.undo_told(self._core, self.scope, decision))

    def extract(self, *, again: bool = False) -> Extraction:
        """Read at once what waits for the extractor in all conversations of the user, and tell what it came to.

        Args:
            again: also what could not be read, and what another extractor read.

        Raises:
            InvalidSettings: the memory was opened without an extractor.
        """
        return self._run(extracting.extract(self._core, self.scope, again=again))

    def journal(self) -> list[Decision]:
        """Every decision of `state`, `retract` and `undo`, in order."""
        return self._run(telling.journal(self.scope))

    def verify(self) -> Verification:
        """Derive again what was stated here, and list what differs; `Memory.verify` does so for all conversations."""
        return self._run(proof.verify(stated_by(self.scope)))


class AsyncFacts(AsyncUserFace):
    """`Facts` with `await`; the docstrings are there."""

    async def current(
        self,
        subject: str | None = None,
        attribute: str | None = None,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> list[KnownFact]:
        """See `Facts.current`."""
        wish = asking.asked(self._core, subject, attribute, as_of, known_at)
        return await self._arun(asking.current(self._core, self.scope, wish))

    async def history(
        self, subject: str | None = None, attribute: str | None = None, *, known_at: datetime | None = None
    ) -> list[KnownFact]:
        """See `Facts.history`."""
        wish = asking.asked(self._core, subject, attribute, None, known_at)
        return await self._arun(asking.history(self._core, self.scope, wish))

    async def search(
        self, query: str, k: int = 10, *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> list[KnownFact]:
        """See `Facts.search`."""
        wish = asking.asked(self._core, None, None, as_of, known_at)
        return await self._arun(asking.search(self._core, self.scope, query, k, wish))

    async def state(
        self,
        attribute: str,
        value: str | bool,
        *,
        subject: str = USER,
        since: datetime | None = None,
        until: datetime | None = None,
        corrects: bool = False,
        certainty: float = 1.0,
        reason: str = "",
    ) -> Decision:
        """See `Facts.state`."""
        how = (subject, since, until, corrects, certainty, reason)
        return await self._arun(telling.state(self._core, self.scope, attribute, value, *how))

    async def retract(
        self, attribute: str, value: str | bool | None = None, *, subject: str = USER, reason: str = ""
    ) -> Decision:
        """See `Facts.retract`."""
        return await self._arun(telling.retract(self._core, self.scope, attribute, value, subject, reason))

    async def undo(self, decision: int | Decision) -> None:
        """See `Facts.undo`."""
        await self._arun(telling.undo_told(self._core, self.scope, decision))

    async def extract(self, *, again: bool = False) -> Extraction:
        """See `Facts.extract`."""
        return await self._arun(extracting.extract(self._core, self.scope, again=again))

    async def journal(self) -> list[Decision]:
        """See `Facts.journal`."""
        return await self._arun(telling.journal(self.scope))

    async def verify(self) -> Verification:
        """See `Facts.verify`."""
        return await self._arun(proof.verify(stated_by(self.scope)))
