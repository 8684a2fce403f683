"""One run of an agent: what of it the session has, and the view of it that the model is sent.

Rule 1: every message of a run is in the session as soon as it is there, under an id that is the same each time.
Rule 2: what the model is sent is made in one place (`shown`): the window, managed at the limit and in an order that
  only grows until the next decision; system prompt and tool schemas are counted.
Rule 3: what is recalled for the question is looked up once a run, and stays where it stood.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, LLMMetadata, MessageRole, TextBlock
from llama_index.core.constants import DEFAULT_CONTEXT_WINDOW

from llamaindex_tiered_memory.convert import to_chat_message, to_message
from llamaindex_tiered_memory.counting import Tally
from llamaindex_tiered_memory.memory.arranging import in_place
from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from llamaindex_tiered_memory.memory.options import RECENT_SHARE
from tiermem import Context, Piece, Report, Settings, Thresholds
from tiermem.errors import BudgetTooSmall

TRIES = 12  # each with less room: the tokenizer is given the JSON of calls and `additional_kwargs`, the core less …
TIGHTER = 1.05  # … by so much more than was measured


@dataclass(frozen=True, slots=True)
class Note:
    """What must be known of a run from one step to the next; small plain JSON, kept in the agent's Context.

    Args:
        run: begins the ids of its messages.
        stored: messages of the scratchpad that the session has.
        asked: the text of the question as the agent sent it first: with its state.
        question: the reference of that question in the session.
        quoted: blocks recalled before, by the message that they stand before.
        rate: tokens by the memory's tokenizer for one that the core counted, in the view before.
    """

    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    stored: int = 0
    asked: str = ""
    question: str = ""
    quoted: Mapping[str, str] = field(default_factory=dict)
    rate: float = 1.0

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"quoted": dict(self.quoted)}

    def ids(self, messages: Sequence[ChatMessage], place: int) -> list[str]:
        """The ids of *messages*, which stand together from *place* of the scratchpad on, in whatever order."""
        seen: dict[str, int] = {}
        named = []
        for one in messages:
            digest = to_message(one, id="?").sha256.hex()[:16]
            seen[digest] = seen.get(digest, 0) + 1
            named.append(f"run-{self.run}-{place}-{digest}-{seen[digest]}")
        return named


def limit_of(memory: TieredChatMemory, llm: LLMMetadata, given: int | None) -> int:
    """Tokens of everything that the model is sent: *given*, or the memory's limit within the window that *llm* names.

    A model that does not know its window says LlamaIndex's default, which is no window that a model of today has.
    """
    if given is not None:
        return given
    declared = llm.context_window
    if declared <= 0 or declared == DEFAULT_CONTEXT_WINDOW:
        return memory.token_limit
    return min(memory.token_limit, max(1, declared - max(0, llm.num_output)))


def schema_tokens(tools: Sequence[Any], tally: Tally) -> int:
    """Tokens of the tools' names, descriptions and parameters, as providers are sent them."""
    schemas = [tool.metadata.to_openai_tool(skip_length_check=True) for tool in tools]
    return sum(tally.text(json.dumps(schema, ensure_ascii=False)) for schema in schemas)


@dataclass(frozen=True, slots=True)
class Seen:
    """A view: the messages for the model, what was decided on the way, and the note to keep."""

    messages: list[ChatMessage]
    report: Report
    note: Note


async def shown(memory: TieredChatMemory, note: Note, room: int, *, fresh: bool) -> Seen:
    """The conversation and the run so far within *room* tokens by the memory's tokenizer.

    *fresh*: the question is new, so the archive is asked; later, the model has tools to look with.

    Raises:
        BudgetTooSmall: what must be shown does not fit.
    """
    extra = await memory.aextra()
    left = room - memory.tally.blocks(extra.blocks) - memory.tally.messages(extra.messages)
    asked, rate, size = _Asked(memory, note, fresh), note.rate, room + 1
    for _ in range(TRIES):
        if left / rate < 1:
            break
        report, context = await asked.context(int(left / rate))
        note = _noted(asked.note, context)
        messages = in_place(context, _chat_of(context, note), extra)
        size = memory.tally.messages(messages)
        measured = max(1.0, (size - room + left) / max(1, context.tokens))
        if size <= room:
            return Seen(messages, report, replace(note, rate=measured))
        rate = max(rate * TIGHTER, measured * TIGHTER)
    raise BudgetTooSmall(size, room, "the newest messages of the run, their additional_kwargs included,")


class _Asked:
    """What is asked of the session for one view."""

    def __init__(self, memory: TieredChatMemory, note: Note, fresh: bool) -> None:
        self.note = note
        self._memory = memory
        self._session = memory.session.as_async()
        self._fresh = fresh

    async def context(self, room: int) -> tuple[Report, Context]:
        """The window managed at *room* tokens, and the context within it."""
        quoted = dict(self.note.quoted)
        own = self._memory.tally.text(quoted.get(self.note.question, ""))
        limits = thresholds(self._session.memory.settings, room - min(own, room // 2))
        report = await self._session.manage_context(limits)
        beside = sum(map(self._memory.tally.text, quoted.values()))
        if report.compacted or report.covered or report.tokens_after + beside > limits.compact_at:
            # What was quoted for older questions goes first: it costs, and the archive has it.
            quoted = {ref: text for ref, text in quoted.items() if ref == self.note.question}
        self.note = replace(self.note, quoted=quoted)
        counter = self._memory.own_counter
        return report, await self._session.context(
            None, room, counter=counter, recall=self._fresh, steady=True, quoted=quoted
        )


def thresholds(settings: Settings, room: int) -> Thresholds:
    """The shares that the user's *settings* name, of *room* tokens."""
    return Thresholds(
        pre_rot_threshold=room,
        hard_limit=max(room, settings.hard_limit),
        compaction_trigger=settings.compaction_trigger,
        summarization_trigger=settings.summarization_trigger,
        compaction_target=settings.compaction_target,
        summarization_target=settings.summarization_target,
        keep_recent_count=settings.keep_recent_count,
        keep_recent_tokens=int(RECENT_SHARE * room),
    )


def _newest_question(context: Context) -> Piece | None:
    said = [piece for piece in context.pieces if piece.kind == "message" and piece.refs]
    return next((piece for piece in reversed(said) if piece.message.role == "user"), None)


def _noted(note: Note, context: Context) -> Note:
    """*note* with the newest question, and the block that stands before it; "" where none does."""
    question = _newest_question(context)
    if question is None:
        return note
    ref = question.refs[0]
    before = zip(context.pieces, context.pieces[1:], strict=False)
    block = next((one.message.text for one, behind in before if behind is question and one.kind == "recalled"), "")
    return replace(note, question=ref, quoted={**note.quoted, ref: note.quoted.get(ref, block) or block})


def _chat_of(context: Context, note: Note) -> Any:
    """Makes the chat message of a piece; the newest question as the agent sent it first."""
    question = _newest_question(context)

    def chat(piece: Piece) -> ChatMessage:
        made = to_chat_message(piece.message)
        if piece is question and note.asked and not piece.clipped:
            place = next((n for n, one in reversed(list(enumerate(made.blocks))) if isinstance(one, TextBlock)), None)
            if place is not None:
                made.blocks[place] = TextBlock(text=note.asked)
        return made

    return chat


def asked_text(messages: Sequence[ChatMessage]) -> str:
    """The last text of the last message, where that is the user's: the question, with the state that agents write."""
    if not messages or messages[-1].role is not MessageRole.USER:
        return ""
    texts = [block.text for block in messages[-1].blocks if isinstance(block, TextBlock)]
    return texts[-1] if texts else ""
