"""The arguments of both stock memories and our own, and what they mean here.

- `token_limit`: tokens of what `get` returns, `initial_token_count` included; by default 3/4 of the llm's window, at
  most 150,000, and without llm the core's `context_budget`. Where it is given, or an llm, it is the window's
  `pre_rot_threshold` as well (at least 2,000), so that a summary stands for what the list has no room for.
- `tokenizer_fn`: the counter; by default LlamaIndex's own tokenizer, unless `encoding` names another one.
- `timezone`: whose days are meant by dates, asked or quoted; of this conversation alone, also beside `memory`.
- `chat_store`, `chat_store_key`: imported at the start; every message is written there as well.
- `chat_history`: what extends the present log is added; a log that begins with it goes on; any other one is hidden, and
  a warning says so.
- `chat_history_token_ratio`: the rest of the budget is for summary, recalled passages and memory blocks.
- `token_flush_size`: tokens that one summarisation frees.
- `memory_blocks`, `memory_blocks_template`: asked at every `get`; they are given what a summary covers.
- `within`: where what is recalled is from; by default "notes", the conversation and what `remember` noted of the user;
  "user", all conversations of the user that `namespace` names, or "everything" with their documents.
- `insert_method`: where the text of memory blocks goes: the last user message, or (`SYSTEM`) the system message.
- `*_token_size_estimate`: tokens of a media block.
- `async_database_uri`, `async_engine`, `table_name`, `db_schema`: the messages of this session in that table are
  imported. Ours live in a file beside a SQLite file, or else in the same database, unless `path` says where.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.memory.memory import InsertMethod
from llama_index.core.memory.types import DEFAULT_CHAT_STORE_KEY

from llamaindex_tiered_memory.counting import with_counter
from llamaindex_tiered_memory.memory.history import check_chats
from tiermem import Memory, Settings
from tiermem.agents.budget import RECENT_SHARE
from tiermem.agents.view import NOTED
from tiermem.arguments import refused_profile_of, refused_within
from tiermem.errors import InvalidMessage, InvalidSettings, brief_repr
from tiermem.memory import Zone, check_opening, for_user
from tiermem.providers.clock import zone_of
from tiermem.records import Within
from tiermem.runtime.options import OpenOptions, check, parted
from tiermem.settings import SETTING_NAMES, scope_of, share, whole

LARGEST_LIMIT = 150_000  # tokens: the core's default pre-rot threshold; a window may be larger, quality is not
SMALLEST_WINDOW = 2_000  # tokens: below, summaries of a few short messages cost more than they save
WINDOW_SHARE = 0.75  # of an llm's window, as ChatMemoryBuffer: the rest is for the prompt around and the answer


class Keywords(OpenOptions, total=False):
    """Keyword arguments of `TieredChatMemory` and `from_defaults`."""

    chat_store: Any
    chat_store_key: str | None
    token_limit: int | None
    tokenizer_fn: Callable[[str], Any] | None
    session_id: str | None
    memory_blocks: list[Any] | None
    chat_history_token_ratio: float | None
    token_flush_size: int | None
    memory_blocks_template: Any
    insert_method: InsertMethod | str | None
    image_token_size_estimate: int
    audio_token_size_estimate: int
    video_token_size_estimate: int
    document_token_size_estimate: int
    table_name: str
    async_database_uri: str | None
    async_engine: Any
    db_schema: str | None
    path: str | os.PathLike[str] | None
    namespace: str | tuple[str, str]
    memory: Memory | None
    within: Within
    profile: int


@dataclass(kw_only=True)
class Arguments:
    """The keyword arguments, checked. `options` are those of `Memory.open`."""

    chat_history: list[ChatMessage] | None = None
    llm: Any = None
    chat_store: Any = None
    chat_store_key: str | None = None
    token_limit: int | None = None
    tokenizer_fn: Callable[[str], Any] | None = None
    session_id: str | None = None
    memory_blocks: list[Any] | None = None
    chat_history_token_ratio: float | None = None
    token_flush_size: int | None = None
    memory_blocks_template: Any = None
    insert_method: InsertMethod | None = None
    image_token_size_estimate: int = 256
    audio_token_size_estimate: int = 256
    video_token_size_estimate: int = 256
    document_token_size_estimate: int = 2048
    table_name: str = "llama_index_memory"
    async_database_uri: str | None = None
    async_engine: Any = None
    db_schema: str | None = None
    path: str | os.PathLike[str] | None = None
    namespace: str | tuple[str, str] = "default"
    memory: Memory | None = None
    within: Within = NOTED
    profile: int = 0
    timezone: Zone = None
    options: OpenOptions = field(default_factory=OpenOptions)

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_parts()
        if self.tokenizer_fn is not None and "counter" in self.options:
            raise InvalidSettings("tokenizer_fn and counter are two names of one thing; give one of them")
        self.options, self.timezone = for_user(self.options)
        zone_of(self.timezone)
        check_opening(self.path if self.memory is None else None, self.memory, {})
        check(self.options)
        scope_of(self.session_id or "-", self.namespace)
        refused_within(self.within, self.namespace)
        refused_profile_of(self.profile, self.namespace)
        if self.memory is not None:
            self._check_shared()

    @property
    def media(self) -> dict[str, int]:
        """Tokens of a media block, by its type."""
        return {kind: getattr(self, f"{kind}_token_size_estimate") for kind in ("image", "audio", "video", "document")}

    @property
    def limit(self) -> int | None:
        """The token limit that was asked for, by number or by llm."""
        if self.token_limit is not None or self.llm is None:
            return self.token_limit
        return max(1, min(LARGEST_LIMIT, int(self.llm.metadata.context_window * WINDOW_SHARE)))

    @property
    def counter(self) -> Callable[[str], Any] | None:
        """The counter that was named, by either name."""
        return self.tokenizer_fn or self.options.get("counter")

    def opening(self) -> OpenOptions:
        """What `Memory.open` is given: the options that were named, and the settings that stock arguments stand for."""
        counted: OpenOptions = {} if self.counter is None else {"counter": self.counter}
        return with_counter({**self._followed(), **self.options, **counted})

    def _followed(self) -> OpenOptions:
        base = self.options.get("settings") or Settings()
        followed: OpenOptions = {}
        limit = self.limit
        if limit is not None:
            followed["context_budget"] = limit
            followed["pre_rot_threshold"] = min(max(limit, SMALLEST_WINDOW), base.pre_rot_threshold)
            if base.keep_recent_tokens is None:  # ten tool results can be longer than the limit
                followed["keep_recent_tokens"] = int(followed["pre_rot_threshold"] * RECENT_SHARE)
        if self.chat_history_token_ratio is not None:
            rest = max(0.0, 1 - self.chat_history_token_ratio) / (base.recall_share + base.summary_share or 1)
            followed["recall_share"] = base.recall_share * rest
            followed["summary_share"] = base.summary_share * rest
        if self.token_flush_size is not None:
            window = self.options.get("pre_rot_threshold", followed.get("pre_rot_threshold", base.pre_rot_threshold))
            freed = min(self.token_flush_size / window, base.summarization_trigger / 2)
            followed["summarization_target"] = base.summarization_trigger - freed
        return followed

    def _check_numbers(self) -> None:
        for name, least in (("token_limit", 1), ("token_flush_size", 1)):
            if getattr(self, name) is not None:
                whole(getattr(self, name), name, least)
        for kind, size in self.media.items():
            whole(size, f"{kind}_token_size_estimate", 0)
        if self.chat_history_token_ratio is not None:
            share(self.chat_history_token_ratio, "chat_history_token_ratio", 0.0)

    def _check_parts(self) -> None:
        """Refuses what is none of LlamaIndex's parts, and two blocks of one name."""
        if self.chat_history is not None:
            try:
                check_chats(self.chat_history)
            except InvalidMessage as error:
                raise InvalidSettings(f"chat_history: {error}; a session is named by session_id=") from error
        for name, needed in (("llm", "metadata"), ("chat_store", "get_messages")):
            part = getattr(self, name)
            if part is not None and not hasattr(part, needed):
                raise InvalidSettings(f"{name}= takes one of LlamaIndex's, not {type(part).__name__}")
        if self.memory_blocks is not None and not isinstance(self.memory_blocks, (list, tuple)):
            raise InvalidSettings(f"memory_blocks must be a list of blocks, not {type(self.memory_blocks).__name__}")
        names = [getattr(block, "name", None) for block in self.memory_blocks or ()]
        if not all(names) or len(names) != len(set(names)):
            raise InvalidSettings("memory blocks must have unique names")
        if self.insert_method is not None:
            known = {method.value: method for method in InsertMethod}
            value = getattr(self.insert_method, "value", self.insert_method)
            if value not in known:
                raise InvalidSettings(
                    f"insert_method must be one of {', '.join(known)}, not {brief_repr(self.insert_method)}"
                )
            self.insert_method = known[value]

    def _check_shared(self) -> None:
        own = [*(["path"] if self.path else []), *sorted(self.options.keys() - {"counter"})]
        if own:
            raise InvalidSettings(f"the open memory has its own {', '.join(own)}; leave out memory= or these")


