"""Which texts may state a fact at all, told by single words: most do not, and reading one closely takes far longer.

Rule: these are necessary conditions of the rules, and what stands in them makes no fact by itself.
"""

from __future__ import annotations

import re

from tiermem.facts.stated.english.words import BONDS, DIETS, JOBS, KIDS, KIN, OWNED, PERSONAL, PETS, PLURAL_PETS, SHARED
from tiermem.text.analyzer import words_of

_WORDS = re.compile(r"[a-z][a-z-]*")


def _last(*tables: str) -> frozenset[str]:
    """The last words of the entries of *tables*, without what is no letter."""
    entries = (re.sub(r"\(\?:|[()?\[\]]", " ", entry).split() for table in tables for entry in table.split("|"))
    return frozenset(words[-1].lower() for words in entries if words)


_TOLD = _last(JOBS, BONDS, DIETS, OWNED, KIDS, PLURAL_PETS, PETS) | words_of(
    "live lives living reside resides residing based settled settle moved relocated lived work works working "
    "employed worked joined hired resigned laid promoted became retrained relationship broke split separated "
    "allergic intolerant allergy allergies outgrew outgrown left quit stopped gave given switched migrated "
    "turned old name named called born grew drink drinks drinking smoke smokes smoking eat eats eating speak "
    "speaks collect collects studying study studies started job position role offer sold adopted bought "
    "rehomed broke learning learn learns teach teaches teaching drive drives driving gluten dairy lactose "
    "biking coeliac celiac"
)
_WEAK = re.compile(
    r"\b(?:i|we)(?:['’](?:m|ve))?(?: \w+){0,3}? (?:like|love|enjoy|adore|hate|dislike|detest|use|using"
    r"|play|playing|from|go by|smoke|drink"
    r"|[\d\ue000-\uf0ff]+)(?!\w)|\b(?:i['’]m|i am|turned|is|are) [\d\ue000-\uf0ff]"
)
_THINGS = _last(PERSONAL, SHARED, KIN)
_BE = words_of(
    "is are was were moved pushed postponed rescheduled changed raised increased lowered reduced cut bumped "
    "went dropped rose grew fell extended shortened brought delayed upgraded switched renamed updated set "
    "jumped climbed slipped adjusted improved reset revised picked chose selected settled booked hired use "
    "beat slashed upped s"
)
_COMMON = frozenset(["is", "are", "was", "were", "use", "s", "set", "went"])
_MOVERS = _BE - _COMMON
_DIGIT = re.compile(r"[\d\ue000-\uf0ff]")
_WHOSE = frozenset(["my", "our", "the", "we", "i", "they"])
_ROLES = frozenset(
    [
        "responsible",
        "charge",
        "handles",
        "owns",
        "leads",
        "runs",
        "maintains",
        "manages",
        "over",
        "assigned",
        "reassigned",
    ]
)
_BACK = words_of("actually correction scratch meant wait oops sorry no now instead moved changed raised make pushed")
_IT = frozenset(["it", "that", "this", "it's", "meant", "scratch", "make", "no", "wait"])
_FAVOURITE = frozenset(("favorite", "favourite"))
_HAN = re.compile(
    r"[我咱俺人][^，。！？；\n]{0,12}?[住搬在喜爱讨吃喝抽打玩学练弹养有戒叫用是岁婚恋单做当升过把来不没会最改换分]"
    r"|(?:改|换|调|推迟|延|提前|提高|升|降|涨|定|设|增|减|缩|迁|切)[^，。！？；\n]{0,4}(?:成|为|到|至|在|由|用|叫|于)"
    r"|负责|接手|接管|跟进|主管|住在|搬到|搬去|工作|上班|任职|[\ue000-\uf0ff\d]岁?[，。！]?$|跳槽|入职"
    r"|加入|来自|老家|[会讲]说|过敏|不对|更正|纠正|错了|口误|[叫住]|今年|改由|转给|交给"
    r"|(?:库|架|言|点|址|地|题|色|案|店|厅|机|脑|车|商|台|理|板|师|练|生|人|长|期|间|算|格|租|薪|用|价"
    r"|班|位|号|箱|信|码|口|本|小|值|限|数|额|高|重|型|日|座|名|校|学|位|司|器|统|存|列|端|会|审|试|礼"
    r"|聚|地|东|行|房|线|率|标|速|绩|名|支|证|级|态)"
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
    words = frozenset(_WORDS.findall(lower))
    if not words.isdisjoint(_TOLD) or not words.isdisjoint(_FAVOURITE) or not words.isdisjoint(_ROLES):
        return True
    if not (words.isdisjoint(_BE) or words.isdisjoint(_WHOSE) or words.isdisjoint(_THINGS)):
        return True
    if not words.isdisjoint(_MOVERS) and _DIGIT.search(lower):
        return True
    if not words.isdisjoint(_BACK) and not words.isdisjoint(_IT):
        return True
    return bool(_WEAK.search(lower))


def may_joke(lower: str) -> bool:
    """Whether words of *lower* may mean that it is no earnest."""
    return not lower.isascii() or "/s" in lower or not _JOKING.isdisjoint(_WORDS.findall(lower))
