"""Microsoft Presidio as the finder. It is not installed with tiermem: what it finds depends on the models and the
recognizers that an application gives it, so the application makes the analyzer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tiermem.redaction.redactor import Redactor
from tiermem.redaction.spans import EntitySpan

LEAST = 0.35  # Presidio's patterns alone begin at 0.4 where a check digit or a word nearby says nothing more


class Analyzer(Protocol):
    """What is used of `presidio_analyzer.AnalyzerEngine`."""

    def analyze(self, text: str, language: str, entities: list[str] | None, score_threshold: float) -> Sequence[Any]:
        """Results with `start`, `end` and `entity_type`."""


def presidio(
    analyzer: Analyzer,
    *,
    language: str | Callable[[str], str] = "en",
    entities: Sequence[str] | None = None,
    least: float = LEAST,
    vault: Callable[[str, str], str] | None = None,
) -> Redactor:
    """A redactor that asks *analyzer*, a `presidio_analyzer.AnalyzerEngine` or what has its `analyze`.

    Args:
        language: of the texts, or what tells it of a text; the analyzer must support it.
        entities: kinds that are looked for; None for all that it knows.
        least: score from which a result counts.
        vault: see `Redactor`.
    """
    wanted = None if entities is None else list(entities)

    def find(text: str) -> list[EntitySpan]:
        spoken = language if isinstance(language, str) else language(text)
        found = analyzer.analyze(text=text, language=spoken, entities=wanted, score_threshold=least)
        return [EntitySpan(one.start, one.end, one.entity_type) for one in found]

    return Redactor(find, vault)
