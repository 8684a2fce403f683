"""From a context of the core to the list of chat messages that an engine or agent sends.

Rule 1: summary and recalled passages are leading text blocks of a *user* message: `ReActAgent` without a system prompt
  throws a leading system message away, and a system message in mid-conversation is refused by some providers.
Rule 2: what is known of the user, what they laid down and the summary lead the first message after the system messages
  (a stable prefix keeps a provider's cache warm), recalled passages lead the last user message; the user's own words
  stay the last text block, where agents write their state.
Rule 3: the order and the messages of the context are kept; nothing is put behind the last message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llama_index.core.base.llms.types import ChatMessage, MessageRole

from llamaindex_tiered_memory.blocks import Block, InsertedTextBlock
from tiermem import Context, Piece
from tiermem.importers.llamaindex import FORMAT
from tiermem.window.separation import pieces

_SAID = frozenset({"system", "message"})
_STABLE = frozenset({"profile", "rules", "summary"})
_SYSTEM = frozenset({MessageRole.SYSTEM, MessageRole.DEVELOPER})


@dataclass(frozen=True, slots=True)
class Extra:
    """What stock memory blocks add: blocks to insert, and messages that come before the history.

    `in_system`: the caller asked for the system message (one is made where there is none).
    """

    blocks: Sequence[Block] = ()
    messages: Sequence[ChatMessage] = ()
    in_system: bool = False


NOTHING = Extra()


def arranged(
    context: Context, chat_of: Callable[[Piece], ChatMessage], extra: Extra = NOTHING, question: str | None = None
) -> list[ChatMessage]:
    """The messages of *context*, its summary and recalled passages inside user messages.

    Args:
        context: what the core chose.
        chat_of: makes the chat message of one piece.
        extra: what stock memory blocks add.
        question: the user message that the first message shown belongs to, where it is left out itself.
    """
    shown = [chat_of(piece) for piece in pieces(context.pieces, FORMAT) if piece.kind in _SAID]
    stable = [_inserted(piece) for piece in context.pieces if piece.kind in _STABLE]
    volatile: list[Block] = [] if extra.in_system else list(extra.blocks)
    volatile += [_inserted(piece) for piece in context.pieces if piece.kind not in _SAID | _STABLE]
    if question is not None:
        stable.append(InsertedTextBlock(text=question))
    first = next((index for index, one in enumerate(shown) if one.role not in _SYSTEM), len(shown))
    users = [index for index, one in enumerate(shown) if one.role is MessageRole.USER]
    if (stable and first not in users) or (volatile and not users):
        shown.insert(first, ChatMessage(role=MessageRole.USER, blocks=[]))
        users = [first, *(index + 1 for index in users)]
    if volatile:
        _lead(shown, users[-1], volatile)
    if stable:
        _lead(shown, first, stable)
    shown[first:first] = extra.messages
    if extra.in_system and extra.blocks:
        if not first:
            shown.insert(0, ChatMessage(role=MessageRole.SYSTEM, blocks=[]))
        _lead(shown, 0, extra.blocks)
    return shown


def _lead(shown: list[ChatMessage], index: int, blocks: Sequence[Block]) -> None:
    old = shown[index]
    shown[index] = ChatMessage(
        role=old.role, blocks=[*blocks, *old.blocks], additional_kwargs=dict(old.additional_kwargs)
    )


def _inserted(piece: Piece) -> InsertedTextBlock:
    return InsertedTextBlock(text=piece.message.text)


def in_place(context: Context, chat_of: Callable[[Piece], ChatMessage], extra: Extra = NOTHING) -> list[ChatMessage]:
    """The messages of a steady *context*: each block inside the user message behind it, so that the order stays.

    What stock memory blocks say leads the last user message; they are asked anew each time.
    """
    shown: list[ChatMessage] = []
    waiting: list[Block] = []
    for piece in pieces(context.pieces, FORMAT):
        if piece.kind not in _SAID:
            waiting.append(_inserted(piece))
            continue
        chat = chat_of(piece)
        if waiting and chat.role is not MessageRole.USER and chat.role not in _SYSTEM:
            shown.append(ChatMessage(role=MessageRole.USER, blocks=[*waiting]))
            waiting = []
        shown.append(chat)
        if waiting and chat.role is MessageRole.USER:
            _lead(shown, len(shown) - 1, waiting)
            waiting = []
    if waiting:
        shown.append(ChatMessage(role=MessageRole.USER, blocks=[*waiting]))
    return _with_extra(shown, extra)


def _with_extra(shown: list[ChatMessage], extra: Extra) -> list[ChatMessage]:
    first = next((index for index, one in enumerate(shown) if one.role not in _SYSTEM), len(shown))
    shown[first:first] = extra.messages
    if extra.blocks and extra.in_system:
        if not first:
            shown.insert(0, ChatMessage(role=MessageRole.SYSTEM, blocks=[]))
        _lead(shown, 0, extra.blocks)
    elif extra.blocks:
        users = [index for index, one in enumerate(shown) if one.role is MessageRole.USER]
        if not users:
            shown.insert(first, ChatMessage(role=MessageRole.USER, blocks=[]))
        _lead(shown, users[-1] if users else first, extra.blocks)
    return shown
