"""The face of one conversation: `Session`. One line a verb; `async_session.py` has the same with `await`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tiermem.answering.asking import Answering
from tiermem.arguments import (
    MessageLike,
    adding,
    clearing,
    counting,
    forgetting,
    managing_at,
    patience,
    reading,
)
from tiermem.conversations import listing
from tiermem.conversations.asking import number
from tiermem.dropped import Dropped, looking
from tiermem.dropped.looking import LIMIT
from tiermem.erasure import erasing
from tiermem.erasure.receipt import Receipt
from tiermem.facts.rules.record import LaidDown
from tiermem.flows import standing, viewing
from tiermem.flows.indexing import words
from tiermem.flows.writing import decide, elsewhere, upkeep
from tiermem.flows.writing.commit import writing
from tiermem.messages import Message
from tiermem.records import Decision, Explanation, View
from tiermem.redaction.walking import Redact
from tiermem.reports import notebooks
from tiermem.reports.state import Report, Stats
from tiermem.session.async_session import AsyncSession
from tiermem.session.branching import Branching
from tiermem.session.compressing import Compressing
from tiermem.session.proving import Proving
from tiermem.session.recalling import Recalling
from tiermem.settings import Scope, Thresholds

if TYPE_CHECKING:
    from tiermem.events import Callback
    from tiermem.flows.services import Core
    from tiermem.memory import Memory


class Session(Recalling, Answering, Branching, Compressing, Proving):
    """One conversation: an append-only log, and the view that a model is shown of it."""

    def __init__(self, memory: Memory, scope: Scope, core: Core | None = None) -> None:
        self.memory = memory
        self.scope = scope
        self.core = self._core = memory.wiring[0] if core is None else core
        self._run = memory.drive

    def as_async(self) -> AsyncSession:
        """The same session with `await`."""
        return AsyncSession(self)

    def beside(self, session_id: str) -> Session:
        """Another conversation of the same user, by the same clock: that of a hit, for example.

        Raises:
            MissingNamespace: no namespace names the user. InvalidNamespace: *session_id* names nothing.
        """
        return Session(self.memory, self.scope.beside(session_id), self._core)

    def redacting(self) -> Redact | None:
        """What every text is given to before it is stored: the `redactor` of its memory, None without one."""
        return self._core.redactor

    def add(
        self, messages: MessageLike, role: str = "user", *, compacted: bool = False, as_stored: bool = False
    ) -> list[Message]:
        """Append messages (text becomes one of *role*); durable when it returns, and idempotent by id.

        *compacted* shows stubs in their place from the start, where these save enough: for what is too long for any
        window, and is there to be looked up. *as_stored* is for messages of another archive: those that have a
        `stored_at` keep it, and so their time, where nothing says when they were said.

        Raises:
            OutcomeUnknown: the connection to the server was lost, and nobody can say whether they were kept. Its
                `ids` are theirs: added again under these, none is stored twice.
            InvalidMessage, IdConflict, StorageError: nothing of the call was kept.
        """
        return self._run(adding(self._core, self.scope, messages, role, compacted, as_stored))

    def messages(self, first: int = 1, last: int | None = None) -> list[Message]:
        """The originals with sequence numbers `first`..`last`, in order; hidden ones left out."""
        return self._run(reading(self._core, self.scope, first, last))

    def view(self) -> View:
        """What the window shows now: summaries, stubs, verbatim messages."""
        return self._run(viewing.view(self._core, self.scope))

    def rules(self) -> list[LaidDown]:
        """What users laid down in this conversation, in order: wishes, constraints, needs, deadlines, the
        task, open questions.

        Each has its message and the decision that pins it: it stands in every context, whatever is compacted or
        covered, within `rules_share` of the budget, until something said later ends it (`holds`), its message is
        forgotten, or the decision is undone.
        """
        return self._run(standing.listed(self._core, self.scope))

    def dropped(self, since: int | Decision | None = None, *, limit: int = LIMIT) -> list[Dropped]:
        """What compaction and summaries took from the window since a decision, the weightiest first.

        Args:
            since: a decision, or its number: what was shown right after it; by default what was before the last run.
            limit: how many at most.

        Raises:
            UnknownReference: there is no such decision.
        """
        return self._run(looking.dropped(self._core, self.scope, since, limit))

    def keywords(self, k: int = 5) -> list[str]:
        """The *k* words by which its user's talk here differs from all of theirs, heaviest first, as they were written.

        Read of what is not hidden, of at most the newest 16,384 messages. Raises InvalidMessage where *k* is no number.
        """
        return self._run(listing.keywords(self._core, self.scope, number(k, "k")))

    def topic(self) -> str | None:
        """What it is about: the heaviest two keywords that stand together in two messages, or one that is said again;
        None where nothing tells it."""
        return self._run(listing.topic(self._core, self.scope))

    def manage_context(self, thresholds: Thresholds | None = None) -> Report:
        """Look at the thresholds now, or at *thresholds*, whatever `enable_context_management` says.

        Raises:
            InvalidSettings: *thresholds* are none.
        """
        return self._run(managing_at(self._core, self.scope, thresholds))

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until the background has done what is due here, at most *timeout* seconds; False where it has not.

        Adding returns once its messages are safe. What they set off (compaction, summaries, the indexes) follows within
        a moment, and changes nothing that was said; tests, and programs that read the window next, may want to wait.
        What fails is told by `stats`, and not waited for.

        Raises:
            Reentrant: asked from inside a summariser, compactor or embedder.
        """
        return self._run(upkeep.settle(self._core, self.scope, patience(timeout)))

    def index(self) -> None:
        """Index at once what would be indexed with the next batch."""
        self._run(writing(self.scope, words.follow(self._core, self.scope)))

    def restore(self, *refs: str) -> list[Message]:
        """Show the originals behind *refs* ("m12", "s3", a message id, "friday/m12") again; without refs, all of them.

        A reference with another session of the same user before it is restored there.

        Raises:
            UnknownReference: one of them names nothing here.
        """
        return self._run(elsewhere.restore(self._core, self.scope, refs))

    def explain(self, ref: str) -> Explanation:
        """Why that message is shown as it is: the decision, its numbers, when."""
        return self._run(elsewhere.explain(self.scope, ref))

    def forget(self, *refs: str, reason: str = "forgotten") -> list[Decision]:
        """Hide messages ("m12", a message id, or "s3" for all behind a summary) from view, context, search and recall.

        Nothing is removed: `undo` of a returned decision's number, or `restore`, shows them again. What is hidden
        already decides nothing. Summaries lose the lines that rest on a hidden message. Behind "s3" system prompts
        and pinned messages stay; named by themselves they are hidden. A forgotten call leaves its result as quoted
        text, a forgotten result leaves its call. For documents and notes see `Knowledge.remove`. "friday/m12" is hidden
        in the user's session "friday": the decision is in its journal and names it (`Decision.session`), so that `undo`
        of the decision takes it back from here too; its number alone belongs to `friday.undo`. *reason* is kept with
        the decisions and told by events and the log: 200 characters of yours at most, and never what was said.

        Raises:
            UnknownReference: one of them names nothing here; nothing was hidden.
            InvalidMessage: *reason* is no text, or too long.
        """
        return self._run(forgetting(self._core, self.scope, refs, reason))

    def undo(self, decision: int | Decision) -> None:
        """Take a decision of the journal back, by its number or as `forget` and `journal` return it.

        Where `forget` decided in another session of the user, it is taken back there.
        """
        self._run(elsewhere.undo(self._core, self.scope, decision))

    def journal(self) -> list[Decision]:
        """Every decision, in order."""
        return self._run(decide.journal(self.scope))

    def clear(self, reason: str = "cleared") -> None:
        """Hide everything said so far, for *reason* (text). Nothing is removed: `undo` of this decision shows it."""
        self._run(clearing(self._core, self.scope, reason))

    def erase(
        self, *refs: str, reason: str = "", dry_run: bool = False, vacuum: bool = False, overrule: bool = False
    ) -> Receipt:
        """Remove for good what *refs* name ("m12", "s3" for all behind a summary, ids, "friday/m12"), or without any
        this whole conversation, with all that was derived of it. It cannot be undone.

        Of a message its number, role, time and tokens stay, and a keyed digest of its id, by which it is not stored
        again where a framework adds it again. Of a whole conversation none is kept: a framework that still has it must
        forget it first. Summaries that rest on a message are made anew. What other messages say of it stays: name them
        too, and "f1" for what was stated, pinned, corrected or retracted of the user. A list of references that is
        empty is none: all goes. The rest is as of `Memory.erase`, which removes all that there is of a user.

        Raises:
            UnknownReference: one of *refs* names nothing; KeptByRule: of `Memory.erase`. Nothing was removed.
        """
        return self._run(erasing.of_session(self._core, self.scope, refs, reason, dry_run, vacuum, overrule))

    def stats(self) -> Stats:
        """The session in numbers, with every degraded mode; `note` says where there is no such session."""
        return self._run(counting(self._core, self.scope))

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """`Memory.subscribe` for the events of this session alone."""
        return self.memory.wiring[1].listeners.add(callback, self.scope)

    def __repr__(self) -> str:
        return f"<Session {self.scope.session!r} of {self.scope.user!r}>"

    def _repr_html_(self) -> str:
        return notebooks.table(repr(self)[1:-1], [], [])
