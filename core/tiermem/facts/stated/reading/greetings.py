"""The name by which somebody introduces himself in a greeting: "Hi, I'm Anna." Pure.

"I'm Anna" alone may be anything ("I'm German", "I'm Batman"); behind a greeting a word with a capital is a name, unless
it tells a people, a mood or a state.
"""

from __future__ import annotations

import re

from tiermem.facts.stated.chinese.patterns import is_name
from tiermem.facts.stated.english.subjects import NAME
from tiermem.facts.stated.english.words import PEOPLES
from tiermem.facts.stated.record import Stated
from tiermem.text import late
from tiermem.text.analyzer import HAN, words_of

_ENGLISH = late.compile(
    r"^\W*(?:hi|hello|hey|greetings|good (?:morning|evening|afternoon|day))(?: (?:there|all|everyone|everybody|again"
    rf"|team|friends?))?\W+(?:I['’]m|I am|my name is|my name['’]s) (?P<name>(?-i:{NAME}(?: {NAME})?))"
    r"(?=\s*[.!,\n]|\s*$|\s+(?:and (?:I|my|this)\b|from\b|here\b|[-–—]))",
    re.IGNORECASE,
)
_HELLO = "你好|您好|大家好|嗨|哈喽|早上好|下午好|晚上好"
_CHINESE = late.compile(rf"^(?:{_HELLO})[呀啊]?[，,！!。~～ ]*我(?:是|叫)(?P<name>[{HAN}]{{2,3}})(?=[，,。！!~～]|$)")
_ROLE = late.compile(r"(?:[员师生人手工者家长友户民粉迷]|老师|医生|经理|妈|爸|新来的)$")
_NO_NAME = words_of(
    "sorry done back fine good great okay ok new here late happy sure glad tired bored sick sad excited ready stuck "
    "lost hungry busy curious confused worried interested looking trying working not so very just still also really "
    "afraid grateful stressed anxious nervous thrilled old young single married pregnant vegan vegetarian retired "
    "autistic deaf blind gay straight trans queer christian muslim jewish buddhist hindu catholic protestant"
)


_GREETING = late.compile(r"^\W*(?:hi|hello|hey|greetings|good|{_HELLO})", re.IGNORECASE)


def greets(text: str) -> bool:
    """Whether *text* may begin with a greeting."""
    return bool(_GREETING.match(text))


def introduced(text: str, speaker: str) -> list[Stated]:
    """The name of *speaker*, where *text* begins with a greeting that gives it."""
    if (match := _ENGLISH.match(text)) and match["name"].split()[0].lower() not in _NO_NAME:
        if not any(PEOPLES.fullmatch(word) for word in match["name"].split()) and not match["name"].isupper():
            return [Stated(speaker, "name", match["name"], "name")]
    elif (match := _CHINESE.match(text)) and is_name(match["name"], own=True) and not _ROLE.search(match["name"]):
        return [Stated(speaker, "name", match["name"], "name")]
    return []
