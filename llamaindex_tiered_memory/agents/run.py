"""One run of an agent: what of it the session has, and the view of it that the model is sent.

Rule 1: every message of a run is in the session as soon as it is there, under an id that is the same each time.
Rule 2: what the model is sent is made in one place (`prompt_of`): the window, managed at the limit and in an order that
  only grows until the next decision; system prompt and tool schemas are counted.
Rule 3: what is recalled for the question is looked up once a run, and stays where it stood.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, LLMMetadata, MessageRole, TextBlock
from llama_index.core.constants import DEFAULT_CONTEXT_WINDOW

from llamaindex_tiered_memory.convert import to_message
from llamaindex_tiered_memory.converted import Counted
from llamaindex_tiered_memory.memory.arranging import Extra, in_place
from llamaindex_tiered_memory.memory.draft import Pending
from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from tiermem import Piece
from tiermem.agents.budget import limit_of
from tiermem.agents.note import Note
from tiermem.agents.view import AgentView, Procedure, ViewRequest, viewing
from tiermem.errors import BudgetTooSmall
from tiermem.flows.driving import adrive

TRIES = 12  # each with less room: the tokenizer is given the JSON of calls and `additional_kwargs`, the core less …
TIGHTER = 1.05  # … by so much more than was measured


@dataclass(frozen=True, slots=True)
class RunNote(Note):
    """What must be known of a run from one step to the next; kept in the agent's Context. `count`: of the scratchpad.

    Args:
        run: begins the ids of its messages.
        question_sent: the text of the question as the agent sent it first: with its state.
    """

    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    question_sent: str = ""

    def ids(self, messages: Sequence[ChatMessage], place: int) -> list[str]:
        """The ids of *messages*, which stand together from *place* of the scratchpad on, in whatever order."""
        times: dict[str, int] = {}
        named = []
        for message in messages:
            digest = to_message(message, id="?").sha256.hex()[:16]
            times[digest] = times.get(digest, 0) + 1
            named.append(f"run-{self.run}-{place}-{digest}-{times[digest]}")
        return named


def limit_for(memory: TieredChatMemory, llm: LLMMetadata, wished: int | None) -> int:
    """Tokens of everything that the model is sent: *wished*, or the memory's limit within the window that *llm* names.

    A model that does not know its window says LlamaIndex's default, which is no window that a model of today has.
    """
    declared = None if llm.context_window == DEFAULT_CONTEXT_WINDOW else llm.context_window
    return limit_of(wished, memory.token_limit, declared, llm.num_output)


@dataclass(frozen=True, slots=True)
class RunPrompt:
    """The messages for the model, and the note to keep."""

    messages: list[ChatMessage]
    note: RunNote


async def prompt_of(memory: TieredChatMemory, note: RunNote, request: ViewRequest) -> RunPrompt:
    """The conversation and the run so far, within *request.room* tokens by the memory's tokenizer.

    Raises:
        BudgetTooSmall: what must be shown does not fit.
    """
    extra, session = await memory.aextra(), memory.session.as_async()
    return await adrive(_fitting(memory, note, request, extra), lambda step: step(session))


def _fitting(memory: TieredChatMemory, note: RunNote, request: ViewRequest, extra: Extra) -> Procedure[RunPrompt]:
    """Views with less and less room, until what they become is within it: the core counts less than is sent.

    It begins with all the room each time: one that followed what was measured before would move what is shown.
    """
    tally, scale, size, counted = memory.tally, 1.0, request.room + 1, Counted(memory.tally)
    left = request.room - tally.blocks(extra.blocks) - tally.messages(extra.messages)
    for _ in range(TRIES):
        if left / scale < 1 and request.room > 0:  # else the view itself says what there is no room for
            break
        view: AgentView[RunNote] = yield from viewing(note, replace(request, room=int(left / scale)))
        note, messages = view.note, in_place(view.context, _chat_of(view.note, memory.pending, counted), extra)
        size = counted.tokens(messages)
        if size <= request.room:
            return RunPrompt(messages, note)
        measured = (size - request.room + left) / max(1, view.context.tokens)
        scale = TIGHTER * max(scale, measured)
    raise BudgetTooSmall(size, request.room, "the newest messages of the run, their additional_kwargs included,")


def _chat_of(note: RunNote, pending: Pending, counted: Counted) -> Any:
    """Makes the chat message of a piece; the newest question as the agent sent it first."""

    def chat(piece: Piece) -> ChatMessage:
        message = pending.original(piece) or counted.chat(piece.message)
        if piece.refs == (note.question,) and note.question_sent and not piece.clipped:
            texts = [place for place, block in enumerate(message.blocks) if isinstance(block, TextBlock)]
            if texts:
                blocks = list(message.blocks)
                blocks[texts[-1]] = TextBlock(text=note.question_sent)
                return message.model_copy(update={"blocks": blocks})
        return message

    return chat


def asked_text(messages: Sequence[ChatMessage]) -> str:
    """The last text of the last message, where that is the user's: the question, with the state that agents write."""
    if not messages or messages[-1].role is not MessageRole.USER:
        return ""
    texts = [block.text for block in messages[-1].blocks if isinstance(block, TextBlock)]
    return texts[-1] if texts else ""
