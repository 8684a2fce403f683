"""Where in what somebody says a value stands, and how it is said there. Pure.

Rule: words and figures are compared as they were written; a name or a figure must stand there itself, of any other word
another form will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from tiermem.facts.quantities import quantities
from tiermem.text import late
from tiermem.text.analyzer import HAN, terms
from tiermem.text.sentences import split_by_rules

KEPT = 4_096  # texts whose sentences or words are remembered: several claims are made of each
_HAN = late.compile(f"[{HAN}]+")
_WORD = late.compile(rf"[^\W_{HAN}]+(?:['-][^\W_{HAN}]+)*\+{{0,2}}#?")
_FIGURE = late.compile(r"(?<!\w)\d[\d,]*(?:\.\d+)?")
_SPACE = late.compile(r"\s+")
_EMPTY = frozenset({"a", "an", "the", "of", "and", "in", "at", "on", "for", "to", "my", "our", "his", "her", "with"})
_BREAK = late.compile(
    r"(?:,(?!\d)|[;，；、。!！?？\n()（）—])+|\s[-–]\s|:\s|：|\.(?=\s|$)"
    r"|\b(?:but|because|although|though|while|whereas|however|except)\b|但是|但|不过|因为|所以|而且|而是"
)
_DENIES = late.compile(
    r"\b(?:not|never|no longer|any ?more|without|neither|nor|isn't|aren't|wasn't|don't|doesn't|didn't|haven't|hasn't"
    r"|can't|cannot|won't|stopped|quit|gave up|used to)\b|n't\b|\bno\b(?! (?:doubt|problem|wonder)\b)"
    r"|不(?!过|错|仅|但|只|久|断)|没|别|未(?!婚|来|必)|无(?!锡|人机)|戒|曾经|以前",
    re.IGNORECASE,
)
_SUPPOSES = late.compile(
    r"\b(?:wish|if only|would (?:like|love|be|have)|i'd|might|(?-i:may)|if|unless|suppose|imagine|assuming|whether"
    r"|hopefully|hop(?:e|ing)|thinking (?:of|about)|considering|plan(?:ning|s)?|want(?:s|ed)? to|going to|gonna"
    r"|about to|supposed to|pretend\w*|as if|probably|perhaps|maybe|possibly|guess|wonder|not sure|unsure|someday"
    r"|one day|eventually|what if|let's say|for example|dream\w*)\b"
    r"|如果|要是|假如|假设|倘若|万一|的话|打算|计划(?!书)|想要|希望|准备|考虑|可能|也许|或许|大概|恨不得|差点|就好了"
    r"|比如|例如|好像|似乎|梦",
    re.IGNORECASE,
)
_DISLIKES = late.compile(
    r"\b(?:hat(?:e|es|ed)|dislik\w+|detest\w*|avoid\w*|can't stand|allergic)\b|讨厌|反感|受不了|忌口", re.IGNORECASE
)
_PAST = late.compile(
    r"\b(?:was|were|had|used to|former(?:ly)?|previous(?:ly)?|once|ago|left|sold|quit|gave|broke|died|lost|ended|over"
    r"|ex|\w{2,}ed)\b|了|过|曾|以前|之前|原来|前|离|卖|去世",
    re.IGNORECASE,
)
_CORRECTS = late.compile(
    r"\b(?:actually|correct(?:ion|ing)?|sorry|meant|wrong|mistak\w*|typo|wait|oops|scratch that|not|never|no|misspoke"
    r"|mixed up)\b|n't\b|不对|更正|纠正|错|其实|不是|没|应该是|口误|记混",
    re.IGNORECASE,
)
_ASKED = ("?", "？")
# A clause that asks, in a sentence of which others may state; and one that asks whether all before it is so.
_ASKING = late.compile(
    r"^\W*(?:(?:and|so|but|or|then|also|please)\b\s*)*(?:(?:can|could|would|will|should|shall|do|does|did|is|are"
    r"|was|were|have"
    r"|has|had|may|might|must|am|isn't|aren't|don't|doesn't|didn't|haven't|hasn't|won't|can't)\b|(?:what|how|why"
    r"|when|where"
    r"|who|whom|which|whose|what's|how's|who's|where's)\b)|[吗么呢]\s*$|什么|怎么|怎样|如何|为什么|哪|谁|多少"
    r"|几[个点岁]|是不是|有没有|能不能|是否",
    re.IGNORECASE,
)
_TAG = late.compile(
    r"^\W*(?:right|correct|true|no|yes|ok|okay|huh|eh|or not|you know|(?:is|are|was|do|does|did|have|has|can|will"
    r"|isn't|aren't"
    r"|wasn't|don't|doesn't|didn't|haven't|hasn't|won't|can't)(?: not)? (?:i|you|he|she|it|we|they|that"
    r"|this)(?: (?:true|right"
    r"|correct|so|not))?|对吧?|是吧|是吗|对吗|不是吗|好吗|没错吧|真的吗)\W*$",
    re.IGNORECASE,
)


def clause_of(value: str, text: str) -> str | None:
    """The clause of *text* in which *value* stands, or else the sentence; None where it stands in none that asks
    nothing."""
    for clauses, whole in _stating(text):
        for clause in clauses:
            if stands(value, clause):
                return clause.strip()
        if stands(value, whole):
            return whole.strip()
    return None


def terms_in(wanted: frozenset[str], text: str) -> str | None:
    """The clause, or else the sentence, of *text* that has all terms *wanted* and asks nothing; None where none"
    " has."""
    for clauses, whole in _stating(text):
        if wanted <= known_terms(whole):
            return next((one.strip() for one in clauses if wanted <= known_terms(one)), whole.strip())
    return None


