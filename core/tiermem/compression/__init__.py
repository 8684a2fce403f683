"""A shorter text for a conversation or a document, with what it keeps of it, measured.

>>> from tiermem.compression import compress
>>> short = compress("The pool had 10 connections. We raised it to 50 on 3 May. Thanks a lot!", ratio=0.7)
>>> short.text, short.met
('The pool had 10 connections. We raised it to 50 on 3 May.', True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from tiermem.compression.compactor import OUTSIDE, Compactor
from tiermem.compression.compressed import Compressed, Section
from tiermem.compression.compressing import Wanted, checked, compress_messages
from tiermem.compression.measuring import Kept
from tiermem.compression.reading.clauses import PLAIN
from tiermem.importers.shapes import own_or_openai
from tiermem.messages import Message, as_messages
from tiermem.providers import calls
from tiermem.providers.tokenizers import as_counter

if TYPE_CHECKING:
    from tiermem.arguments import MessageLike
    from tiermem.compression.asking import Summarizer
    from tiermem.compression.preserving import Preserved

__all__ = ["Compactor", "Compressed", "Kept", "Section", "compress"]


def compress(
    given: MessageLike,
    ratio: float = 0.3,
    *,
    least: float = 0.85,
    at_most: float = 0.6,
    preserve: Iterable[Preserved] = (),
    questions: Iterable[tuple[str, str]] = (),
    counter: Callable[[str], Any] | None = None,
    summarizer: Summarizer | None = None,
    timeout: float = 60.0,
) -> Compressed:
    """A shorter text for *given*, made of its own sentences, the most telling first.

    Args:
        given: text, or messages in any form that `Session.add` takes.
        ratio: tokens of the text divided by those of *given*, at most, unless *least* wants more; above 0, at most 1.
        least: what `kept.total` shall be at least, from 0 to 1. Where it is not reached it is tried again, with another
            split and with higher ratios up to *at_most*; `met` says how it ended, and what keeps most comes back.
        at_most: the highest ratio that is tried.
        preserve: terms, and compiled patterns, that stay word for word, with their sentence, whatever the ratio. They
            are looked for in the text on one line, each white space in it one blank.
        questions: pairs of a question and its answer; the answers count as kept where they stand in the text.
        counter: of tokens; by default those of o200k_base.
        summarizer: what tells contextual and ancillary sentences in its own words: a function, sync or async, from
            messages to text, sentences, or what a summariser returns (`ChatModelSummarizer`, `LLMSummarizer`). It is
            asked once; what the original does not bear out is `refused`, and where it fails the text is made of
            sentences of the original and `degraded` says why.
        timeout: seconds that it may take.

    Raises:
        InvalidSettings, InvalidMessage: an argument is none of these. TokenCounterError: as of the counter.
    """
    wanted = Wanted.of(ratio, least, at_most, preserve, questions)
    if isinstance(given, str):
        messages = [Message(role=PLAIN, content=given)]
    else:
        messages = as_messages(given, read=own_or_openai)
    checked(summarizer)
    ask = None if summarizer is None else partial(calls.call, summarizer, scope=OUTSIDE, timeout=timeout)
    return compress_messages([("", message) for message in messages], wanted, as_counter(counter), ask)
