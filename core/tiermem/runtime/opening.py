"""Wiring: the one place where settings, database, counter, embedder and the user's functions meet."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from tiermem.erasure import erasing, given_up
from tiermem.errors import InvalidSettings, brief_repr
from tiermem.events import Callback, Listeners
from tiermem.flows.effects import Flow, arun, run
from tiermem.flows.indexing import vectors
from tiermem.flows.services import Core, Known
from tiermem.flows.writing import upkeep
from tiermem.index.outside.kinds import RAM
from tiermem.index.outside.store import OneAtATime
from tiermem.life import idling
from tiermem.life.placement import Placement
from tiermem.media import describing
from tiermem.providers.calls import asynchronous
from tiermem.providers.clock import checked, system_clock, zone_of
from tiermem.providers.embedders import HashEmbedder, as_embedder
from tiermem.providers.limited import limited
from tiermem.providers.tokenizers import Counter, as_counter
from tiermem.reports import notebooks
from tiermem.runtime.handler import Direct, Performer, Steps
from tiermem.runtime.options import OpenOptions, check
from tiermem.search.quoting import Quotes
from tiermem.settings import Settings
from tiermem.storage import segments
from tiermem.storage.connecting.snapshot import Store
from tiermem.storage.database import Database
from tiermem.storage.pgvector.extension import prepare
from tiermem.storage.tables import seals
from tiermem.text.analyzer import analyser, newer
from tiermem.text.synonyms import Synonyms
from tiermem.validity import extracting

T = TypeVar("T")
_log = logging.getLogger("tiermem.index")


def default_path() -> str:
    """The file used when none is named: `tiermem.db` in the platform's user data directory."""
    from platformdirs import user_data_path

    return str(user_data_path("tiermem", appauthor=False) / "tiermem.db")


