"""Settings: every number that changes what tiermem does, checked together where they are made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from tiermem.errors import InvalidNamespace, InvalidSettings, MissingNamespace, brief_repr

MAX_NAME_BYTES = 255
NOBODY = "default"  # the namespace where none was given


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each part of a score counts. The first five sum to 1 (w1…w5); the others are bounded hints.

    Args:
        semantic: cosine of the embedder's vectors, less its mean over the conversation.
        keyword: the question's words, in the message and around it.
        graph: names that the question and the message share, and words that the best messages lead to.
        recency: e^(−λ·age), λ = 0.03 per day, age counted from the newest message.
        importance: 1 for messages that were added as `pinned`, 0 for others and for system prompts.
        lexical: share of `semantic` without a model, for how alike words are spelt (`search.ranking.likeness`).
        related: what a related word counts of the word itself, times how near it is.
        reach: share of the best score within 4 messages.
        named: share of the score for messages of a speaker whom the question names.
        side: for the side that a question with an assistant asks about; a third of it when it asks about neither.
        date: for messages of, or about, the time that the question names.
        fresh: share of the score for a message all of whose words are new.
        standing: share of the best score for what a user wants from now on, in requests; less where many say such.
        stated: share of the best score, or of the threshold, that a message has which states what is asked of a person.
        opening: share of the best score for a message that begins a talk.
        density: how far (1: fully) a score is that of the stretch around, where talks go on for hundreds of messages.

    Raises:
        InvalidSettings: a weight is no number or below 0, or the first five do not sum to 1.
    """

    semantic: float = 0.38
    keyword: float = 0.53
    graph: float = 0.09
    recency: float = 0.0
    importance: float = 0.0
    lexical: float = 0.35
    related: float = 1.0
    reach: float = 0.4
    named: float = 0.25
    side: float = 0.19
    date: float = 0.19
    fresh: float = 0.6
    standing: float = 0.5
    stated: float = 1.0
    opening: float = 0.15
    density: float = 1.0

    def __post_init__(self) -> None:
        for name in (weight.name for weight in fields(self)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
                raise InvalidSettings(f"the weight {name} must be a number of at least 0, not {brief_repr(value)}")
        total = self.semantic + self.keyword + self.graph + self.recency + self.importance
        if abs(total - 1) > 1e-6:
            raise InvalidSettings(f"semantic, keyword, graph, recency and importance must sum to 1, not {total:g}")


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """When the window is managed. Tokens, or shares of `pre_rot_threshold` in (0, 1].

    Args:
        pre_rot_threshold: tokens above which models get worse; the 100 % of the shares.
        compaction_trigger: share from which old messages are replaced by stubs.
        summarization_trigger: share from which the oldest span is covered by a summary.
        compaction_target, summarization_target: share down to which one run works; by default 3/4 and 1/2 of
            the trigger. The gap between the two is the hysteresis that keeps a provider's prompt cache warm.
        keep_recent_count: the newest messages, always verbatim; but one that is longer than 60 % of pre_rot_threshold
            is compacted once it is answered.
        keep_recent_tokens: no more of them than these tokens hold, but always the newest; None: however long they are.
        hard_limit: tokens that no threshold may exceed.

    Raises:
        InvalidSettings: a value is out of range, or two of them contradict each other.
    """

    pre_rot_threshold: int = 150_000
    compaction_trigger: float = 0.80
    summarization_trigger: float = 0.95
    compaction_target: float | None = None
    summarization_target: float | None = None
    keep_recent_count: int = 10
    keep_recent_tokens: int | None = None
    hard_limit: int = 1_000_000

    def __post_init__(self) -> None:
        whole(self.pre_rot_threshold, "pre_rot_threshold", 1)
        whole(self.hard_limit, "hard_limit", 1)
        whole(self.keep_recent_count, "keep_recent_count", 0)
        if self.keep_recent_tokens is not None:
            whole(self.keep_recent_tokens, "keep_recent_tokens", 0)
        for name in ("compaction_trigger", "summarization_trigger", "compaction_target", "summarization_target"):
            if getattr(self, name) is not None or name.endswith("trigger"):
                share(getattr(self, name), name)
        if self.pre_rot_threshold > self.hard_limit:
            raise InvalidSettings(
                f"pre_rot_threshold ({self.pre_rot_threshold}) is above hard_limit ({self.hard_limit})"
            )
        _above(self, "summarization_trigger", "compaction_trigger")
        _above(self, "compaction_trigger", "compaction_target")
        _above(self, "summarization_trigger", "summarization_target")

    @property
    def compact_at(self) -> int:
        """Tokens from which old messages are compacted."""
        return int(self.pre_rot_threshold * self.compaction_trigger)

    @property
    def compact_to(self) -> int:
        """Tokens down to which one compaction works."""
        share = self.compaction_target
        return int(self.pre_rot_threshold * (0.75 * self.compaction_trigger if share is None else share))

    @property
    def summarize_at(self) -> int:
        """Tokens from which the oldest span is summarised."""
        return int(self.pre_rot_threshold * self.summarization_trigger)

    @property
    def summarize_to(self) -> int:
        """Tokens down to which one summarisation works."""
        share = self.summarization_target
        return int(self.pre_rot_threshold * (0.5 * self.summarization_trigger if share is None else share))


_LEAST = {"context_budget": 1, "recall_limit": 0, "max_message_bytes": 1, "index_batch": 1, "index_memory": 0}
_LEAST |= {"extract_batch": 1, "extractor_retries": 0, "summarizer_retries": 0, "pool_size": 1, "max_overflow": 0}
_SECONDS = [*("summarizer_timeout", "summarizer_pause", "extractor_timeout", "extractor_pause", "extract_after")]
_SECONDS += ("embedder_timeout", "callback_timeout", "busy_timeout")


@dataclass(frozen=True, kw_only=True)
class Settings(Thresholds):
    """All settings of a memory: the thresholds and those below.

    Args:
        enable_context_management: look at the thresholds after each add, in the background; else `manage_context` does.
        context_budget: tokens of a context for which no budget is given.
        recall_share, summary_share: shares of a context's budget for recalled passages and for the running summary.
        rules_share: the same of what the user laid down and no message shows; 0: none. Below 2,048 tokens half is sure.
        recall_limit: messages that one recall shows at most.
        encoding: "o200k_base" or "cl100k_base", for counting when no counter is given.
        max_message_bytes: canonical bytes above which a message is refused; of a framework's, the heaviest parts are
            left out.
        summarizer_timeout: seconds that a summariser may take before the deterministic one takes its place.
        summarizer_retries: further attempts after one that failed (a timeout is not retried).
        summarizer_pause: seconds without further attempts after a failed run.
        extractor_timeout, extractor_retries: as of the summariser; until it answers the messages wait.
        extractor_pause: the same, in a session; doubled by each further failed run, up to an hour.
        extract_batch, extract_after: messages that an extractor is given at once; fewer after so many silent seconds.
        embedder_timeout: seconds that an embedder may take for up to 128 texts before keywords alone must do.
        callback_timeout: seconds of one call of a compactor, `keep`, `store_summary` or a listener; it goes on without.
        relevance_threshold: score (θ) that the best message must reach to be quoted in a context; others a quarter.
        least_likely: the chance that all that was found answers, from which on it is recalled unasked; 0: by score.
        weights: what each part of a score counts; see `Weights`.
        durability: "full" survives power loss; "relaxed" survives a killed process only, and writes faster.
        busy_timeout: seconds to wait for a connection, also to a full server, and as long for another process' lock.
        pool_size: connections of a process to its database that stay open, of a file those that read; all of a process
            wait in order for theirs.
        max_overflow: further ones, opened while many wait. By default nearly ten processes fit in PostgreSQL's 100.
        index_batch: messages that wait before they are indexed together; those waiting are searched as they are.
        index_memory: bytes of RAM that the word indexes of all users may keep, or four times as much that of one alone;
            those unused for longest are dropped, and read again when they are asked. 100,000 messages: 40 MB.
    """

    enable_context_management: bool = True
    context_budget: int = 100_000
    recall_share: float = 0.80
    summary_share: float = 0.10
    rules_share: float = 0.15
    recall_limit: int = 200
    encoding: Literal["o200k_base", "cl100k_base"] = "o200k_base"
    max_message_bytes: int = 16 * 1024 * 1024
    summarizer_timeout: float = 60.0
    summarizer_retries: int = 1
    summarizer_pause: float = 300.0
    extractor_timeout: float = 60.0
    extractor_retries: int = 1
    extractor_pause: float = 300.0
    extract_batch: int = 16
    extract_after: float = 30.0
    embedder_timeout: float = 60.0
    callback_timeout: float = 10.0
    relevance_threshold: float = 0.18
    least_likely: float = 0.08
    weights: Weights = field(default_factory=Weights)
    durability: Literal["full", "relaxed"] = "full"
    busy_timeout: float = 30.0
    pool_size: int = 5
    max_overflow: int = 4
    index_batch: int = 64
    index_memory: int = 160 * 1024 * 1024

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in _LEAST.items():
            whole(getattr(self, name), name, least)
        for name in ("recall_share", "summary_share", "rules_share", "relevance_threshold", "least_likely"):
            share(getattr(self, name), name, least=0.0)
        for name in _SECONDS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
                raise InvalidSettings(f"{name} must be a number of seconds, not {brief_repr(value)}")
        flag(self.enable_context_management, "enable_context_management")
        if isinstance(self.weights, dict):  # as a dump of settings has it
            object.__setattr__(self, "weights", Weights(**self.weights))
        if not isinstance(self.weights, Weights):
            raise InvalidSettings(f"weights must be a Weights, not a {type(self.weights).__name__}")
        _one_of(self.encoding, "encoding", ("o200k_base", "cl100k_base"))
        _one_of(self.durability, "durability", ("full", "relaxed"))


SETTING_NAMES = frozenset(field.name for field in fields(Settings))


def settings_from(settings: Settings | None, overrides: Mapping[str, Any]) -> Settings:
    """*settings*, or the defaults, with *overrides*.

    Raises:
        InvalidSettings: an override is not the name of a setting, or its value makes no sense.
    """
    refuse_unknown(overrides, SETTING_NAMES)
    if settings is not None and not isinstance(settings, Settings):
        raise InvalidSettings(f"settings takes a Settings, not {type(settings).__name__}")
    base = settings or Settings()
    values = {name: getattr(base, name) for name in SETTING_NAMES} | dict(overrides)
    return Settings(**values)


def refuse_unknown(names: Iterable[str], known: Collection[str]) -> None:
    """Raises InvalidSettings where one of *names* is not *known*, with the nearest name that is."""
    if unknown := sorted(set(names) - set(known)):
        raise InvalidSettings(f"unknown arguments: {', '.join(_guessed(name, known) for name in unknown)}")


def _guessed(name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return f"{name} (did you mean {near}?)" if near else name


def nearest(name: str, known: Iterable[str]) -> str:
    """The one of *known* that *name* is most like; "" where none is."""
    from difflib import get_close_matches  # only where something is wrong

    return next(iter(get_close_matches(name, sorted(known), n=1)), "")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose conversation: tenant, user and session, compared byte by byte, never used as a path.

    `kind` is "knowledge" for the documents of a user, "items" for their items, "facts" for what applications state of
    them, "media" for what a function says of their media; no session id names these; "database" for what is nobody's.

    Raises:
        MissingNamespace: the namespace is None.
        InvalidNamespace: a part is no string, empty, or longer than 255 bytes (the tenant may be empty).
    """

    tenant: str
    user: str
    session: str
    kind: Literal["conversation", "knowledge", "items", "facts", "media", "database"] = "conversation"

    @property
    def named(self) -> bool:
        """False in the namespace of those who name none, which everybody would share."""
        return bool(self.tenant) or self.user != NOBODY

    def __post_init__(self) -> None:
        for name, value in (("tenant", self.tenant), ("user", self.user), ("session", self.session)):
            if not isinstance(value, str) or (not value and name != "tenant"):
                raise InvalidNamespace(f"{name} must be a non-empty string")
            if len(value.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
                raise InvalidNamespace(f"{name} is longer than {MAX_NAME_BYTES} bytes")

    def beside(self, session: str) -> Scope:
        """Another conversation of the same user.

        Raises:
            MissingNamespace: no user is named, so that it may be anybody's.
        """
        refuse_unnamed(self, "a reference to another session")
        return Scope(self.tenant, self.user, session)


def scope_of(session_id: str, namespace: str | tuple[str, str]) -> Scope:
    """The scope of a session: *namespace* is a user, or a pair of tenant and user."""
    if namespace is None:
        raise MissingNamespace("namespace is None; name the user, or leave the argument out")
    if isinstance(namespace, str):
        return Scope("", namespace, session_id)
    if not isinstance(namespace, tuple) or len(namespace) != 2:
        raise InvalidNamespace("namespace must be a user, or a pair (tenant, user)")
    if None in namespace:
        raise MissingNamespace("a part of the namespace is None")
    return Scope(*namespace, session_id)


def refuse_unnamed(scope: Scope, wish: str) -> None:
    """Refuses *wish*, which looks into other conversations of a user, where *scope* names no user.

    Raises:
        MissingNamespace: it says why, and what to do.
    """
    if not scope.named:
        raise MissingNamespace(
            f"{wish} needs a user: all conversations without a namespace share {NOBODY!r}, whoever they are with. "
            'Name the user with namespace="anna", or ("tenant", "anna")'
        )


def whole(value: Any, name: str, least: int) -> None:
    """Raises InvalidSettings where *value* is no whole number of at least *least*."""
    if type(value) is not int or value < least:
        raise InvalidSettings(f"{name} must be a whole number of at least {least}, not {brief_repr(value)}")


def flag(value: Any, name: str) -> None:
    """Raises InvalidSettings where *value* is neither True nor False: every other word would count as True."""
    if not isinstance(value, bool):
        raise InvalidSettings(f"{name} must be True or False, not {brief_repr(value)}")


def share(value: Any, name: str, least: float = 1e-9) -> None:
    """Raises InvalidSettings where *value* is no number from *least* to 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= 1:
        raise InvalidSettings(f"{name} must be a share between 0 and 1, not {brief_repr(value)}")


def _above(settings: Thresholds, higher: str, lower: str) -> None:
    if getattr(settings, lower) is not None and getattr(settings, higher) <= getattr(settings, lower):
        raise InvalidSettings(
            f"{higher} ({getattr(settings, higher)}) must be above {lower} ({getattr(settings, lower)})"
        )


def _one_of(value: Any, name: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidSettings(f"{name} must be one of {', '.join(allowed)}, not {brief_repr(value)}")
