"""The options of a memory: their names and types, checked before anything is opened, for every face that opens one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Literal, TypeAlias, TypedDict, cast

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.index.outside.kinds import KINDS, RAM
from tiermem.index.outside.store import VERBS, VectorStore
from tiermem.media.describing import UndescribedMedium
from tiermem.messages import Message
from tiermem.providers.clock import zone_of
from tiermem.records import Compacted, StructuredSummary, Summary
from tiermem.settings import SETTING_NAMES, Settings, Weights, flag, refuse_unknown, settings_from
from tiermem.text.synonyms import Groups

Summarizer: TypeAlias = Callable[[Sequence[Message]], StructuredSummary | dict[str, Any] | Awaitable[Any]]
Extractor: TypeAlias = Callable[[Sequence[Message]], Sequence[Any] | Mapping[str, Any] | Awaitable[Any]]
Describe: TypeAlias = Callable[[UndescribedMedium], str | Awaitable[Any] | None]
Compactor: TypeAlias = Callable[[Message], Compacted | str | None]
StoreSummary: TypeAlias = Callable[[Summary], str | None]
Keep: TypeAlias = Callable[[Message], bool]
Redact: TypeAlias = Callable[[str], str]


class OpenOptions(TypedDict, total=False):
    """What `Memory.open` takes by keyword: its parts, and each field of `Settings` by name."""

    settings: Settings | None
    counter: Callable[[str], Any] | None
    summarizer: Summarizer | None
    extractor: Extractor | None
    describe: Describe | None
    compactor: Compactor | None
    store_summary: StoreSummary | None
    keep: Keep | None
    redactor: Redact | None
    embedder: Any
    vector_store: VectorStore | None
    vector_index: Literal["ram", "pgvector-exact", "pgvector-hnsw"]
    synonyms: Groups
    clock: Callable[[], datetime] | None
    timezone: str | tzinfo | None
    read_only: bool
    sleep_after: float | None

    pre_rot_threshold: int
    compaction_trigger: float
    summarization_trigger: float
    compaction_target: float | None
    summarization_target: float | None
    keep_recent_count: int
    keep_recent_tokens: int | None
    hard_limit: int
    enable_context_management: bool
    context_budget: int
    recall_share: float
    summary_share: float
    rules_share: float
    recall_limit: int
    encoding: Literal["o200k_base", "cl100k_base"]
    max_message_bytes: int
    summarizer_timeout: float
    summarizer_retries: int
    summarizer_pause: float
    extractor_timeout: float
    extractor_retries: int
    extractor_pause: float
    extract_batch: int
    extract_after: float
    embedder_timeout: float
    callback_timeout: float
    relevance_threshold: float
    least_likely: float
    weights: Weights
    durability: Literal["full", "relaxed"]
    busy_timeout: float
    pool_size: int
    max_overflow: int
    index_batch: int
    index_memory: int


OPTION_NAMES = frozenset(OpenOptions.__annotations__)
FUNCTIONS = ("summarizer", "extractor", "describe", "compactor", "store_summary", "keep", "redactor", "clock")


def check(options: OpenOptions) -> Settings:
    """The settings that *options* amount to, with nothing opened.

    Raises:
        InvalidSettings: an option is not known, or makes no sense. A model's name as a summariser is refused here,
            because it would fail at the first summary, unseen.
    """
    refuse_unknown(options, OPTION_NAMES)
    for name in FUNCTIONS:
        function = options.get(name)
        if function is not None and not callable(function):
            raise InvalidSettings(f"{name}= takes a function, not {type(function).__name__}")
    if (store := options.get("vector_store")) is not None:
        _refuse_other(store, embedded=options.get("embedder") is not None)
    _refuse_index(options)
    zone_of(options.get("timezone"))
    flag(options.get("read_only", False), "read_only")
    after = options.get("sleep_after")
    if isinstance(after, bool) or not isinstance(after, (int, float, type(None))) or not (after or 0) >= 0:
        raise InvalidSettings(f"sleep_after must be a number of seconds or None, not {brief_repr(after)}")
    return settings_from(options.get("settings"), {name: options[name] for name in SETTING_NAMES & options.keys()})  # type: ignore[literal-required]


def _refuse_other(store: object, *, embedded: bool) -> None:
    if not all(callable(getattr(store, verb, None)) for verb in VERBS) or isinstance(store, type):
        raise InvalidSettings(
            f"vector_store= takes an object with {', '.join(VERBS)}, not {type(store).__name__}: one of LangChain's or "
            "LlamaIndex's is given as ArchiveVectors of langchain_tiered_memory or llamaindex_tiered_memory"
        )
    if not embedded:
        raise InvalidSettings("vector_store= keeps the vectors that embedder= makes: name one")


def _refuse_index(options: OpenOptions) -> None:
    kind = options.get("vector_index", RAM)
    if kind not in KINDS:
        raise InvalidSettings(f"vector_index must be one of {', '.join(KINDS)}, not {brief_repr(kind)}")
    if kind != RAM and options.get("embedder") is None:
        raise InvalidSettings(f"vector_index={kind!r} searches the vectors that embedder= makes: name one")
    if kind != RAM and options.get("vector_store") is not None:
        raise InvalidSettings(
            f"vector_index={kind!r} and vector_store= are two ways to search the same: name one of them"
        )


def parted(arguments: Mapping[str, Any], own: Collection[str]) -> tuple[OpenOptions, dict[str, Any]]:
    """The options among *arguments*, and the others, whose names are in *own*.

    Raises:
        InvalidSettings: an argument is neither.
    """
    refuse_unknown(arguments, OPTION_NAMES.union(own))
    options = {name: arguments[name] for name in arguments if name in OPTION_NAMES}
    return cast("OpenOptions", options), {name: arguments[name] for name in arguments if name not in OPTION_NAMES}
