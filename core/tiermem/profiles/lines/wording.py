"""A fact in the words in which a profile shows it, English or Chinese by what it says. Pure."""

from __future__ import annotations

from types import MappingProxyType

from tiermem.facts.stated.record import NO, USER, YES
from tiermem.text import late
from tiermem.text.analyzer import han_share
from tiermem.text.sanitizing import one_line

_CHINESE_LABELS = MappingProxyType(
    {
        "name": "名字",
        "age": "年龄",
        "origin": "来自",
        "home": "住处",
        "job": "职业",
        "work": "工作单位",
        "relationship": "感情状况",
        "diet": "饮食",
        "birthday": "生日",
    }
)
# What an attribute that begins so says of whom it is true, and of whom it is not; `{}` is the rest of it.
_CHINESE_VERBS = MappingProxyType(
    {
        "like": ("喜欢{}", "不喜欢{}"),
        "love": ("喜欢{}", "不喜欢{}"),
        "speak": ("会说{}", "不会说{}"),
        "own": ("有{}", "没有{}"),
        "use": ("用{}", "不用{}"),
        "allergic to": ("对{}过敏", "对{}不过敏"),
        "play": ("玩{}", "不玩{}"),
    }
)
_FAVORITE = late.compile(r"favou?rite (?P<what>.+)")
_SPACED = late.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
_ES = late.compile(r"(?:s|sh|ch|x|z|o)$")
_IES = late.compile(r"(?<=[^aeiou])y$")
# Attributes that are no verbs: what is so of somebody, or what somebody has.
_STATES = frozenset({"trait", "allergy"})
_VERBS = frozenset({"habit", "taste", "use", "language", "own"})


def worded(subject: str, attribute: str, value: str, kind: str) -> str:
    """The fact on one line: "home: Bergen", "allergic to peanuts", "does not drink coffee", "对花生过敏"."""
    chinese = bool(han_share(attribute)) or (value not in (YES, NO) and is_chinese(value))
    words = _of_attribute(one_line(attribute), one_line(value), kind, chinese=chinese)
    whose = one_line(subject)
    if whose == USER:
        return words
    owner = whose.removeprefix(f"{USER}'s ")
    if value in (YES, NO):
        return f"{owner}: {words}"
    return f"{owner}的{words}" if chinese and is_chinese(owner) else f"{owner}'s {words}"


def dated(text: str, month: str, *, since: bool) -> str:
    """*text* with the *month* since which it is so, or in which it was said to be."""
    if han_share(text):
        return f"{text}（{month} 起）" if since else f"{text}（截至 {month}）"
    return f"{text} ({'since' if since else 'as of'} {month})"


def is_chinese(text: str) -> bool:
    """Whether what *text* says is said in Chinese."""
    return han_share(text) > 0.3


def _of_attribute(attribute: str, value: str, kind: str, *, chinese: bool) -> str:
    if value in (YES, NO) and kind != "stated":  # an application's words need not be a verb
        return (_chinese_claim if chinese else _claim)(attribute, kind, so=value == YES)
    if chinese:
        favorite = _FAVORITE.fullmatch(attribute)
        label = f"最喜欢的{favorite['what']}" if favorite else _CHINESE_LABELS.get(attribute, attribute)
        return f"{label}: {value}"
    return f"{attribute}: {value}"


def _claim(attribute: str, kind: str, *, so: bool) -> str:
    """What is so, or not so, of somebody, in the third person."""
    verb, _, rest = attribute.partition(" ")
    if kind in _VERBS or (kind not in _STATES and verb in _PLAIN_VERBS):
        third = f"{_third(verb)} {rest}".strip()
        return third if so else f"does not {attribute}"
    return attribute if so else f"not {attribute}"


_PLAIN_VERBS = frozenset(("like", "love", "drink", "eat", "smoke", "speak", "own", "use", "play", "learn", "study"))


def _third(verb: str) -> str:
    if verb == "have":
        return "has"
    if _IES.search(verb):
        return _IES.sub("ies", verb)
    return f"{verb}es" if _ES.search(verb) else f"{verb}s"


def _chinese_claim(attribute: str, kind: str, *, so: bool) -> str:
    for verb, (positive, negative) in _CHINESE_VERBS.items():
        if attribute.startswith(f"{verb} "):
            return (positive if so else negative).format(attribute.removeprefix(f"{verb} "))
    joined = _SPACED.sub("", attribute)
    if so:
        return joined
    return f"不{joined}" if kind in _VERBS else f"不是{joined}"
