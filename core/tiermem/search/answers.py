"""Answers of the memory tools: quoted history within a number of tokens, each piece with the reference that opens it.

Rule 1: an answer is one block of `window/quotation.py`: nothing in it can close it, no index takes it for something
said.
Rule 2: it never has more tokens than asked for, by the caller's counter, down to `SMALLEST`.
Rule 3: the pages of an original, one behind the other, are the original, but for the blank before each of its lines:
no part of it begins as a line of ours does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from tiermem.messages import Message
from tiermem.records import Hit
from tiermem.search.passages import excerpt, note, note_kind, prefix
from tiermem.text.analyzer import query_terms
from tiermem.text.clipping import Count, largest, word_end
from tiermem.text.readable import readable, speaker
from tiermem.text.sanitizing import indented, one_line
from tiermem.times import stamps
from tiermem.times.stamps import stamp
from tiermem.window.media.showing import media_told
from tiermem.window.quotation import CLOSE, OPEN, label, safe
from tiermem.window.voices import voices

SMALLEST = 120  # tokens: room for a header, a few words and how to go on
EXCERPT, SHORT = 700, 160  # characters that a hit shows, and where there is less room; about 175 and 40 tokens
HEAD = 0.75  # of a page is the beginning of a long original, the rest its end: results of tools end with what matters
WIDEST = 12  # characters that a token may stand for, at most, in text worth showing
BREAK = 0.9  # a page ends with a line or a word where there is one in its last tenth


def listed(hits: Sequence[Hit], query: str, budget: int, count: Count) -> str:
    """*hits*, best first, as many as fit into *budget* tokens; "" where there are none."""
    question, lines = query_terms(query), list[str]()
    for hit in hits:
        for limit in (EXCERPT, SHORT):
            line = _lines(hit, question, limit)
            if count(_block([*lines, line], _more(len(lines) + 1))) <= max(budget, SMALLEST):
                lines.append(line)
                break
        else:
            break
    return _block(lines, _more(len(lines))) if lines else ""


def _more(hits: int) -> str:
    return f'found="{hits}" next="expand_memory(ref) shows one in full"'


def _lines(hit: Hit, question: Sequence[str], limit: int) -> str:
    spoken, before = _speaking([hit.message]), prefix(hit)
    return "\n".join(_line(voice, question, limit // len(spoken), before) for voice in spoken) + note(hit)


def _line(message: Message, question: Sequence[str], limit: int, before: str) -> str:
    return f"{header(message, before)} {safe(' '.join(excerpt(whole(message), question, limit).split()))}"


def _speaking(messages: Sequence[Message]) -> list[Message]:
    """*messages*, with each that speaks in one by itself."""
    return [voice for message in messages for voice in voices(message)]


def _block(lines: Sequence[str], attributes: str) -> str:
    return "\n".join([f"{OPEN[:-1]} {attributes}>", *lines, CLOSE])


def header(message: Message, before: str = "") -> str:
    """Reference, date and speaker of a message, a note or a part of a document; *before* says of which session."""
    state = message.state
    source = state.get("source", "") if message.role == "document" else ""
    when = f" {stamp(message.when)}" if message.when else ""
    if not source:
        return f"[{before}m{message.sequence}]{when} {label(speaker(message))}:"
    if kind := note_kind(source):
        return f"[d{message.sequence}]{when} {kind.capitalize()}:"
    part = f", part {state.get('chunk', 0) + 1} of {state['chunks']}" if state.get("chunks", 1) > 1 else ""
    return f"[d{message.sequence}]{when} {safe(one_line(source))}{part}:"


def whole(message: Message) -> str:
    """All that can be read of *message*: its text, its tool calls, and that there is something which is neither."""
    shown = "\n".join(f"({one})" for one in media_told(message))
    return readable(message) or shown or ("[no text]" if message.content else "")


def transcript(messages: Sequence[Message], before: str = "") -> str:
    """What `page` shows parts of: the words of one message, or of many with a header each."""
    spoken = _speaking(messages)
    if len(spoken) == 1:
        return safe(whole(spoken[0]))
    return "\n".join(f"{header(message, before)} {indented(safe(whole(message)))}" for message in spoken)


def page(messages: Sequence[Message], ref: str, offset: int, budget: int, count: Count, before: str = "") -> str:
    """The transcript of *messages* from character *offset* on as one block within *budget* tokens, and how to go on.

    From the start, what is too long is shown with its beginning and its end. *before* says of which session they are,
    and stands before *ref* too.
    """
    text, budget, ref = transcript(messages, before), max(budget, SMALLEST), f"{before}{ref}"
    top = f"{header(messages[0], before)}\n" if len(_speaking(messages)) == 1 else ""

    def shown(end: int, tail: int = 0) -> str:
        body = top + _inside(text, offset, end, alone=bool(top))
        if end < len(text):
            body += _gap(text, ref, end, tail) + _inside(text, len(text) - tail, len(text), alone=bool(top))
        return _block([body], f'ref="{ref}"')

    if count(shown(len(text))) <= budget and len(text) - offset <= WIDEST * budget:
        return shown(len(text))
    share = HEAD if offset == 0 else 1.0
    end = _broken(text, offset, _furthest(len(text) - 1, offset, int(budget * share), count, shown))
    if offset:
        return shown(end)
    tail = _furthest(len(text) - end - 1, 0, budget, count, lambda size: shown(end, size))
    return shown(end, tail)


def excerpted(text: str, ref: str, detail: str) -> str:
    """*text*, a line for each message, as one block: what of *ref* matters, in which *detail*, and how to read all."""
    lines = [safe(line) for line in text.splitlines()]
    return _block(lines, f'ref="{ref}" detail="{detail}" all="expand_memory(ref) without query and detail"')


def _furthest(most: int, least: int, budget: int, count: Count, shown: Callable[[int], str]) -> int:
    """The largest number up to *most* with which what is *shown* has at most *budget* tokens."""
    return largest(least, min(most, least + WIDEST * budget), lambda number: count(shown(number)) <= budget)


def _broken(text: str, start: int, end: int) -> int:
    """*end*, or the end of the last line or word shortly before it; never *start*, or nothing would be read."""
    earliest = start + int((end - start) * BREAK)
    return max(word_end(text, earliest, end), min(start + 1, len(text)))


def _inside(text: str, start: int, end: int, *, alone: bool) -> str:
    """A part of what is quoted. *alone*: the words of one message; else lines of ours, which begin at line ends."""
    part = text[start:end]
    if alone:
        return indented(f"\n{part}")[1:]
    return f" {part}" if start and part[:1] not in {"", "\n"} and text[start - 1] != "\n" else part


def _gap(text: str, ref: str, end: int, tail: int) -> str:
    return f"\n[… {len(text) - end - tail} characters left out: expand_memory(ref={ref!r}, offset={end}) …]\n"


def day(when: datetime | None) -> str:
    """The date in brackets, or nothing."""
    return f" ({stamps.day(when)})" if when else ""
