"""Text of others made safe to show: quoted inside a delimiter that it cannot close, or told on one line.

Rule 1: no control or bidi character and no Unicode tag (invisible text that models read) is shown.
Rule 2: what is told in place of words of others holds no line break and nothing that looks like the start of a turn.
"""

from __future__ import annotations

import re
import unicodedata

from tiermem.text import late
from tiermem.text.analyzer import han_share

CHINESE_SHARE = 0.3  # of the letters; a Han character counts one, so a few English identifiers do not tip it
_SAMPLE = 4_000  # characters looked at to tell the language

# C0 without tab and line end, C1, soft hyphen, zero-width space, bidi marks and overrides, BOM, Unicode tags: what
# hides, reverses or forges words. Joiners and variation selectors stay, since emoji and Indic scripts need them.
_INVISIBLE = late.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_JOINING = "\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
_BREAK = late.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # what Python and browsers take for a line end
_SURROGATE = late.compile("[\ud800-\udfff]")
_SPACE = late.compile(r"\s+")
_CONTINUED = late.compile(r"\n(?=[^\n])")
_ROLE = late.compile(
    r"\b(system|user|assistant|human|ai|tool|developer|function|instructions?)\s*[:：]|(系统|用户|助手|人类|开发者|工具|指令)\s*[:：]",
    re.IGNORECASE,
)
_TAG = late.compile(r"<(?=[A-Za-z/|!?])")
_BRACKET = late.compile(r"\[(?=/?(?:INST|SYS|SYSTEM|USER|ASSISTANT|TOOL|COMPACTED)\b)", re.IGNORECASE)
_HEADING = late.compile(r"#{2,}\s*|`{3,}")


# Cc acts on terminals, Cf reorders or hides text (bidi controls, tags), Cs and the separators break lines or output.
_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NEEDED = frozenset("\u200c\u200d")  # format characters that words and emoji need


def visible(text: str) -> str:
    """*text* with every character that acts on whatever shows it told by its code; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_told, text.replace("\r\n", "\n")))


def _told(character: str) -> str:
    if character in "\n\t" or character in _NEEDED or unicodedata.category(character) not in _ACTING:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def delimiters(*names: str) -> re.Pattern[str]:
    """Finds where an element of these *names* might open or close, for `enclosed`.

    Also with blanks, and with characters between its letters that somebody downstream may drop.
    """
    spelled = "|".join(f"[{_JOINING}]*+".join(map(re.escape, name)) for name in names)
    return re.compile(rf"<(?=[{_JOINING}\s]*+/?[{_JOINING}\s]*+(?:{spelled}))", re.IGNORECASE)


def enclosed(text: str, elements: re.Pattern[str]) -> str:
    """*text* that can neither leave the element it is put into nor open one of *elements*, and that hides nothing.

    What is left out is left out first: else it could be what kept a delimiter from being seen.
    """
    seen = _INVISIBLE.sub("", _BREAK.sub("\n", text))
    return elements.sub("‹", _SURROGATE.sub("\ufffd", seen))


def indented(text: str) -> str:
    """*text* whose lines but the first begin with a blank, so that none passes for a line of ours; an empty one cannot.

    A blank, because it costs no token before a word.
    """
    return _CONTINUED.sub("\n ", text)


def one_line(text: str) -> str:
    """*text* on one line: runs of white space become one space, invisible characters go, surrogates become U+FFFD."""
    return _SPACE.sub(" ", _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", _BREAK.sub("\n", text)))).strip()


def neutral(text: str) -> str:
    """*text* on one line in which nothing reads as the start of a turn, a tag, a heading or a code fence."""
    text = _ROLE.sub(lambda role: f"{role[1] or role[2]} -", one_line(text))
    return _HEADING.sub("", _BRACKET.sub("(", _TAG.sub("‹", text))).strip()


def unbracketed(text: str) -> str:
    """`neutral` text without square brackets and without the dot that parts a stub from its reference."""
    return neutral(text).replace("[", "(").replace("]", ")").replace(" · ", " - ")


def in_chinese(text: str) -> bool:
    """Whether *text* is mostly Chinese, so that what is said about it should be."""
    return han_share(text[:_SAMPLE]) > CHINESE_SHARE


def without(text: str, opening: re.Pattern[str], closing: re.Pattern[str], instead: str = "") -> str:
    """*text* with *instead* for each stretch from an *opening* to the next *closing*; what nothing closes stays.

    One expression for the whole stretch would be quadratic in openings that nothing closes.
    """
    parts, place = [], 0
    while opened := opening.search(text, place):
        closed = closing.search(text, opened.end())
        if closed is None:
            break
        parts += [text[place : opened.start()], instead]
        place = closed.end()
    return "".join([*parts, text[place:]])
