"""What is stated where a pattern of `rules` matches what Chinese says of somebody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from tiermem.facts.stated.chinese.patterns import is_name
from tiermem.facts.stated.qualities import QUALITIES
from tiermem.facts.stated.record import CHANGES, CORRECTS, NO, RETRACTS, YES, Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late

_NOT_PLACE = late.compile(
    r"(?:新家|新房|新公司|别处|别的|楼上|楼下|隔壁|外面|这里|那里|这边|那边|一起|一个|附近|哪|对面"
    r"|新房子|宿舍|公司|学校|单位|家里)"
)
# Where somebody stays for a time, and a department, which is nobody's home; words that say that he only stays.
_STAYS = late.compile(
    r"酒店|宾馆|旅馆|旅店|民宿|旅舍|青旅|客栈|招待所|医院|(?:朋友|亲戚|同事|同学|别人)(?:家|那)|^院|^在|帐篷"
    r"|车[里上]|船上|^(?:公寓|别墅|平房|出租屋|房子|地下室)里?$"
    r"|(?:部|部门|科室|办公室|小组|团队|事业部|组)$"
)
_PASSING = late.compile(
    r"这(?:周|几天|两天|[一几两]?个?月|段时间|次|会儿)|暂时|临时|出差|度假|旅游|旅行|先住|借住|住几天|住两天|今晚"
    r"|这周末"
)
Make = Callable[[str, "re.Match[str]", Told], Iterator[Stated]]


def _fixed(attribute: str, manner: str = "") -> Make:
    def make(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
        value = match["value"].strip()
        if attribute in ("home", "origin") and (_NOT_PLACE.search(value) or _STAYS.search(value)):
            return
        if attribute == "home" and not manner and _PASSING.search(told.text):
            return
        if told.past and not manner and not told.changed:
            if not re.search("去年|上个月|前年|曾经|以前|之前|原来|当时|过去|那时|小时候", told.text):
                return
            if re.search("曾经|以前|之前|原来|当时|过去|那时|小时候|曾", told.text):
                yield told.once(subject, attribute, value, attribute)
            return
        if manner == CHANGES and told.corrects:
            yield told.fact(
                subject, attribute, value, attribute, manner=CORRECTS, old=match.groupdict().get("old") or ""
            )
        elif manner:
            yield told.fact(subject, attribute, value, attribute, manner=manner, old=match.groupdict().get("old") or "")
        else:
            yield told.fact(subject, attribute, value, attribute)

    return make


def _age(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    years = told.quantity(match["value"])
    if years.unit == "age" and len(years.value) == 1 and not told.past:
        yield told.fact(subject, "age", f"{float(years.value[0]):g}", "age")


def _bond(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if told.past and not match["value"].endswith("婚"):
        return
    words = {
        "结婚": "已婚",
        "离婚": "离异",
        "谈恋爱": "恋爱",
        "分手": "单身",
        "领证": "已婚",
        "离异": "离异",
        "结了婚": "已婚",
        "离了婚": "离异",
    }
    value = words.get(match["value"], match["value"])
    news = match["value"] in words or match["value"] == "订婚"
    yield told.fact(
        subject, "relationship", value, "bond", manner=CHANGES if news and not told.corrects else told.manner
    )


def _allergic(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    no = bool(match["no"] or match["no2"])
    if told.past and not no:
        return
    for what in re.split("和|跟|、|以及|还有", match["what"]):
        if what and what not in ("这个", "那个", "它", "什么", "你", "这种"):
            yield told.fact(subject, f"allergic to {what}", NO if no else YES, "allergy")


_NO_WHAT = late.compile(
    r"^(?:这|那|你|他|她|它|我|什么|一下|一起|得|的|过|着|完|到|不|没|了|起来|上|出|东西|自己|大家)"
)
_VERB = {
    "喜欢吃": "吃",
    "爱吃": "吃",
    "爱喝": "喝",
    "喜欢喝": "喝",
    "正在学": "学",
    "在学": "学",
    "在学习": "学",
    "学习": "学",
    "会弹": "弹",
    "在练": "练",
    "自学": "学",
}


def _habit(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    part = match.groupdict()
    what, verb, no = part["what"], part["verb"], part.get("no")
    if what in QUALITIES or _NO_WHAT.match(what) or re.search("的|[和跟与]你|一下|什么", what):
        return
    if verb in ("喜欢", "爱", "讨厌", "最喜欢", "热爱", "喜爱"):
        attribute = f"like {what}"
        no = no or (verb == "讨厌")
    else:
        attribute = f"{_VERB.get(verb, verb)} {what}"
    if re.search("以前|曾经|之前|原来|过去|小时候|那时|当时", told.text) and not no:
        yield told.once(subject, attribute, YES, "habit")
    elif not told.past or no:
        ended = bool(no) and bool(re.search("了$|不再|戒", told.text))
        manner = CHANGES if ended and not told.corrects else told.manner
        yield told.fact(subject, attribute, NO if no else YES, "habit", manner=manner)


def _quit(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    what = {
        "烟": "抽 烟",
        "酒": "喝 酒",
        "咖啡": "喝 咖啡",
        "糖": "吃 糖",
        "奶茶": "喝 奶茶",
        "可乐": "喝 可乐",
        "肉": "吃 肉",
        "碳水": "吃 碳水",
        "辣": "吃 辣",
        "甜食": "吃 甜食",
        "牛奶": "喝 牛奶",
    }.get(match["what"])
    if what:
        yield told.fact(subject, what, NO, "habit", manner=CHANGES)


def _owns(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if told.past and not re.search("去年|上个月|前年", told.text):
        return
    if match["count"] and told.quantity(match["count"]).value[0] != "1":
        yield told.fact(subject, match["what"], f"{float(told.quantity(match['count']).value[0]):g}", "count")
        return
    yield told.fact(subject, f"own {match['what']}", YES, "own")
    if match["called"]:
        yield told.fact(f"{subject}'s {match['what']}", "name", match["called"], "name", several=True)


def _owns_none(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    yield told.fact(subject, f"own {match['what']}", NO, "own", manner=CHANGES)


def _named(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if is_name(match["value"], own=subject == told.speaker):
        yield told.fact(subject, "name", match["value"], "name", several="'s " in subject)


def _not_named(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if is_name(match["value"], own=True):
        yield told.fact(subject, "name", match["value"], "name", manner=RETRACTS)


def _trait(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    diet = {
        "素食者": "素食",
        "吃素": "素食",
        "素食主义者": "素食",
        "纯素": "纯素",
        "清真": "清真",
        "生酮": "生酮",
        "吃纯素": "纯素",
        "素食": "素食",
    }.get(match["value"])
    no = bool(match["no"])
    if diet:
        if no:
            yield told.once(subject, "diet", diet, "diet")
        elif not told.past:
            yield told.fact(subject, "diet", diet, "diet")
    elif not told.past or no:
        yield told.fact(subject, match["value"], NO if no else YES, "trait")


def _does(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not told.past:
        if not (_CITIES.match(match["value"]) or re.search("[省市区县镇村州]$", match["value"])):
            yield told.fact(subject, "work", match["value"].strip(), "work")
        yield told.fact(subject, "job", match["job"], "job")


def _drives(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if not told.other and (not match["count"] or told.quantity(match["count"]).text.endswith("辆")):
        yield told.fact(subject, f"开 {match['value'].strip()}", YES, "habit")


def _favourite(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if (
        match["what"]
        in (
            "东西",
            "的",
            "事",
            "事情",
            "部分",
            "地方",
            "人",
            "就",
            "一个",
            "一部",
            "一首",
            "一句",
        )
        or _NO_WHAT.match(match["value"])
        or "之一" in match["what"]
    ):
        return
    if re.search("以前|曾经|之前|原来|小时候", told.text) and not re.search("现在|变|换|改", told.text):
        yield told.once(subject, f"favorite {match['what']}", match["value"], "favorite")
    else:
        yield told.fact(subject, f"favorite {match['what']}", match["value"], "favorite")


def _uses(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    old = match.groupdict().get("old")
    if old:
        yield told.news(subject, f"use {old}", NO, "use")
        yield told.news(subject, f"use {match['value']}", YES, "use")
    elif not told.past:
        yield told.fact(subject, f"use {match['value']}", YES, "use")


_CITIES = late.compile(
    "北京|上海|广州|深圳|杭州|成都|重庆|武汉|西安|南京|天津|苏州|长沙|青岛|沈阳|大连|厦门|福州|济南"
    "|郑州|昆明|哈尔滨|四川|湖南|湖北|广东|广西|福建|浙江|江苏|山东|山西|河南|河北|东北|江西|安徽|贵州"
    "|云南|陕西|甘肃|新疆|西藏|内蒙古|海南|台湾|香港|澳门|宁波|无锡|温州"
)


def _count(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    number = told.quantity(match["count"])
    if number.kind == "count" and len(number.value) == 1 and not told.past:
        yield told.fact(subject, match["what"], f"{float(number.value[0]):g}", "count")


def _job(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if re.search("以前|曾经|之前|原来|曾|当时|过去", told.text):
        yield told.once(subject, "job", match["value"], "job")
    elif not told.past:
        yield told.fact(subject, "job", match["value"], "job")


def _origin(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if _CITIES.fullmatch(match["value"]):
        yield told.fact(subject, "origin", match["value"], "origin")


def _ended(attribute: str) -> Make:
    def make(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
        if not _NOT_PLACE.search(match["value"]):
            yield told.once(subject, attribute, match["value"].strip(), attribute)

    return make


def _left(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    if "离开" in match.group() and "工作" not in match.group():  # a town, a party, or somebody
        return
    yield told.once(subject, "work", match["value"] or match["value2"], "work")


def _speaks(subject: str, match: re.Match[str], told: Told) -> Iterator[Stated]:
    for what in filter(None, (match["what"], match["what2"])):
        yield told.fact(subject, f"speak {what}", YES, "language")


MAKERS: Mapping[str, Make] = MappingProxyType(
    {
        "is home": _fixed("home"),
        "became home": _fixed("home", CHANGES),
        "is work": _fixed("work"),
        "became work": _fixed("work", CHANGES),
        "left": _left,
        "ended home": _ended("home"),
        "ended work": _ended("work"),
        "not named": _not_named,
        "became job": _fixed("job", CHANGES),
        "job": _job,
        "age": _age,
        "bond": _bond,
        "favourite": _favourite,
        "allergic": _allergic,
        "trait": _trait,
        "quit": _quit,
        "habit": _habit,
        "owns": _owns,
        "count": _count,
        "owns_none": _owns_none,
        "named": _named,
        "uses": _uses,
        "does": _does,
        "drives": _drives,
        "is origin": _fixed("origin"),
        "origin": _origin,
        "speaks": _speaks,
    }
)
"""By the name under which `rules` has them."""
