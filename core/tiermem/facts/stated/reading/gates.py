"""Which texts may state a fact at all, told by single words: most do not, and reading one closely takes far longer.

Rule: these are necessary conditions of the rules, and what stands in them makes no fact by itself.
"""

from __future__ import annotations

import re

from tiermem.facts.stated.chinese.requests import HEAD
from tiermem.facts.stated.english.requests import CUES as GRANTED
from tiermem.facts.stated.english.words import (
    APPOINTMENTS,
    BONDS,
    DIETS,
    JOBS,
    KIDS,
    KIN,
    OWNED,
    PERSONAL,
    PETS,
    PLURAL_PETS,
    SHARED,
)
from tiermem.text import late
from tiermem.text.analyzer import words_of

_WORDS = late.compile(r"[a-z][a-z-]*")


_NO_SIGN = words_of("or person free owl guide over e")  # ends of entries that say nothing alone


def _last(*tables: str) -> frozenset[str]:
    """The last words of the entries of *tables*, without what is no letter."""
    entries = (re.sub(r"\(\?:|[()?\[\]]", " ", entry).split() for table in tables for entry in table.split("|"))
    return frozenset(words[-1].lower() for words in entries if words and words[-1] not in _NO_SIGN)


_TOLD = _last(APPOINTMENTS, JOBS, BONDS, DIETS, OWNED, KIDS, PLURAL_PETS, PETS) | words_of(
    "live lives living reside resides residing based settled settle moved relocated lived work works working "
    "fired dismissed sacked redundant "
    "employed worked joined hired resigned laid promoted became retrained relationship broke split separated "
    "allergic intolerant allergy allergies outgrew outgrown left quit stopped gave given switched migrated "
    "turned old name named called born grew drink drinks drinking smoke smokes smoking eat eats eating speak "
    "speaks collect collects studying study studies started job position role offer sold adopted bought "
    "rehomed broke learning learn learns teach teaches teaching drive drives driving gluten dairy lactose "
    "biking coeliac celiac run runs running opened manage manages purchased leased keep keeps husband wife partner "
    "girlfriend boyfriend son daughter sister brother"
)
# Words that tell something of a person only right behind one.
_WEAK = words_of("like love enjoy adore hate dislike detest use using play playing from go smoke drink")
_NUMBERED = late.compile(r"\b(?:i['’]m|am|turned|is|are|have|has|own|adopted|got|now) [\d\ue000-\uf0ff]")
_THINGS = _last(PERSONAL, SHARED, KIN)
_BE = words_of(
    "is are was were moved pushed postponed rescheduled changed raised increased lowered reduced cut bumped "
    "went dropped rose grew fell extended shortened brought delayed upgraded switched renamed updated set "
    "jumped climbed slipped adjusted improved reset revised picked chose selected settled booked hired use "
    "beat slashed upped currently s leaves departs starts begins ends lands arrives opens closes"
)
_COMMON = words_of("is are was were use s set went leaves departs starts begins ends lands arrives opens closes")
_MOVERS = _BE - _COMMON
_DIGIT = late.compile(r"[\d\ue000-\uf0ff]")
FEW = 25  # words of a text that may correct what was said before
BEHIND = 7  # words in which what is told of a person follows it
CLOSE = 4  # and in which a word that tells little by itself does
_PERSONS = words_of("i we my our me us")
_NEARBY = _TOLD | _WEAK
# What is told of somebody else by name, and what somebody does for a thing.
_OF_OTHERS = words_of(
    "lives moved relocated works joined responsible charge handles owns leads maintains manages reassigned assigned "
    "favorite favourite allergic married engaged divorced"
)
_TAKING = words_of("took taken takes taking take")
_DROPPED = words_of("started joined moved sold quit stopped adopted bought turned switched gave got relocated")
_CORRECTING = words_of("actually correction scratch meant wait oops sorry no instead make mistake typo")
_WHOSE = words_of("my our the")
_MOVED = words_of("my our the it")
_HAN = late.compile(
    r"[我咱俺人][^，。！？；\n]{0,12}?[住搬在喜爱讨吃喝抽打玩学练弹养有戒叫用是岁婚恋单做当升过把来不没会最改换分]"
    r"|(?:改|换|调|推迟|延|提前|提高|升|降|涨|定|设|增|减|缩|迁|切)[^，。！？；\n]{0,4}(?:成|为|到|至|在|由|用|叫|于)"
    r"|负责|接手|接管|跟进|主管|住在|搬到|搬去|工作|上班|任职|[\ue000-\uf0ff\d]岁?[，。！]?$|跳槽|入职|离职|辞职|辞去|裁员|裁了|裁掉|开除|解雇|辞退"
    rf"|[\d\ue000-\uf0ff][^，。！？；\n]{{0,8}}的[^，。！？；\n]{{0,8}}?(?:{HEAD})"
    r"|加入|来自|老家|[会讲]说|过敏|不耐受|清真|生日|[买开提换][着了]?(?:一?辆|[\ue000-\uf0ff])|不对|更正|纠正|错了|口误|[叫住]|今年|改由|转给|交给"
    r"|(?:库|架|言|点|址|地|题|色|案|店|厅|机|脑|车|商|台|理|板|师|练|生|人|长|期|间|算|格|租|薪|用|价"
    r"|班|位|号|箱|信|码|口|本|小|值|限|数|额|高|重|型|日|座|名|校|学|位|司|器|统|存|列|端|会|审|试|礼"
    r"|聚|议|地|东|行|房|线|率|标|速|绩|名|支|证|级|态)"
    r"(?:现在|目前|已经|的?名字)?(?:是|为|：|在|叫|用的是)"
)
_JOKING = words_of(
    "right kidding jk sarcasm dreams if sure oh pretend obviously role-play roleplay fools love adore s simply "
    "just really not said lol totally"
)


