"""The verbs by which a conversation is opened, or told in fewer words: of `Session`, and with `await`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tiermem.compression import asking

if TYPE_CHECKING:
    from tiermem.compression import Compressed
    from tiermem.compression.asking import Summarizer
    from tiermem.compression.opening import Detail
    from tiermem.compression.preserving import Preserved
    from tiermem.flows.services import Core
    from tiermem.memory import Memory
    from tiermem.records import Original
    from tiermem.settings import Scope


class Compressing:
    """A conversation whose parts can be opened, and told in fewer words."""

    memory: Memory
    scope: Scope
    _core: Core

    def expand(self, ref: str, query: str = "", detail: Detail | None = None, budget: int | None = None) -> Original:
        """The originals behind a stub or a summary, or a document's chunk ("d12"); changes nothing.

        "friday/m12" and "friday/s3" are those of the user's session "friday", which `note["session"]` names.
        `note["hidden"]` lists those of them that are hidden. With one of the other arguments only those messages come
        back that matter, with their words as `note["text"]`, each line behind the reference that opens it.

        Args:
            ref: what is opened.
            query: a question: only the messages with the sentences that say most of it, or, where none has a word of
                it, a line of each.
            detail: "line" (one sentence of each message), "gist" (a third of the tokens), "passages" (the sentences
                that matter and those around them), "original". By default passages where there is a *query*.
            budget: tokens of the text at most.

        Raises:
            UnknownReference: it names nothing of this user's; the nearest session is named.
            MissingNamespace: it names another session, and no namespace names the user.
            InvalidMessage: *detail* is no level, *query* no text, or *budget* no number above 0.
        """
        return self.memory.drive(asking.expand(self._core, self.scope, ref, query, detail, budget))

    def compress(
        self,
        *refs: str,
        ratio: float = 0.3,
        least: float = 0.85,
        at_most: float = 0.6,
        preserve: Iterable[Preserved] = (),
        questions: Iterable[tuple[str, str]] = (),
        summarizer: Summarizer | None = None,
    ) -> Compressed:
        """A shorter text for the messages behind *refs* ("m12", "s3", "friday/m12", "d12"), without any for all that is
        not hidden; with what it keeps of them, measured. Nothing is stored and nothing changes.

        Each line begins with the reference by which `expand` opens its message. The other arguments are those of
        `tiermem.compression.compress`; tokens are counted as the memory counts them, and *summarizer* may take as long
        as the setting ``summarizer_timeout`` says. What the memory's own summariser is plays no part.

        Raises:
            UnknownReference: one of *refs* names nothing here. InvalidSettings, InvalidMessage: an argument is wrong.
        """
        asked = asking.compress(self._core, self.scope, refs, ratio, least, at_most, preserve, questions, summarizer)
        return self.memory.drive(asked)


class AsyncCompressing:
    """`Compressing` with `await`."""

    memory: Memory
    scope: Scope
    _core: Core

    async def expand(
        self, ref: str, query: str = "", detail: Detail | None = None, budget: int | None = None
    ) -> Original:
        """See `Session.expand`."""
        return await self.memory.drive_async(asking.expand(self._core, self.scope, ref, query, detail, budget))

    async def compress(
        self,
        *refs: str,
        ratio: float = 0.3,
        least: float = 0.85,
        at_most: float = 0.6,
        preserve: Iterable[Preserved] = (),
        questions: Iterable[tuple[str, str]] = (),
        summarizer: Summarizer | None = None,
    ) -> Compressed:
        """See `Session.compress`."""
        asked = asking.compress(self._core, self.scope, refs, ratio, least, at_most, preserve, questions, summarizer)
        return await self.memory.drive_async(asked)
