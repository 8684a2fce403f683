"""A text as its sentences, with no character lost, in English and Chinese: for chunks, excerpts, facts and summaries.

Rule 1: the sentences joined are the text, whatever the text.
Rule 2: a fenced code block, a log and a list are cut at line ends only; prose wrapped at a column is one sentence.
Rule 3: no sentence is longer than `MAX_SENTENCE`, blank space behind it apart; the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import accumulate, pairwise

from tiermem.text import late
from tiermem.text.analyzer import HAN, words_of

MAX_SENTENCE = 2000  # sentencex takes quadratic time: 2.4 s for 100,000 characters of "你好。", 1 ms for 2,000

_FENCE = late.compile(r"\s*(?:```|~~~)")
# A log or trace line, code, a list entry, a heading, a table row: complete as it stands.
_OWN_LINE = late.compile(
    r"\s*(?:\d{4}-\d\d-\d\d[T ]\d|\[?\d\d:\d\d:\d\d|\[?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b"
    r"|[-*+•>|#$]|\d{1,3}[.)]\s|Traceback \(|File \"|at \w)|(?: {4}|\t)"
)
_LINE = late.compile(r"[^\n]*\n+|[^\n]+")  # with the empty lines behind it
_ENDLESS = late.compile(r"[\w ,'-]*\n*")  # nothing in it can end a sentence: a call costs 3 us
_HAN = late.compile(f"[{HAN}]")
# sentencex 1.0.32 panics, past any `except Exception`, on a capital, a no-break or ideographic space and a dot
# ("J\u00a0."); and Rust strings cannot hold lone surrogates.
_WIDE_SPACE = late.compile(r"[^\S\x00-\x7f]")
_SURROGATE = late.compile("[\ud800-\udfff]")
_STOPS = tuple(".!?:。！？：；…")
_WRAPPED_FROM = 40  # a shorter line was ended on purpose, not by a column
_CLOSERS = "\"'”’」』）》】)]}"
_CHINESE_ENDS = "。！？；"
_END = late.compile(rf"[.!?。！？；]{{1,50}}[{re.escape(_CLOSERS)}]{{0,9}}[^\S\n]{{0,99}}")
_ABBREVIATIONS = words_of(
    "mr mrs ms dr prof sr jr st vs etc e.g i.e cf al fig eq no vol pp dept inc ltd co corp approx est ca gen gov sen "
    "rep rev hon capt col lt sgt jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k a.m p.m ph.d"
)
_LAST_WORD = late.compile(r"[\w.]{1,12}\Z")


def sentences(text: str) -> list[str]:
    """Sentences of `text` with the white space that follows them; joined, they are `text` again.

    Uses sentencex where it is installed, `split_by_rules` elsewhere.
    """
    return list(_with_blanks(s for block, prose in _blocks(text) for s in _cut(block, prose=prose)))


def split_by_rules(text: str) -> list[str]:
    """Sentences by punctuation alone: "." with a space behind it and no abbreviation before it, "。！？" outside
    quotes or at their end. Lossless.
    """
    cuts = [match.end() for match in _END.finditer(text) if _ends_sentence(text, match)]
    edges = [0, *cuts, len(text)]
    return [text[a:b] for a, b in pairwise(edges) if a < b]


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    marks = match.group().rstrip()
    if marks[0] in _CHINESE_ENDS:
        # “真的吗？我不信。”: inside a quotation only its end is an end.
        return not _inside_quotes(text, match.start(), closed=marks[-1] in _CLOSERS)
    following = text[match.end() : match.end() + 1]
    if not match.group()[-1].isspace() and following not in ("", "\n") and following < "\u3000":
        return False  # 3.5, config.yaml, a URL
    if following.islower():
        return False
    word = _LAST_WORD.search(text, max(0, match.start() - 12), match.start())
    before = word.group().lower() if word else ""
    initial = len(before) == 1 and before.isalpha() and before != "i"
    return marks != "." or not (before in _ABBREVIATIONS or initial)


def _inside_quotes(text: str, position: int, *, closed: bool) -> bool:
    nearby = text[max(0, position - 200) : position]
    opened = max(map(nearby.rfind, "“「『"))
    return not closed and opened > max(map(nearby.rfind, "”」』"))


def _blocks(text: str) -> Iterator[tuple[str, bool]]:
    """Pieces of whole lines, and whether each is prose: a paragraph without its blank lines, or one long line."""
    fenced = False
    prose: list[str] = []
    for line in _LINE.findall(text):
        is_fence = bool(_FENCE.match(line))
        alone = fenced or is_fence or _is_own_line(line)
        fenced ^= is_fence
        if prose and (alone or not _continues(prose[-1], line)):
            yield "".join(prose), True
            prose = []
        if alone:
            yield line, False
        else:
            prose.append(line)
    if prose:
        yield "".join(prose), True


def _is_own_line(line: str) -> bool:
    return bool(_OWN_LINE.match(line)) or line.rstrip().endswith(("{", "}", ";"))


def _continues(line: str, following: str) -> bool:
    ended = line.endswith("\n\n") or line[-2:-1] in _STOPS
    return len(line) > _WRAPPED_FROM and not ended and following[:1].islower()


def _cut(block: str, *, prose: bool) -> Iterator[str]:
    split = _splitter() if prose and not _ENDLESS.fullmatch(block) else _whole
    start = 0
    while start < len(block):
        piece = block[start : start + MAX_SENTENCE]
        parts = split(piece)
        if start + len(piece) < len(block):
            # The last one may go on behind the piece: it is looked at again, unless it is all there is.
            parts = parts[:-1] or [_to_last_space(piece)]
        yield from parts
        start += sum(map(len, parts))


def _whole(piece: str) -> list[str]:
    return [piece]


def _to_last_space(piece: str) -> str:
    return piece[: piece.rfind(" ", MAX_SENTENCE // 2) + 1] or piece


def _with_blanks(pieces: Iterable[str]) -> Iterator[str]:
    """White space belongs to the sentence before it; at the start of the text, to the first sentence."""
    held: list[str] = []
    has_words = False
    for piece in pieces:
        blank = piece.isspace()
        if has_words and not blank:
            yield "".join(held)
            held, has_words = [], False
        held.append(piece)
        has_words = has_words or not blank
    if held:
        yield "".join(held)


@lru_cache(maxsize=1)
def _splitter() -> Callable[[str], list[str]]:
    try:
        from sentencex import segment
    except ImportError:  # no wheel for this platform
        return split_by_rules
    return partial(_split_by_model, segment)


def _split_by_model(segment: Callable[[str, str], Iterable[str]], piece: str) -> list[str]:
    clean = _SURROGATE.sub("\ufffd", _WIDE_SPACE.sub(" ", piece))
    parts = list(segment("zh" if _HAN.search(piece) else "en", clean))
    if "".join(parts) != clean:
        return split_by_rules(piece)
    ends = accumulate(map(len, parts), initial=0)
    return [piece[a:b] for a, b in pairwise(ends)]