_NAMES = frozenset(field.name for field in fields(Arguments)) - {"options", "timezone"}


def arguments_from(keywords: Mapping[str, Any]) -> Arguments:
    """The arguments in *keywords*.

    Raises:
        InvalidSettings: a ValueError that names the argument which is not known or makes no sense.
    """
    options, own = parted(keywords, _NAMES)
    named = {name: value for name, value in options.items() if value is not None or name in SETTING_NAMES}
    return Arguments(
        **{name: value for name, value in own.items() if value is not None}, options=cast("OpenOptions", named)
    )


def fields_from(chosen: Arguments, settings: Settings, tokenizer: Callable[[str], Any]) -> dict[str, Any]:
    """The fields of the memory for what was *chosen*, and for the rest by the *settings*."""
    ratio = chosen.chat_history_token_ratio
    return {
        "token_limit": chosen.limit or settings.context_budget,
        "session_id": chosen.session_id or uuid.uuid4().hex,
        "namespace": chosen.namespace,
        "chat_store_key": chosen.chat_store_key or DEFAULT_CHAT_STORE_KEY,
        "chat_history_token_ratio": 1 - settings.recall_share - settings.summary_share if ratio is None else ratio,
        "token_flush_size": chosen.token_flush_size or settings.summarize_at - settings.summarize_to,
        "within": chosen.within,
        "profile": chosen.profile,
        "tokenizer_fn": tokenizer,
        "memory_blocks": list(chosen.memory_blocks or ()),
    }
