"""What a model is shown, as LangChain messages: views and contexts of the core, with or without plain text only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, get_buffer_string

from langchain_tiered_memory.convert import SOURCE_KEY, to_langchain
from langchain_tiered_memory.converted import NOTHING_KEPT, Showing
from tiermem import Context, Message, Piece, Summary, View
from tiermem.importers.langchain import FORMAT
from tiermem.summaries.merging import bare
from tiermem.text.readable import media
from tiermem.text.readable import readable as words_of
from tiermem.window.provenance import lowest
from tiermem.window.quotation import is_quotation, quoted, running
from tiermem.window.separation import pieces
from tiermem.window.voices import voices

SUMMARY = "summarization"  # what LangChain's own middleware writes, and what others filter on
RECALLED = "recall"
PROFILE = "profile"
_SOURCES = {"summary": SUMMARY, "rules": SUMMARY, "recalled": RECALLED, "profile": PROFILE}
MESSAGE_OVERHEAD = 4  # tokens of a message beside its text, as the core counts them
CALL = "[calls {name} with {arguments}]"
_SYSTEM_ROLES = frozenset({"system", "developer"})
_SIDES = _SYSTEM_ROLES | {"user", "assistant"}


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


def shown_messages(view: View, kept: Showing = NOTHING_KEPT) -> list[BaseMessage]:
    """The messages of a view; what the user laid down, and its summaries, those that say anything, are a quoted message
    each behind the leading system messages. Copies of what is *kept*."""
    leading = list(takewhile(lambda message: message.role in _SYSTEM_ROLES, view.messages))
    summaries = kept.told(view.summaries, _told)
    rest = kept.view(view.messages[len(leading) :])
    rules = [made_up(piece.message.text) for piece in view.rules]
    return [*map(to_langchain, leading), *rules, *[form.copy() for form in (*summaries, *rest)]]


def _told(summaries: Sequence[Summary]) -> list[BaseMessage]:
    telling = [summary for summary in summaries if not bare(summary)]
    texts, trust = [summary.text for summary in telling], (one.structure.trust for one in telling)
    return [made_up(running(texts, lowest(trust)))] if texts else []


def made_up(text: str, source: str = SUMMARY) -> HumanMessage:
    """A message that nobody said, marked as such by ``additional_kwargs["lc_source"]``."""
    return HumanMessage(content=text, additional_kwargs={SOURCE_KEY: source})


def context_messages(context: Context, *, text_only: bool, kept: Showing = NOTHING_KEPT) -> list[BaseMessage]:
    """The messages of a context, in its order. Copies of what is *kept*.

    System messages stand only at the front, since providers refuse them elsewhere, and are only what was added as such:
    what was made up is on the user's side and says what it is.
    """
    shown: list[BaseMessage] = []
    for piece, message in shown_pieces(context, kept):
        plain = text_only and not _made_up(piece)
        shown += plain_text(piece.message, message) if plain else [message]
    return shown


def shown_pieces(context: Context, kept: Showing = NOTHING_KEPT) -> list[tuple[Piece, BaseMessage]]:
    """The pieces of a context, each with the message that it is shown as."""
    separate = [(piece, _made_up(piece)) for piece in pieces(context.pieces, FORMAT)]
    said = iter(kept.pieces([piece.message for piece, made in separate if not made]))
    shown: list[tuple[Piece, BaseMessage]] = []
    at_front = True
    for piece, made in separate:
        message = _made(piece) if made else next(said) if at_front else _behind(next(said))
        at_front = at_front and isinstance(message, SystemMessage)
        shown.append((piece, message))
    return shown


def _made(piece: Piece) -> HumanMessage:
    return made_up(piece.message.text, _SOURCES.get(piece.kind, RECALLED))


def _behind(message: BaseMessage) -> BaseMessage:
    """*message* as one that stands behind the system messages in front."""
    if isinstance(message, SystemMessage):
        return HumanMessage(f"[system message] {message.text}", name=message.name)
    return message


def overrun(context: Context, shown: Sequence[BaseMessage], count: Callable[[str], int]) -> int:
    """Tokens by which *shown*, a text-only form of *context*, is above its budget; 0 or less when it is not.

    Only messages whose words changed are counted again: results of tools are quoted, calls and media put into words.
    """
    told = {piece.message.text for piece in context.pieces}
    same = {message.text for message in shown}
    known = sum(piece.tokens for piece in context.pieces if piece.message.text in same)
    changed = [message for message in shown if message.text not in told]
    names = sum(count(message.name) for message in changed if message.name)
    return known + names + sum(count(message.text) + MESSAGE_OVERHEAD for message in changed) - context.budget


def _made_up(piece: Piece) -> bool:
    return piece.kind in _SOURCES or is_quotation(piece.message)


def plain_text(message: Message, shown: BaseMessage) -> list[BaseMessage]:
    """*shown*, the form of *message*, as text only: tool calls in words, media by name, and quoted what a tool or a
    stranger says, whose words would else be an assistant's in a transcript."""
    spoken = voices(message)
    return _plain(message, shown) if len(spoken) == 1 else [one for voice in spoken for one in _plain(voice, shown)]


def _plain(message: Message, shown: BaseMessage) -> list[BaseMessage]:
    text = readable(message)
    if not text:
        return []
    if message.acts_as not in _SIDES:
        return [made_up(quoted(message, text).text, RECALLED)]
    ours = message.role in _SYSTEM_ROLES and isinstance(shown, HumanMessage)  # it says already whose words it has
    if ours or (text == shown.content and isinstance(shown, (HumanMessage, SystemMessage, AIMessage))):
        return [shown]
    if isinstance(shown, (HumanMessage, SystemMessage)):
        return [type(shown)(content=text, name=shown.name, id=shown.id)]
    return [HumanMessage(text, id=shown.id) if message.acts_as == "user" else AIMessage(text, id=shown.id)]


def readable(message: Message) -> str:
    """The words of a message: its text, its media by name, and what tools it calls."""
    return words_of(message, word=media, call=CALL)
