"""What every flow needs to know: settings, counter, rules to use, and what was learnt so far. No I/O of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from tiermem.errors import described
from tiermem.flows.under_way import UnderWay
from tiermem.index.bounded import Bounded
from tiermem.index.cache import Recent, Weighed
from tiermem.index.outside.doubts import Doubts
from tiermem.index.outside.kinds import RAM
from tiermem.index.outside.rounds import Rounds
from tiermem.messages import Message
from tiermem.providers.clock import stopwatch
from tiermem.providers.limited import Limited
from tiermem.providers.tokenizers import Counter
from tiermem.records import Compacted, Piece, Summary
from tiermem.redaction.walking import value_of
from tiermem.search.quoting import Quotes
from tiermem.search.ranking.embedder_trust import Competence
from tiermem.settings import Scope, Settings, Thresholds
from tiermem.text.clipping import Count
from tiermem.text.synonyms import Synonyms

if TYPE_CHECKING:
    from tiermem.facts.stated.record import StatedAt
    from tiermem.flows.reading.opening import Opening
    from tiermem.flows.running import KnownSummary
    from tiermem.flows.standing import RuleAt, StandingRules
    from tiermem.flows.viewing import KnownView
    from tiermem.index.outside.store import VectorStore
    from tiermem.index.segment import Segment
    from tiermem.index.user import UserIndex
    from tiermem.index.vectors import VectorIndex
    from tiermem.items.cache import Under
    from tiermem.profiles.known import KnownUser
    from tiermem.storage.sessions import SessionRow
    from tiermem.window.view import Window


V = TypeVar("V")
T = TypeVar("T")
KEPT_VIEWS = 16_000_000  # tokens of views that are kept, about 64 MB; `bodies` has most of their messages anyway
KEPT_MEDIA = 64_000_000  # characters of the media in messages that contexts and views show
KEPT_MENTIONS = 2_000_000  # names in sentences of users whose graph was asked for, about 200 MB at most
KEPT_FACTS = 200_000  # facts and sessions of users whose profile was asked for, about 100 MB at most


@dataclass
class Known:
    """What is known of an open memory and was not stored: what failed last, and what was measured once."""

    step_error: str = ""
    upkeep_error: str = ""
    listener_error: str = ""
    embed_error: str = ""
    describe_error: str = ""
    embed_failed_at: float = 0.0
    store_error: str = ""  # of the user's vector store, and when
    store_failed_at: float = 0.0
    store_short: str = ""  # where it is approximate: how few it named
    database: str = ""  # its id
    competence: tuple[Competence, ...] | None = None  # of the embedder, by language; measured when first asked
    probed: int = -1  # key of the embedder whose stored probe was compared
    looked: tuple[str, ...] = ()  # the errors of the whole memory when modes were last looked at
    erasures: int = 0  # the last one that the caches were dropped for
    tables: Synonyms | None = None  # with the caller's own; the built-in ones are read when first asked


MOST_OPENED = 10_000  # sessions of which is remembered what was opened, until they sleep


@dataclass(frozen=True, slots=True)
class Unindexed:
    """The facts of a session's messages that wait for the index, up to number *through*."""

    through: int
    facts: tuple[StatedAt, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """The facts that an application states of a user, without those it took back, as they were when `row` was read."""

    row: SessionRow
    facts: tuple[StatedAt, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """How often in a row an extractor failed in a session, when last (seconds since 1970), and how."""

    times: int
    at: float
    error: str


@dataclass
class Core:
    """The wiring of one memory, handed to every flow. The caches hold only what the store can give again.

    `zone` is that of the user whose days are meant; None: each message has its own clock's days.
    """

    settings: Settings
    count: Counter
    now: Callable[[], datetime]
    embedder_name: str
    lexical: bool
    quotes: Quotes
    summarizer: Callable[[Sequence[Message]], Any] | None = None
    extractor: Callable[[Sequence[Message]], Any] | None = None
    extractor_name: str = ""  # its identity, kept with what it read
    bounded_extractor: Limited[Sequence[Message], Any] | None = None  # the same, that may hang once
    describe: Callable[[Any], Any] | None = None  # says what a medium shows; and the same, that may hang once
    bounded_describe: Limited[Any, Any] | None = None
    undescribed: Recent[Failed] = field(default_factory=lambda: Recent(10_000))  # by user and SHA-256
    describing: set[Scope | tuple[str, str, str]] = field(default_factory=set)  # who is at it, and at what
    compactor: Limited[Message, Compacted | str | None] | None = None
    store_summary: Limited[Summary, str | None] | None = None
    keep: Limited[Message, bool] | None = None
    place: Callable[[Sequence[Message], int, int], Mapping[int, str]] | None = None  # see `life/placement.py`
    vector_store: VectorStore | None = None  # the user's own, beside our index
    vector_index: str = RAM  # who compares vectors, of `KINDS`
    rounds: Rounds = field(default_factory=Rounds)  # what of it is compared with our own rows next
    indexed: set[int] = field(default_factory=set)  # embedders whose index in the database is there
    pushed: dict[tuple[int, int], int] = field(default_factory=dict)  # up to which message it has all, by session
    doubts: Doubts = field(default_factory=Doubts)  # whether it has lost something
    sizes: Recent[int] = field(default_factory=lambda: Recent(100_000))  # how many vectors, by session and last message
    samples: Recent[Any] = field(default_factory=lambda: Recent(64))  # vectors that stand for a session's, by its size
    redactor: Callable[[str], str] | None = None  # what every text is given to before it is stored
    windows: Recent[Window] = field(default_factory=lambda: Recent(64))
    # What decisions made of a window, by the link of the last: it is what the session shows once they are committed.
    settled: Recent[tuple[bytes, Window]] = field(default_factory=lambda: Recent(64))
    openings: Recent[Opening] = field(default_factory=lambda: Recent(64))
    bodies: Recent[Message] = field(default_factory=lambda: Recent(10_000))
    views: Bounded[KnownView] = field(default_factory=lambda: Bounded(KEPT_VIEWS))  # by session and zone
    vectors: Weighed[VectorIndex] = field(default_factory=Weighed)  # by session, embedder and dimensions
    media: Bounded[tuple[Message, Message]] = field(default_factory=lambda: Bounded(KEPT_MEDIA))  # whole, by `id`
    indexes: Weighed[UserIndex] = field(default_factory=Weighed)  # by tenant, user and kind
    summaries: Recent[KnownSummary] = field(default_factory=lambda: Recent(256))  # by `id`, and that of the counter
    running: Recent[tuple[Sequence[Summary], Count, list[Piece]]] = field(default_factory=lambda: Recent(64))
    stubs: Recent[tuple[Message, Compacted | None, int]] = field(default_factory=lambda: Recent(2_000))  # by `id`
    hidden: Recent[tuple[tuple[int, int], ...]] = field(default_factory=lambda: Recent(10_000))  # by session, revision
    texts: Recent[bytes] = field(default_factory=lambda: Recent(4_096))  # vectors by hash of user and text
    embedded: Recent[int] = field(default_factory=lambda: Recent(10_000))  # a watermark as last seen, by session
    applied: Recent[Applied] = field(default_factory=lambda: Recent(10_000))  # by their session
    rules: Recent[tuple[RuleAt, ...]] = field(default_factory=lambda: Recent(10_000))  # by session and message
    standing: Recent[StandingRules] = field(default_factory=lambda: Recent(64))  # by session
    waiting: Recent[Unindexed] = field(default_factory=lambda: Recent(10_000))  # by session
    unindexed: Recent[Segment] = field(default_factory=lambda: Recent(1_000))  # what waits for the index, by session
    items: Recent[Under[Any]] = field(default_factory=lambda: Recent(32))  # by collection, path and vector space
    spaces: Recent[tuple[Any, str]] = field(default_factory=lambda: Recent(32))  # labels of items' vectors, by embedder
    # By tenant, user and wish the stamp of the user, and what is known of them (`validity.asking`).
    chained: Bounded[Any] = field(default_factory=lambda: Bounded(KEPT_FACTS // 2))
    profiles: Bounded[KnownUser] = field(default_factory=lambda: Bounded(KEPT_FACTS))  # by tenant, user and zone
    graphs: Bounded[Any] = field(default_factory=lambda: Bounded(KEPT_MENTIONS))  # by tenant and user
    tails: set[Scope] = field(default_factory=set)  # whose last messages are to be indexed, few as they are
    extracted: Recent[int] = field(default_factory=lambda: Recent(10_000))  # a watermark as last seen, by session
    unread: dict[Scope, float] = field(default_factory=dict)  # when was last added what no extractor read
    extractor_rests: Recent[Failed] = field(default_factory=lambda: Recent(10_000))  # by scope
    extracting: set[Scope] = field(default_factory=UnderWay)
    sleep_after: float | None = None  # seconds of silence of a user before a sleep in the background; None: none
    awake: dict[Scope, float] = field(default_factory=dict)  # when a user who has not slept since was last heard
    opened: dict[Scope, set[int]] = field(default_factory=dict)  # what `expand` opened and no sleep wrote down yet
    viewed: Recent[float] = field(
        default_factory=lambda: Recent(10_000)
    )  # when an agent last managed a window, by scope
    managing: set[Scope] = field(default_factory=UnderWay)
    indexing: set[Scope] = field(default_factory=UnderWay)
    unshelved: set[Scope] = field(default_factory=set)  # users much of whose index is on no shelf
    shelving: set[Scope] = field(default_factory=UnderWay)
    loading: set[tuple[str, ...]] = field(default_factory=UnderWay)  # whose columns of shelves are being read
    shelf_least: int = 8_192  # messages that are on no shelf yet and put on one together
    grown: dict[Scope, int] = field(default_factory=dict)  # messages indexed of a user since shelves were thought of
    known: Known = field(default_factory=Known)
    modes: Recent[bool] = field(default_factory=lambda: Recent(10_000))  # degraded ones that were told, by session
    zone: tzinfo | None = None
    timer: Callable[[], float] = stopwatch

    def index_of(self, scope: Scope) -> UserIndex:
        """The word index of the user of *scope*, or of their documents; empty where it was dropped."""
        from tiermem.index.user import UserIndex

        return self.indexes.get((scope.tenant, scope.user, scope.kind), UserIndex)

    def under(self, thresholds: Thresholds) -> Core:
        """The same wiring and caches with other thresholds."""
        named = {setting.name: getattr(thresholds, setting.name) for setting in fields(Thresholds)}
        return replace(self, settings=replace(self.settings, **named))

    def within(self, zone: tzinfo | None) -> Core:
        """The same wiring and caches for a user in *zone*; None leaves it as it is."""
        if zone is None or zone == self.zone:
            return self
        clock = self.now
        return replace(self, zone=zone, now=lambda: clock().astimezone(zone))

    def meant(self, when: datetime) -> datetime:
        """*when* by the user's clock; without a zone it is what that clock shows."""
        if self.zone is None:
            return when
        return when.replace(tzinfo=self.zone) if when.tzinfo is None else when.astimezone(self.zone)

    def private(self, text: str) -> str:
        """*text* without what the caller's redactor takes out of it."""
        return text if self.redactor is None else str(value_of(text, self.redactor))

    def local(self, messages: Iterable[Message]) -> list[Message]:
        """*messages* as they are handed out: their `when` by the user's clock."""
        return [message if self.zone is None else message.seen_from(self.zone) for message in messages]

    def synonyms(self) -> Synonyms:
        """The built-in synonyms with the caller's."""
        if self.known.tables is None:
            self.known.tables = Synonyms()
        return self.known.tables

    def drop_caches(self) -> None:
        """Forget all that the store can give again."""
        self.quotes.clear()
        for one in fields(self):
            if isinstance(kept := getattr(self, one.name), Recent | Weighed | Bounded):
                kept.clear()

    def noticed(self, erasures: int) -> None:
        """Forget all, where something was *erased* since this was last told; numbers of erasures only grow."""
        if erasures > self.known.erasures:
            self.known.erasures = erasures
            self.drop_caches()

    def was_opened(self, scope: Scope, number: int) -> None:
        """Remember, for the next sleep, that somebody read message *number* of *scope* in full."""
        if scope in self.opened or len(self.opened) < MOST_OPENED:
            self.opened.setdefault(scope, set()).add(number)

    def since(self, began: float) -> float:
        """Milliseconds since the `timer` said *began*."""
        return round((self.timer() - began) * 1000, 3)

    def unheard(self, error: str) -> None:
        """Remember that a listener failed, and how."""
        self.known.listener_error = error

    def own_step(self, step: Callable[[V, Scope], T] | None, value: V, scope: Scope) -> T | None:
        """What the caller's own *step* says of *value*; None when there is none, or when it failed or hangs."""
        if step is None:
            return None
        try:
            return step(value, scope)
        except Exception as error:  # noqa: BLE001  # user code; the default takes its place, and `stats` says so
            self.known.step_error = described(error)
            return None