class Opened:
    """What both faces hold: the wiring of one database."""

    def __init__(self, core: Core, performer: Performer) -> None:
        self._core = core
        self._performer = performer

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._core.settings

    @property
    def counter(self) -> Counter:
        """The token counter in use."""
        return self._core.count

    @property
    def path(self) -> str:
        """The file, ":memory:" or the database URL that was opened."""
        return self._performer.target

    @property
    def read_only(self) -> bool:
        """True where nothing can be written: asked for, or because the file may not be written."""
        return self._performer.read_only

    @property
    def closed(self) -> bool:
        """True after `close`."""
        return self._performer.closed

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ", read only" if self.read_only else ""
        return f"<{type(self).__name__} {self._performer.name!r}{state}>"

    def _repr_html_(self) -> str:
        at, names = self.settings, ("pre_rot_threshold", "compact_at", "summarize_at", "context_budget")
        return notebooks.table(repr(self)[1:-1], ["tokens", ""], [(name, getattr(at, name)) for name in names])

    def close(self) -> None:
        """Close the database. What was added is safe already; using the memory afterwards raises Closed."""
        self._performer.close()

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Call *callback* with every `tiermem.events.Event` from now on; returns a function that ends it.

        It is called after the commit, in a thread of its own with the caller's context variables, maybe in several
        threads at once, before the verb returns. What it raises, and that it takes longer than `callback_timeout`, is
        told by `stats()`, an event and the log, and changes nothing else; while it hangs, it is not called again.

        Raises:
            InvalidSettings: it cannot be called, or is a coroutine function.
        """
        return self._performer.listeners.add(callback, None)

    @property
    def wiring(self) -> tuple[Core, Performer]:
        """What the faces of one database share; of no use outside this package."""
        return self._core, self._performer

    def drive(self, flow: Flow[T]) -> T:
        """Run a flow to its end."""
        return run(flow, self._performer)

    async def drive_async(self, flow: Flow[T]) -> T:
        """Run a flow to its end without blocking the event loop."""
        return await arun(flow, self._performer)


def check_path(path: Any) -> None:
    """Raises InvalidSettings where *path* cannot name a database; None is the default one."""
    if path is not None and (not isinstance(path, (str, PathLike)) or not str(path).strip()):
        raise InvalidSettings(f'path takes a file, ":memory:" or a database URL, not {brief_repr(path)}')


def wired(path: str | Path | None, options: OpenOptions) -> tuple[Core, Performer]:
    """The core and the performer behind a memory, with its database open and its schema current."""
    settings = check(options)
    check_path(path)
    target = default_path() if path is None else str(path)
    return wired_to(partial(_database, target, settings, options), settings, options)


def _database(target: str, settings: Settings, options: OpenOptions) -> Database:
    """It, ready to be asked for what is near where its options say that it is."""
    database, index = Database(target, settings, read_only=bool(options.get("read_only"))), options.get("vector_index")
    if index in {None, RAM}:
        return database
    try:
        if database.dialect != "postgresql":
            raise InvalidSettings(  # noqa: TRY301  # closed like all else that fails here
                f"vector_index={index!r} needs a PostgreSQL server: vectors of a file are compared in RAM"
            )
        prepare(database, str(index))
    except BaseException:
        database.close()
        raise
    return database


def wired_to(opened: Callable[[], Store], settings: Settings, options: OpenOptions) -> tuple[Core, Performer]:
    """`wired` with what *opened* gives, once all else is right; *settings* are what *options* amount to."""
    count = as_counter(options.get("counter"), settings.encoding)
    embedder = as_embedder(options.get("embedder"))
    database = opened()
    _use_analyser(database)
    if not database.read_only and database.read(seals.unsealed):
        database.write(seals.seal)
    groups, clock, keep = options.get("synonyms"), options.get("clock"), options.get("keep")
    core = Core(
        settings=settings,
        count=count,
        now=checked(clock) if clock is not None else system_clock,
        embedder_name=embedder.name,
        lexical=type(embedder) is HashEmbedder,  # what derives from it is somebody's own
        quotes=Quotes(count),
        summarizer=options.get("summarizer"),
        extractor=options.get("extractor"),
        extractor_name=identity_of(options.get("extractor")),
        bounded_extractor=limited(options.get("extractor"), settings.extractor_timeout),
        describe=options.get("describe"),
        bounded_describe=limited(options.get("describe"), settings.extractor_timeout),
        compactor=limited(options.get("compactor"), settings.callback_timeout),
        store_summary=limited(options.get("store_summary"), settings.callback_timeout),
        keep=None if isinstance(keep, Placement) else limited(keep, settings.callback_timeout),
        place=keep.chosen if isinstance(keep, Placement) else None,
        redactor=options.get("redactor"),
        vector_store=OneAtATime(store) if (store := options.get("vector_store")) is not None else None,
        vector_index=options.get("vector_index", RAM),
        sleep_after=options.get("sleep_after"),
        known=Known(tables=Synonyms(groups) if groups else None),
    ).within(zone_of(options.get("timezone")))
    listeners = Listeners(core.now, core.unheard, settings.callback_timeout)
    direct = Direct(database, embedder, listeners, None if core.lexical else settings.embedder_timeout)
    if not database.read_only and (finished := run(erasing.finish(), direct)):
        _log.warning("%d erasures that a process had begun were finished", finished)
    if not database.read_only and (ended := run(given_up.finish(), direct)):
        _log.warning("what %d imports brought that came to no end was removed", ended)
    steps = Steps(
        keep=lambda scope, manages: run(upkeep.attempt(core, scope, manages=manages), direct),
        embed=lambda scope: run(vectors.attempt(core, scope), direct),
        manage=partial(upkeep.managed, core) if asynchronous(core.summarizer) else None,
        extract=lambda scope: run(extracting.attempt(core, scope), direct),
        sleep=lambda user: run(idling.attempt(core, user), direct),
        describe=lambda scope: run(describing.attempt(core, scope), direct),
        aextract=partial(extracting.attempt, core) if asynchronous(core.extractor) else None,
        adescribe=partial(describing.attempt, core) if asynchronous(core.describe) else None,
    )
    return core, Performer(direct, steps, settings.pool_size + settings.max_overflow)


def identity_of(function: Any) -> str:
    """What facts say of who read them: the `identity` that an extractor gives itself, or the name of the function."""
    if function is None:
        return ""
    named = getattr(function, "__qualname__", type(function).__qualname__)
    return str(getattr(function, "identity", "") or f"{getattr(function, '__module__', '')}.{named}")


def _use_analyser(database: Store) -> None:
    name = analyser()
    made_by = database.read(segments.made_by)
    if made_by == name or database.read_only:  # what only reads has the messages themselves
        return
    database.write(lambda connection: segments.use_analyser(connection, name))
    if made_by and not newer(made_by, name):
        _log.warning("the word index was made by %s; %s makes it anew as conversations are used", made_by, name)
