"""Where traces of what was erased may be: in what a process keeps in memory, and in the free bytes of the files, which
the next process that opens them is rid of where one ended before."""

from __future__ import annotations

from functools import partial
from inspect import signature
from types import ModuleType

from tiermem.facts.rules import holding
from tiermem.facts.stated import record
from tiermem.flows.effects import Flow, Read, Scrub, Scrubbed, Transact
from tiermem.flows.services import Core
from tiermem.providers import embedders
from tiermem.storage.erasures import scrubbing
from tiermem.text import analyzer, synonyms
from tiermem.text.mood import reading as moods
from tiermem.text.subjects import worth

OF_WORDS: tuple[ModuleType, ...] = (holding, record, embedders, analyzer, synonyms, moods, worth)


def drop(core: Core) -> None:
    """Forget all that is kept in memory of what was said; what is asked next is read and worked out again.

    What takes no argument is made of nobody's words: a segmenter's dictionary takes a tenth of a second to read again.
    """
    core.drop_caches()
    for module in OF_WORDS:
        for made in vars(module).values():
            if callable(forget := getattr(made, "cache_clear", None)) and signature(made).parameters:
                forget()


def scrubbed(*, vacuum: bool) -> Flow[Scrubbed]:
    """Scrub the files, and settle what was noted before, unless somebody reads their log all the time."""
    notes: list[str] = yield Read(scrubbing.noted)
    done: Scrubbed = yield Scrub(vacuum)
    if notes and done.emptied:
        yield Transact(partial(scrubbing.settled, notes=notes))
    return done


def left_behind() -> Flow[bool]:
    """Scrub the files where an erasure came to no end that had removed its rows; whether there was one."""
    due: list[str] = yield Read(scrubbing.noted)
    if due:
        yield from scrubbed(vacuum=False)
    return bool(due)
