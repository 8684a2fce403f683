"""Cases from templates: what people say in a few words, with names and figures put in. The halves share no template."""

from __future__ import annotations

import random
from collections.abc import Iterator

_CITIES = [
    "Oslo",
    "Bergen",
    "Graz",
    "Lyon",
    "Porto",
    "Turin",
    "Malmo",
    "Ghent",
    "Split",
    "Tampa",
    "Osaka",
    "Quito",
    "Lagos",
    "Pune",
    "Hanoi",
]
_FIRMS = [
    "Siemens",
    "Bosch",
    "Philips",
    "Nokia",
    "Airbus",
    "Adidas",
    "Ikea",
    "Lidl",
    "Shell",
    "Intel",
    "Nvidia",
    "Adobe",
    "Spotify",
    "Zalando",
    "Ericsson",
]
_NAMES = [
    "Ann",
    "Ben",
    "Cleo",
    "Dov",
    "Ella",
    "Finn",
    "Gus",
    "Hana",
    "Ivan",
    "Jill",
    "Kofi",
    "Lena",
    "Milo",
    "Nina",
    "Omar",
]
_CITIES_ZH = [
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "成都",
    "武汉",
    "西安",
    "南京",
    "苏州",
    "青岛",
    "厦门",
    "昆明",
    "长沙",
    "大连",
]
_FIRMS_ZH = [
    "腾讯",
    "华为",
    "小米",
    "百度",
    "网易",
    "京东",
    "美团",
    "阿里",
    "联想",
    "格力",
    "海尔",
    "比亚迪",
    "携程",
    "滴滴",
    "快手",
]
_NAMES_ZH = [
    "小张",
    "小李",
    "小王",
    "小陈",
    "小刘",
    "小赵",
    "小周",
    "小吴",
    "小孙",
    "小马",
    "小林",
    "小何",
    "小郭",
    "小罗",
    "小梁",
]

# kind | said, parted by " / " | current then; {a} and {b} are two of one list, {m} and {n} two numbers.
OPEN: dict[str, tuple[str, ...]] = {
    "en": (
        "update|I live in {city_a}. / I just moved to {city_b}.|user > home > {city_b}",
        "update|I work for {firm_a}. / I left {firm_a} for {firm_b}.|user > work > {firm_b}",
        "update|The deadline is May {m}. / The deadline moved to May {n}.| > deadline > May {n}",
        "correction|The price is {m} euros. / Correction: the price is {n} euros.| > price > {n} euros",
        (
            "two people|My mother lives in {city_a}. I live in {city_b}.|user's mother > home > {city_a}; user"
            " > home > {city_b}"
        ),
        "look-alike|The page size is {m}. The queue capacity is {n}.| > page size > {m}; > queue capacity > {n}",
        "hypothetical|I would move to {city_a} if {firm_a} paid me.|",
        "quote|{name_a} says the budget is ${m}.|",
        "used to|I used to work at {firm_a}.|",
        "denial|I no longer work at {firm_a}.|",
        "plain|{name_a} is our project lead.| > project lead > {name_a}",
        "plain|My roommate is {name_a}.|user's roommate > name > {name_a}",
    ),
    "zh": (
        "update|我住在{place_a}。 / 我刚搬到{place_b}。|user > home > {place_b}",
        "update|我在{company_a}工作。 / 我从{company_a}跳槽到{company_b}了。|user > work > {company_b}",
        "update|截止日期是5月{m}日。 / 截止日期改到5月{n}日了。| > 截止日期 > 5月{n}日",
        "correction|价格是{m}元。 / 不对，价格是{n}元。| > 价格 > {n}元",
        "two people|我妈妈住在{place_a}。我住在{place_b}。|user's 妈妈 > home > {place_a}; user > home > {place_b}",
        "look-alike|批次大小是{m}，学习率是0.{n}。| > 批次大小 > {m}; > 学习率 > 0.{n}",
        "hypothetical|如果{company_a}要我，我就搬到{place_a}。|",
        "quote|{person_a}说预算是{m}元。|",
        "used to|我以前在{company_a}工作。|",
        "denial|我已经不在{company_a}工作了。|",
        "plain|我们的项目经理是{person_a}。| > 项目经理 > {person_a}",
        "plain|我室友叫{person_a}。|user's 室友 > name > {person_a}",
    ),
}
HELD: dict[str, tuple[str, ...]] = {
    "en": (
        "update|We're living in {city_a}. / We've moved from {city_a} to {city_b}.|user > home > {city_b}",
        "update|I'm working at {firm_a}. / I started working at {firm_b} this month.|user > work > {firm_b}",
        "update|The review is on June {m}. / They postponed the review to June {n}.| > review > June {n}",
        "correction|My budget is ${m}. / Sorry, my budget is ${n}.|user > budget > ${n}",
        (
            "two people|My uncle works for {firm_a}. I work for {firm_b}.|user's uncle > work > {firm_a}; user"
            " > work > {firm_b}"
        ),
        "look-alike|The retry limit is {m}. The session limit is {n}.| > retry limit > {m}; > session limit > {n}",
        "hypothetical|I could see myself living in {city_a}.|",
        "quote|{name_a} told me that {name_b} moved to {city_a}.|",
        "used to|We lived in {city_a} years ago.|",
        "denial|I don't live in {city_a} anymore.|",
        "plain|{name_a} is responsible for onboarding.| > responsible for onboarding > {name_a}",
        "plain|My accountant is {name_a}.|user's accountant > name > {name_a}",
    ),
    "zh": (
        "update|我家在{place_a}。 / 我们搬去{place_b}了。|user > home > {place_b}",
        "update|我在{company_a}上班。 / 我加入{company_b}了。|user > work > {company_b}",
        "update|评审定在6月{m}日。 / 评审推迟到6月{n}日了。| > 评审 > 6月{n}日",
        "correction|费用是{m}元。 / 更正一下，费用是{n}元。| > 费用 > {n}元",
        (
            "two people|我叔叔在{company_a}上班。我在{company_b}上班。|user's 叔叔 > work > {company_a};"
            " user > work > {company_b}"
        ),
        "look-alike|会员价格是{m}元，门市价格是{n}元。| > 会员价格 > {m}元; > 门市价格 > {n}元",
        "hypothetical|我也许会去{place_a}生活。|",
        "quote|{person_a}告诉我{person_b}搬到{place_a}了。|",
        "used to|我们曾经住在{place_a}。|",
        "denial|我已经不住在{place_a}了。|",
        "plain|{person_a}负责培训。| > responsible for 培训 > {person_a}",
        "plain|我的房东是{person_a}。|user's 房东 > name > {person_a}",
    ),
}
EACH = 6  # cases a template
_LISTS = {
    "city": _CITIES,
    "firm": _FIRMS,
    "name": _NAMES,
    "place": _CITIES_ZH,
    "company": _FIRMS_ZH,
    "person": _NAMES_ZH,
}


def cases(half: str, language: str) -> Iterator[str]:
    """The lines of one *half*, "open" or "held", of a *language*; the same each time."""
    chance = random.Random(f"{half} {language}")
    for template in {"open": OPEN, "held": HELD}[half][language]:
        for _ in range(EACH):
            put: dict[str, object] = {}
            for name, several in _LISTS.items():
                put[f"{name}_a"], put[f"{name}_b"] = chance.sample(several, 2)
            put["m"], put["n"] = chance.sample(range(3, 29), 2)
            yield template.format_map(put)
