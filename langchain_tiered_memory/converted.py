"""What sessions show, as LangChain messages: each message is converted once, and copied for those who are shown it.

The core hands out the same message objects as long as it shows the same, so what is kept is known by their identity:
a view that begins with the messages of the one before is only made longer, and after a decision what is shown as
before is found among them. Nothing is looked up by content, and nothing must be told when another process decides.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import is_

from langchain_core.messages import BaseMessage

from langchain_tiered_memory.convert import all_langchain, to_langchain
from langchain_tiered_memory.copies import Template
from langchain_tiered_memory.memories import PerMemory
from tiermem import AsyncSession, Message, Session
from tiermem.index.bounded import Bounded
from tiermem.index.cache import Recent
from tiermem.records import Summary

# Of a form beside its text, which it shares with the core's message: 1,240 bytes on average (tracemalloc, CPython
# 3.11, langchain-core 1.7.2, 2,962 messages).
FORM = 1_300
MOST = 32_000_000  # bytes of the forms that are kept of one memory

Forms = Sequence[Template]


@dataclass(frozen=True, slots=True)
class _Kept:
    messages: Sequence[Message]
    forms: Sequence[Forms]  # of each message: several where results of several tools stand in it


class Converted:
    """The forms of one memory's messages, by who shows them. Thread-safe; losing some costs converting again."""

    def __init__(self, most: int = MOST) -> None:
        self._kept: Bounded[_Kept] = Bounded(most)
        self._told: Recent[tuple[Sequence[Summary], Forms]] = Recent(64)

    @property
    def weight(self) -> int:
        """About the bytes that are kept beside the texts."""
        return self._kept.weight

    def forms(
        self, key: Hashable, messages: Sequence[Message], convert: Callable[[Message], Sequence[BaseMessage]]
    ) -> Sequence[Forms]:
        """What *convert* makes of each of *messages*; *key* says who shows them, and is always converted alike."""
        kept = self._kept.get(key)
        if kept is not None and len(kept.messages) <= len(messages) and all(map(is_, messages, kept.messages)):
            if len(kept.messages) == len(messages):
                return kept.forms
            new = messages[len(kept.messages) :]
            forms = [*kept.forms, *([Template(form) for form in convert(message)] for message in new)]
        else:
            known = {} if kept is None else dict(zip(map(id, kept.messages), kept.forms, strict=True))
            forms = [known.get(id(message)) or [Template(form) for form in convert(message)] for message in messages]
        self._kept.put(key, _Kept(messages, forms), FORM * len(forms))
        return forms

    def told(
        self,
        key: Hashable,
        summaries: Sequence[Summary],
        tell: Callable[[Sequence[Summary]], Sequence[BaseMessage]],
    ) -> Forms:
        """What *tell* makes of *summaries*, all together."""
        known = self._told.get(key)
        if known is not None and known[0] is summaries:
            return known[1]
        forms = [Template(form) for form in tell(summaries)]
        self._told.put(key, (summaries, forms))
        return forms


@dataclass(frozen=True, slots=True)
class Showing:
    """The messages of one session as LangChain's. `NOTHING_KEPT` converts each time."""

    converted: Converted | None = None
    key: Hashable = None

    def view(self, messages: Sequence[Message]) -> Forms:
        """Those of a view; where results of several tools stand in a message, a form for each."""
        if self.converted is None:
            return [Template(form) for message in messages for form in all_langchain(message)]
        return list(chain.from_iterable(self.converted.forms((self.key, "view"), messages, all_langchain)))

    def told(self, summaries: Sequence[Summary], tell: Callable[[Sequence[Summary]], Sequence[BaseMessage]]) -> Forms:
        """What *tell* makes of the *summaries* of a view."""
        if self.converted is None:
            return [Template(form) for form in tell(summaries)]
        return self.converted.told((self.key, "told"), summaries, tell)

    def pieces(self, messages: Sequence[Message]) -> list[BaseMessage]:
        """Those of a context, one for each. Copies."""
        if self.converted is None:
            return list(map(to_langchain, messages))
        return [form.copy() for (form,) in self.converted.forms((self.key, "pieces"), messages, _alone)]


NOTHING_KEPT = Showing()


def showing(session: Session | AsyncSession) -> Showing:
    """What is kept of *session*."""
    return Showing(_MEMORIES.of(session.memory), (session.scope, session.core.zone))


def _alone(message: Message) -> Sequence[BaseMessage]:
    return (to_langchain(message),)


_MEMORIES = PerMemory(Converted)
