"""The verbs by which a conversation is asked: of `Session`, and with `await` of `AsyncSession`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tiermem.arguments import MessageLike, assembling, reaching, recollecting, searching
from tiermem.records import Context, Hit, Recalled, Until, Within

if TYPE_CHECKING:
    from tiermem.flows.services import Core
    from tiermem.memory import Memory
    from tiermem.settings import Scope


class Recalling:
    """A conversation from which contexts, passages and hits are asked."""

    memory: Memory
    scope: Scope
    _core: Core

    def context(
        self,
        query: str | None = None,
        budget: int | None = None,
        *,
        system: MessageLike = (),
        goal: str | None = None,
        reserved: int = 0,
        counter: Callable[[str], Any] | None = None,
        recall: bool = True,
        within: Within = "conversation",
        sessions: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        recall_tokens: int | None = None,
        steady: bool = False,
        quoted: Mapping[str, str] | None = None,
        profile: int = 0,
        until: Until = "budget",
        levels: bool = False,
    ) -> Context:
        """What the model should read now, in at most *budget* tokens.

        Args:
            query: what to recall for; the newest user message by default.
            budget: tokens; `context_budget` by default.
            system: system prompts to put first, counted in.
            goal: the current goal, shown right before the newest turn.
            reserved: tokens that the caller adds by itself (tool schemas, the answer).
            counter: the caller's own counter for this context.
            recall: False leaves the archive out.
            within, sessions, exclude: where it is recalled from: as for `search`.
            recall_tokens: what recalled passages may take at most, if that is less than `recall_share`.
            steady: for agents that ask again and again: the whole window stands first, so that each context begins
                with the one before until a decision is taken. `manage_context` must keep the window below *budget*.
            quoted: with *steady*, the blocks recalled before, by the message that they stand before ({"m12": text}),
                which stay there; "" says that nothing was found. Such a message is not recalled for again.
            profile: tokens for what is known of the user (`Memory.profile`), right behind the system prompts, and at
                most a quarter of what these leave; 0 leaves it out. It stays as it is until something of it changes.
            until: "sufficient" pages no more in from the archive once what is shown is likely to answer, or more would
                hardly raise the chance (`Context.likely`); "budget" fills its share. Not with *steady*.
            levels: where room is left, quote in part what does not fit whole; what does, stays. `expand` opens it.

        Raises:
            BudgetTooSmall: what must be shown does not fit; it says both numbers.
            InvalidMessage, MissingNamespace: as of `search`.
        """
        reach = reaching(within, sessions, exclude)
        recalled = (recall, reach, recall_tokens, steady, quoted, profile, until, levels)
        asked = (query, budget, system, goal, reserved, counter, *recalled)
        return self.memory.drive(assembling(self._core, self.scope, *asked))

    def recall(
        self,
        query: str,
        budget: int = 2_000,
        *,
        within: Within = "conversation",
        sessions: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        as_of: datetime | None = None,
        until: Until = "budget",
        levels: bool = False,
    ) -> Recalled:
        """The passages that answer *query*, as one quoted block of at most *budget* tokens, "" when nothing does.

        *until* "sufficient" quotes no more than is likely to answer (`Recalled.likely`), or than raises the chance.
        *levels* is that of `context`. The other arguments are those of `search`. Raises BudgetTooSmall when *budget* is
        not above 0.
        """
        reach = reaching(within, sessions, exclude)
        return self.memory.drive(recollecting(self._core, self.scope, query, budget, reach, as_of, until, levels))

    def search(
        self,
        query: str,
        k: int = 20,
        *,
        within: Within = "conversation",
        sessions: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        as_of: datetime | None = None,
        explain: bool = False,
        since: date | None = None,
        until: date | None = None,
        role: str | None = None,
    ) -> list[Hit]:
        """The *k* best answers to *query* with the parts of their scores, and which newer one supersedes an older.

        Args:
            within: this "conversation", it and the user's "notes", all conversations of the "user", this one among
                them, the user's documents ("knowledge"), or "everything": all conversations and documents. Where no
                namespace was given, everybody shares one: "everything" is then this conversation and the documents,
                and "user" is refused.
            sessions: of the conversations only these, by their ids; one that is not there has nothing to find.
            exclude: of the conversations not these.
            as_of: only what was said, or added as a document, by then; "last week" is the one before it. Without a
                zone it is read by each message's own clock.
            explain: say in `hit.reason` what matched.
            since, until: only what was said, or added as a document, in that time. A date is the whole day, and like
                a time without a zone it is read by each message's own clock.
            role: only what was said by "user", "assistant", "tool", …; documents and notes have the role "document".
                A message may have any role, so a word that is like none of these finds what has it, if anything does.

        Raises:
            InvalidMessage: an argument is none of these. UnknownRole: no message has that *role*, which is nearly one.
            MissingNamespace: conversations of a user are asked for, and no namespace names one.
        """
        reach, only = reaching(within, sessions, exclude), (since, until, role)
        return self.memory.drive(searching(self._core, self.scope, query, k, reach, as_of, explain, *only))


class AsyncRecalling:
    """`Recalling` with `await`; the docstrings are there."""

    memory: Memory
    scope: Scope
    _core: Core

    async def context(
        self,
        query: str | None = None,
        budget: int | None = None,
        *,
        system: MessageLike = (),
        goal: str | None = None,
        reserved: int = 0,
        counter: Callable[[str], Any] | None = None,
        recall: bool = True,
        within: Within = "conversation",
        sessions: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        recall_tokens: int | None = None,
        steady: bool = False,
        quoted: Mapping[str, str] | None = None,
        profile: int = 0,
        until: Until = "budget",
        levels: bool = False,
    ) -> Context:
        """See `Session.context`."""
        reach = reaching(within, sessions, exclude)
        recalled = (recall, reach, recall_tokens, steady, quoted, profile, until, levels)
        asked = (query, budget, system, goal, reserved, counter, *recalled)
        return await self.memory.drive_async(assembling(self._core, self.scope, *asked))

    async def recall(
        self,
        query: str,
        budget: int = 2_000,
        *,
        within: Within = "conversation",
        sessions: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        as_of: datetime | None = None,
        until: Until = "budget",
        levels: bool = False,
    ) -> Recalled:
        """See `Session.recall`."""
        reach = reaching(within, sessions, exclude)
        return await self.memory.drive_async(
            recollecting(self._core, self.scope, query, budget, reach, as_of, until, levels)
        )

    async def search(
        self,
        query: str,
        k: int = 20,
        *,
        within: Within = "conversation",
        sessions: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        as_of: datetime | None = None,
        explain: bool = False,
        since: date | None = None,
        until: date | None = None,
        role: str | None = None,
    ) -> list[Hit]:
        """See `Session.search`."""
        reach, only = reaching(within, sessions, exclude), (since, until, role)
        return await self.memory.drive_async(searching(self._core, self.scope, query, k, reach, as_of, explain, *only))
