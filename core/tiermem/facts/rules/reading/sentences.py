"""What a message lays down, sentence by sentence, in the words it was said in.

Rule 1: only what its writer says himself: no code, no quotes, no letters, transcripts, inventions or texts handed over.
Rule 2: the words are those of the message, sentence by sentence; nothing is put together anew.
Rule 3: no text makes these functions raise; the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tiermem.facts.rules.chinese import kinds as chinese
from tiermem.facts.rules.english import kinds as english
from tiermem.facts.rules.record import MOST_TEXT, StandingRule
from tiermem.facts.stated.reading.handed import own
from tiermem.text import late
from tiermem.text.analyzer import HAN
from tiermem.text.sentences import split_by_rules

MOST = 12  # of one message; more is a document
LONG = 1_200  # characters of a message of which most may be pasted: there only what says that it holds counts
PASTED = 4_000  # characters of what a user says himself; what is longer is pasted
_CODE = late.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,200}`", re.DOTALL)
_QUOTED = late.compile(
    r"[\"“「『]((?=[^\"”」』\n]*[ ，。,.])[^\"”」』\n]{20,})[\"”」』]|^[ \t]*>.*$"
    r"|[:：]\s*[\"“「『][^\"”」』\n]*[\"”」』]"
    r"|<(?P<element>[a-zA-Z][\w-]{0,40})[^<>\n]{0,200}>(?:[^<]|<(?!/(?P=element))){0,4000}</(?P=element)>"
    r"|<[a-zA-Z][^<>\n]{0,200}>",
    re.MULTILINE,
)
_WRAPPED = late.compile(r"(?<=[\w,])\n(?=[a-z])")
_LINES = late.compile(r"[^\n]+")
_HAN = late.compile(f"[{HAN}]")
_SPACE = late.compile(r"\s+")
_REFERS = late.compile(
    r"^\W*(?:please )?(?:never|don't|do not|always|stop|avoid) (?:do(?:ing)? )?(?:that|this|it|so)\b", re.IGNORECASE
)
# What stands behind it is made up, or one of many.
_EXAMPLE = late.compile(
    r"^\W*(?:(?:for )?(?:example|instance)|e\.?g|examples?|sample|imagine|suppose)\b\s*[:,.]?|^\W*(?:例如|比如说?|举例"
    r"|举个例子|示例|譬如|例)[：:，,说]?",
    re.IGNORECASE,
)
_EDGES = " \t-*•>#"


def laid_down(text: str, *, system: bool = False) -> list[StandingRule]:
    """What *text* lays down, in order, at most `MOST`; each once. *system*: it is a system prompt, which may be long,
    and in which everything is meant."""
    if len(text) > PASTED and not system:
        return []
    found: dict[str, StandingRule] = {}
    meant = len(text) if system else -1
    for start, end, rule in _rules(text, long=len(text) > LONG and not system):
        if meant < 0:  # most texts lay nothing down, and need not be looked at so closely
            meant = len(own(text))
        if (end > meant and not _asks_for_good(text, start, meant, end)) or (len(found) == MOST and not system):
            break
        found.setdefault(rule.text.casefold(), rule)
    return list(found.values())


def _asks_for_good(text: str, start: int, meant: int, end: int) -> bool:
    """Whether what is handed over begins with the sentence from *start* to *end*, which is an order for good itself:
    "whenever you translate, keep the names" hands nothing over."""
    sentence = text[start:end]
    language = chinese if _HAN.search(sentence) else english
    return start <= meant + len(_EDGES) and not re.search("[:：]", sentence) and language.strict(sentence)


def _rules(text: str, *, long: bool) -> Iterator[tuple[int, int, StandingRule]]:
    """The rules of *text*, each with the places where its sentence begins and ends."""
    masked = _masked(text)
    before = ""
    for start, end in _sentences(masked):
        sentence = masked[start:end]
        language = chinese if _HAN.search(sentence) else english
        kind, revokes = ("", False) if _EXAMPLE.match(sentence) else language.kind_of(sentence)
        if kind and long and not language.strict(sentence):
            kind = ""
        words = _one_line(text[start:end])
        if kind and len(words) <= MOST_TEXT:
            refers = bool(before) and bool(_REFERS.match(words)) and len(before) + len(words) < MOST_TEXT
            yield start, end, StandingRule(kind, f"{before} {words}" if refers else words, revokes)
        before = words


def _masked(text: str) -> str:
    """*text*, as long as it was, with blanks for code and quotes."""
    for pattern in (_CODE, _QUOTED):
        text = pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
    return _WRAPPED.sub(" ", text)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    for line in _LINES.finditer(text):
        start = line.start()
        for sentence in split_by_rules(line.group()):
            yield start, start + len(sentence)
            start += len(sentence)


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip(_EDGES)