def _stating(text: str) -> Iterator[tuple[list[str], str]]:
    """The clauses of each sentence of *text* that may state something, and the whole of these.

    "I have 4,500 words, can you help me?" states before it asks. The clause that ends with the question mark asks, and
    so does all of a sentence whose end is a tag ("I live in Rome, right?").
    """
    for sentence in sentences(text):
        clauses = [clause for clause in _BREAK.split(sentence) if clause.strip()]
        if not sentence.rstrip().endswith(_ASKED):
            yield clauses, sentence
        elif clauses and not _TAG.match(clauses[-1].replace("’", "'")):
            stating = [clause for clause in clauses[:-1] if not _ASKING.search(clause.replace("’", "'"))]
            if stating:
                yield stating, ", ".join(stating)


def stands(value: str, text: str) -> bool:
    """Whether every word and figure of *value* stands in *text*."""
    if _measured(value, text):
        return True
    runs, words = _HAN.findall(value), _WORD.findall(value)
    bare = _SPACE.sub("", text)
    if not runs and not words:  # signs alone, like an emoji
        return value.strip() != "" and value.strip() in text
    if not all(run in bare for run in runs):
        return False
    there = frozenset(word.casefold() for word in _WORD.findall(text))
    kept = [word for word in words if word.casefold() not in _EMPTY] or words
    return all(_word_stands(word, there, text) for word in kept) and _figures_stand(value, text)


def _word_stands(word: str, there: frozenset[str], text: str) -> bool:
    low = word.casefold()
    if low in there or f"{low}'s" in there:
        return True
    if any(map(str.isdigit, word)):
        return True  # judged as a figure
    return word.islower() and bool(own := frozenset(terms(word))) and own <= known_terms(text)


def _figures_stand(value: str, text: str) -> bool:
    """Whether each figure of *value* stands in *text*, written in any way."""
    missing = _figures(value) - _figures(text)
    if not missing:
        return True
    spelled = {float(amount) for one in quantities(text)[1] if one.kind != "when" for amount in one.value}
    return missing <= spelled


def _measured(value: str, text: str) -> bool:
    """Whether *value* is one amount or time, and *text* names the same in any spelling."""
    found = quantities(value)[1]
    if len(found) != 1 or found[0].text.strip() != value.strip():
        return False
    wanted = found[0]
    return any(
        (one.kind, one.unit, one.value) == (wanted.kind, wanted.unit, wanted.value) for one in quantities(text)[1]
    )


def _figures(text: str) -> set[float]:
    return {float(figure.replace(",", "").rstrip(".")[:30]) for figure in _FIGURE.findall(text)}


def denies(clause: str) -> bool:
    """Whether *clause* says that something is not so, or not any more."""
    return bool(_DENIES.search(clause.replace("’", "'")))


def dislikes(clause: str) -> bool:
    """Whether *clause* says that somebody does not want something."""
    return bool(_DISLIKES.search(clause.replace("’", "'")))


def past(clause: str) -> bool:
    """Whether *clause* may be about what was so once."""
    return denies(clause) or bool(_PAST.search(clause))


def corrects(text: str) -> bool:
    """Whether *text* may take back what was said before."""
    return bool(_CORRECTS.search(text.replace("’", "'")))


def supposes(clause: str) -> bool:
    """Whether *clause* is about what is wished, planned or only thought of."""
    return bool(_SUPPOSES.search(clause.replace("’", "'")))


@lru_cache(maxsize=KEPT)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of *text*, a line break ends one too."""
    return tuple(one for line in text.splitlines() for one in split_by_rules(line) if one.strip())


@lru_cache(maxsize=KEPT)
def known_terms(text: str) -> frozenset[str]:
    """The index terms of *text*."""
    return frozenset(terms(text))
