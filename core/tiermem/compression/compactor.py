"""Compression as a `compactor=`: what stands in a window for a long message is made of its own sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tiermem.compression.compressing import Wanted, checked, compress_messages
from tiermem.compression.preserving import Preserved
from tiermem.errors import InvalidSettings
from tiermem.messages import Message
from tiermem.providers import calls
from tiermem.providers.tokenizers import as_counter
from tiermem.records import Compacted
from tiermem.settings import NOBODY, Scope
from tiermem.text.sanitizing import unbracketed
from tiermem.window.voices import is_mixed

STRATEGY: Final = "compression"
OUTSIDE: Final = Scope("", NOBODY, "compression", "database")  # no conversation waits for what is asked here


@dataclass
class Compactor:
    """Takes a message, returns its most telling sentences and its reference: `Memory.open(compactor=Compactor(0.2))`.

    Args:
        ratio: tokens of the sentences that stand there divided by those of the message, at most.
        shortest: tokens of a message below which the default stub stands for it.
        preserve: as of `tiermem.compression.compress`.
        encoding: of the tokens that it counts.
        summarizer: as of `tiermem.compression.compress`; it is asked about each message that is compacted, and must
            answer within the setting ``callback_timeout``, or the default stub stands for that message.

    Raises:
        InvalidSettings, InvalidMessage: an argument is wrong.
    """

    ratio: float = 0.2
    shortest: int = 200
    preserve: Iterable[Preserved] = ()
    encoding: str = "o200k_base"
    summarizer: Callable[[Sequence[Message]], Any] | None = None
    failures: int = field(default=0, init=False)
    """How often the summariser failed, so that sentences of the message were taken."""
    last_error: str = field(default="", init=False)
    """How it failed last."""
    _wanted: Wanted = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.shortest, bool) or not isinstance(self.shortest, int) or self.shortest < 0:
            raise InvalidSettings(f"shortest must be a whole number of tokens, not {self.shortest!r}")
        checked(self.summarizer)
        self._wanted = Wanted.of(self.ratio, 0.0, 0.0, self.preserve, ())
        self._count = as_counter(None, self.encoding)

    def __call__(self, message: Message) -> Compacted | None:
        """What to show in place of *message*; None leaves it to the default: what is short, what several say in one
        message, code, and what would not be shorter."""
        whole = self._count(message.text)
        if whole < self.shortest or is_mixed(message) or "```" in message.text:
            return None
        short = compress_messages([("", message)], self._wanted, self._count, self.summarizer and self._ask)
        if short.degraded:
            self.failures, self.last_error = self.failures + 1, short.degraded
        words = unbracketed(" ".join(section.text for section in short.sections))
        shown = f"[COMPACTED: {words} · m{message.sequence}]"
        return Compacted(content=shown, strategy=STRATEGY) if words and self._count(shown) < whole else None

    def _ask(self, messages: Sequence[Message]) -> Any:
        assert self.summarizer is not None  # noqa: S101  # the caller looked
        return calls.call(self.summarizer, messages, OUTSIDE, None)