def may_state(text: str) -> bool:
    """Whether *text* may state a fact."""
    return (not text.isascii() and chinese(text)) or english(text.lower())


def chinese(clause: str) -> bool:
    """Whether a *clause* may state one in Chinese."""
    return bool(_HAN.search(clause))


def english(lower: str) -> bool:
    """Whether *lower*, in lower case, may state one in English."""
    words = _WORDS.findall(lower)
    known = frozenset(words)
    measured = bool(_DIGIT.search(lower))
    return (
        not known.isdisjoint(_OF_OTHERS)
        or ("over" in known and not known.isdisjoint(_TAKING))
        or not _DROPPED.isdisjoint(words[:3])
        or (not (known.isdisjoint(_PERSONS) or known.isdisjoint(_NEARBY)) and _near(words))
        or (not (known.isdisjoint(_BE) or known.isdisjoint(_WHOSE) or known.isdisjoint(_THINGS)) and _of_thing(words))
        or (measured and not (known.isdisjoint(_MOVERS) or known.isdisjoint(_MOVED)))
        or (measured and not (known.isdisjoint(_PERSONS) or known.isdisjoint(GRANTED)))
        or (not known.isdisjoint(_CORRECTING) and (measured or len(words) <= FEW))
        or (measured and bool(_NUMBERED.search(lower)))
    )


def _near(words: list[str]) -> bool:
    """Whether shortly behind a person a word follows that tells something of one."""
    left = 0
    for word in words:
        if word in _PERSONS:
            left = BEHIND
        elif left:
            left -= 1
            if word in _TOLD or (word in _WEAK and left >= BEHIND - CLOSE):
                return True
    return False


def _of_thing(words: list[str]) -> bool:
    """Whether a thing that may have a value stands behind "my", "our" or "the", and a word of being near it."""
    for place, word in enumerate(words):
        if word not in _WHOSE:
            continue
        for after in range(place + 1, min(place + 6, len(words))):
            around = words[max(0, place - 4) : place] + words[after + 1 : after + 7]
            if words[after] in _THINGS and not _BE.isdisjoint(around):
                return True
    return False


def may_joke(lower: str) -> bool:
    """Whether words of *lower* may mean that it is no earnest."""
    return "/s" in lower or "🙄" in lower or not _JOKING.isdisjoint(_WORDS.findall(lower))
