"""A finder of private words as what `Memory.open(redactor=)` takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tiermem.redaction.spans import EntitySpan, merged, replaced


class Redactor:
    """Puts "[KIND]" in place of what *find* finds in a text.

    Args:
        find: the private parts of a text, in any order; overlapping ones are one.
        vault: what stands in place of words of a kind instead, so that the caller can keep them elsewhere and tell two
            apart: `vault("EMAIL_ADDRESS", "nora@example.org")` gives "[mail 17]". The same words must get the same
            answer, and an answer must stay as it is when it is shown again (so *find* must not find it), or a message
            that is handed over again counts as another one.

    Raises (when called):
        ValueError: a span is no part of its text.
    """

    def __init__(
        self, find: Callable[[str], Iterable[EntitySpan]], vault: Callable[[str, str], str] | None = None
    ) -> None:
        self._find = find
        self._instead = vault or (lambda kind, _: f"[{kind}]")

    def __call__(self, text: str) -> str:
        """*text* without what is private."""
        spans = merged(self._find(text), len(text))
        return replaced(text, spans, self._instead) if spans else text
