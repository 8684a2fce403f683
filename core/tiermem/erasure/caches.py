"""What a process keeps in memory of what was said: of one database, and of words, whosever they are."""

from __future__ import annotations

from types import ModuleType

from tiermem.facts.rules import holding
from tiermem.facts.stated import record
from tiermem.flows.services import Core
from tiermem.providers import embedders
from tiermem.text import analyzer, synonyms
from tiermem.text.mood import reading as moods
from tiermem.text.subjects import worth

OF_WORDS: tuple[ModuleType, ...] = (holding, record, embedders, analyzer, synonyms, moods, worth)


def drop(core: Core) -> None:
    """Forget all of it; what is asked next is read and worked out again."""
    core.drop_caches()
    for module in OF_WORDS:
        for made in vars(module).values():
            if callable(forget := getattr(made, "cache_clear", None)):
                forget()
