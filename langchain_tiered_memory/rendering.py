"""What a model is shown, as LangChain messages: views and contexts of the core, with or without plain text only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, get_buffer_string

from langchain_tiered_memory.convert import SOURCE_KEY, to_langchain
from tiermem import Context, Message, Piece, View
from tiermem.text.readable import readable as words_of

SUMMARY = "summarization"  # what LangChain's own middleware writes, and what others filter on
RECALLED = "recall"
MESSAGE_OVERHEAD = 4  # tokens of a message beside its text, as the core counts them
CALL, RESULT = "[calls {name} with {arguments}]", "[result of {name}] {text}"
_MEDIA = {
    "image": "image",
    "image_url": "image",
    "audio": "audio",
    "input_audio": "audio",
    "video": "video",
    "file": "file",
    "document": "file",
}
_SYSTEM_ROLES = frozenset({"system", "developer"})


class BufferMessages(list[BaseMessage]):
    """A list of messages that a memory returned and completes when the turn is saved; as a string, a transcript.

    Chains keep the list as their result, and prompts made of text format it with `str`.
    """

    def __init__(
        self, messages: Iterable[BaseMessage] = (), human_prefix: str = "Human", ai_prefix: str = "AI"
    ) -> None:
        super().__init__(messages)
        self.prefixes = (human_prefix, ai_prefix)

    def __str__(self) -> str:
        return get_buffer_string(self, *self.prefixes)


def shown_messages(view: View) -> list[BaseMessage]:
    """The messages of a view; its summaries are one system message behind the leading system messages."""
    leading = list(takewhile(lambda message: message.role in _SYSTEM_ROLES, view.messages))
    summaries = [made_up("\n\n".join(summary.text for summary in view.summaries))] if view.summaries else []
    rest = view.messages[len(leading) :]
    return [*map(to_langchain, leading), *summaries, *map(to_langchain, rest)]


def made_up(text: str, source: str = SUMMARY, *, system: bool = True) -> BaseMessage:
    """A message that nobody said, marked as such by ``additional_kwargs["lc_source"]``."""
    kind = SystemMessage if system else HumanMessage
    return kind(content=text, additional_kwargs={SOURCE_KEY: source})


def context_messages(context: Context, *, text_only: bool) -> list[BaseMessage]:
    """The messages of a context, in its order.

    System messages stand only at the front, since providers refuse them elsewhere: a summary there is one, everything
    that was made up and stands further back is on the user's side and says what it is.
    """
    shown: list[BaseMessage] = []
    for piece in context.pieces:
        at_front = all(isinstance(message, SystemMessage) for message in shown)
        shown += _piece(piece, at_front=at_front, text_only=text_only)
    return shown


def overrun(context: Context, shown: Sequence[BaseMessage], count: Callable[[str], int]) -> int:
    """Tokens by which *shown*, a text-only form of *context*, is above its budget; 0 or less when it is not.

    Only messages whose words changed are counted again: they became longer by "[result of query]" and the like.
    """
    told = {piece.message.text for piece in context.pieces}
    known = sum(piece.tokens for piece in context.pieces if not _reworded(piece))
    changed = [message for message in shown if message.text not in told]
    names = sum(count(message.name) for message in changed if message.name)
    return known + names + sum(count(message.text) + MESSAGE_OVERHEAD for message in changed) - context.budget


def _reworded(piece: Piece) -> bool:
    return piece.kind not in {"summary", "recalled"} and readable(piece.message) != piece.message.text


def _piece(piece: Piece, *, at_front: bool, text_only: bool) -> list[BaseMessage]:
    if piece.kind in {"summary", "recalled"}:
        source = SUMMARY if piece.kind == "summary" else RECALLED
        return [made_up(piece.message.text, source, system=at_front and piece.kind == "summary")]
    message = to_langchain(piece.message)
    if isinstance(message, SystemMessage) and not at_front:
        return [HumanMessage(f"[system message] {message.text}", name=message.name)]
    return plain_text(piece.message, message) if text_only else [message]


def plain_text(message: Message, shown: BaseMessage) -> list[BaseMessage]:
    """*shown*, the form of *message*, as text only: tool calls and results in words, media by name."""
    text = readable(message)
    if not text:
        return []
    if isinstance(shown, (HumanMessage, SystemMessage)):
        return [type(shown)(content=text, name=shown.name, id=shown.id)] if text != shown.content else [shown]
    if isinstance(shown, AIMessage) and text == shown.content:
        return [shown]
    return [AIMessage(text, id=shown.id)]


def readable(message: Message) -> str:
    """The words of a message: its text, its media by name, what tools it calls, and whose result it is."""
    return words_of(message, word=_media, call=CALL, result=RESULT)


def _media(kind: str) -> str:
    """One word for a block that has no text: an image must not become its base64 in a prompt."""
    return f"[{_MEDIA[kind]}]" if kind in _MEDIA else ""
