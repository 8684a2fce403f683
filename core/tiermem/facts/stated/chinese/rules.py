"""What Chinese says of people: 我搬到上海了, 我对花生过敏, 我有两只猫.

Rule: a pattern stands for the whole clause, but for particles at its end; what it does not know is no fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tiermem.facts.quantities import MARK
from tiermem.facts.stated.chinese.patterns import (
    ADV,
    END,
    JOBS,
    LEAD,
    ORG,
    OWNED,
    PETS,
    PLACE,
    WHO,
    H,
    V,
)
from tiermem.facts.stated.chinese.people import MAKERS
from tiermem.facts.stated.chinese.things import of_thing
from tiermem.facts.stated.record import CHANGES, NO, Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late
from tiermem.text.analyzer import HAN

_VERBS = "喜欢吃|喜欢喝|爱吃|爱喝|喜欢|热爱|喜爱|讨厌|正在学|在学习|在学|学习|自学|吃|喝|抽|打|玩|学|练|弹|在练"
_T = r"(?P<value>[A-Za-z][A-Za-z0-9.+#]{1,15})"
_ONE = rf"(?:(?P<count>{MARK})|[一两][只条辆台个部架把]|[只条辆台个部架把])?"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (late.compile(pattern), make)
    for pattern, make in (
        (rf"^{ADV}(?:住在|定居在|居住在|住|家在|人在|在){PLACE}(?:定居|居住|生活|住){END}", "is home"),
        (rf"^{ADV}(?:住在|定居在|居住在|家在|住){PLACE}{END}", "is home"),
        ((
            rf"^{ADV}(?:从(?P<old>{H}{{2,5}}?))?{ADV}(?:搬到|搬去|搬回|搬家到|搬来|移居到?|定居到?|迁到"
            rf"|搬家去|回到?)了?{PLACE}(?:来|去)?(?:生活|居住|住|定居){END}"
        ), "became home"),
        ((
            rf"^{ADV}(?:从(?P<old>{H}{{2,5}}?))?{ADV}(?:搬到|搬去|搬回|搬家到|搬来|移居到?|定居到?|迁到"
            rf"|搬家去)了?{PLACE}(?:来|去)?{END}"
        ), "became home"),
        (rf"^{ADV}不再(?:居住|定居|住)在?{PLACE}{END}", "ended home"),
        (rf"^{ADV}不(?:居住|住)在?{PLACE}了$", "ended home"),
        (rf"^{ADV}搬(?:出|离)了?{PLACE}{END}", "ended home"),
        (rf"^{ADV}不再在{ORG}(?:工作|上班|任职|就职|实习){END}", "ended work"),
        (rf"^{ADV}不在{ORG}(?:工作|上班|任职|就职|实习)了$", "ended work"),
        (rf"^{ADV}被{ORG}(?:裁员|裁掉|裁|开除|解雇|辞退)了$", "ended work"),
        (rf"^{ADV}不(?:是)?叫(?P<value>{H}{{2,4}}|[A-Z][a-z]+){END}", "not named"),
        (rf"^{ADV}在{ORG}(?:工作|上班|任职|就职|当班|实习){END}", "is work"),
        ((
            rf"^{ADV}(?:从(?P<old>{V}{{2,8}}?))?{ADV}(?:跳槽到|跳槽去|跳到|跳槽|入职|加入|换到"
            rf"|转到)了?{ORG}(?<!部门)(?:工作|上班|公司)?{END}(?<![队社组群部会])"
        ), "became work"),
        ((
            rf"^{ADV}(?:从(?P<value>{V}{{2,10}}?)(?:离职|辞职)|(?:离开"
            rf"|辞去)了?(?P<value2>{V}{{2,10}}?)(?:的工作)?){END}"
        ), "left"),
        ((
            rf"^{ADV}(?:做|当|当上|成为|升为|升任|升|晋升为|被提拔为|提拔为|转行做|转行当|升职为|改行做"
            rf"|改行当)了?(?:一[名个位])?(?P<value>{H}{{0,6}}?(?:{JOBS}|总监|主管|经理|组长|合伙人)){END}"
        ), "became job"),
        (rf"^{ADV}(?:一[名个位]|[\ue000-\uf0ff])(?P<value>{H}{{0,6}}?(?:{JOBS})){END}", "job"),
        ((
            rf"^(?:现在|目前|其实|也|就|还|曾经|以前|之前|原来)*是(?:做)?(?P<value>(?:[前后]端|初中|高中"
            rf"|小学|中学|大学|幼儿园|英语|数学|语文|物理|化学|中医|儿科|外科|软件|硬件|数据|算法|平面|UI"
            rf"|室内|外贸)?{H}{{0,2}}?(?:{JOBS})){END}"
        ), "job"),
        (rf"^{ADV}(?:满|快|刚满|刚过)?(?P<value>{MARK}){END}", "age"),
        ((
            rf"^(?:和{H}{{1,4}}|跟{H}{{1,4}})?{ADV}(?:在|处于)?(?P<value>单身|谈恋爱|恋爱|订婚|结婚|已婚"
            rf"|离婚|离异|分手|领证|结了婚|离了婚)(?:状态|中)?{END}"
        ), "bond"),
        ((
            rf"^{ADV}最(?:喜欢|爱|常)的?(?P<what>{H}{{1,6}}?)(?:现在|已经)?(?:变成了?|换成了?|改成了?|成了"
            rf"|变|是)(?P<value>{V}{{1,14}}?|《[^》]+》){END}"
        ), "favourite"),
        ((
            rf"^{ADV}(?P<no>不再|不是|不|已经不)?(?:再)?对(?P<what>{H}{{1,10}}?)(?P<no2>已经不|不再|不)?(?:有点"
            rf"|严重|有|会)*过敏{END}"
        ), "allergic"),
        ((
            rf"^{ADV}(?P<what>(?!皮肤|鼻子|眼睛|身体|体质|季节|药物|容易|经常|有点|不|没|从|对|会|很|换季|春天){H}{{2,5}}?)"
            rf"(?:严重|重度|轻度|轻微)?(?P<no>)(?P<no2>)过敏{END}"
        ), "allergic"),
        (rf"^{ADV}有?(?P<no>)(?P<value>(?:乳糖|麸质|果糖|酒精|组胺)不耐受){END}", "trait"),
        (rf"^{ADV}只(?:吃|能吃)(?P<no>)(?P<value>清真|素食|纯素|素){END}", "trait"),
        ((
            rf"^{ADV}在(?:一家|{MARK})?(?P<value>{V}{{2,14}}?)(?:当|做|担任)(?:一[名个位])?"
            rf"(?P<job>{H}{{0,6}}?(?:{JOBS}|开发|研发|运维|测试|产品|设计|行政|人事|翻译|实习)){END}"
        ), "does"),
        ((
            rf"^{ADV}在(?:一家|{MARK}){H}{{0,6}}?(?:公司|企业|店|医院|学校|工作室)[,，]?(?:名字)?叫{ORG}{END}"
        ), "is work"),
        ((
            rf"^{ADV}(?:买了|开着|开的是|开|换了|提了|新买了|入手了)(?:(?P<count>{MARK})|一?辆)(?:{H}{{1,3}}色的?|新|二手|旧)*"
            rf"(?P<value>{H}{{2,6}}|[A-Z][A-Za-z0-9 ]{{1,15}}?)(?<!车){END}"
        ), "drives"),
        ((
            rf"^{ADV}(?P<no>不再|不|已经不|不能算)?是?(?:个|一个|一名)?(?P<value>素食主义者|素食者|吃纯素"
            rf"|吃素|纯素|素食|生酮|清真|左撇子|色盲|乳糖不耐受|糖尿病人?|独生子|独生女|夜猫子|近视|内向的人"
            rf"|外向的人){END}"
        ), "trait"),
        (rf"^{ADV}戒(?:掉)?了?(?P<what>{H}{{1,3}}?)(?:[\ue000-\uf0ff]|半年|一年)?{END}", "quit"),
        ((
            rf"^{ADV}(?P<no>不再|再也不|已经不|不怎么|从来不|从不|不)(?:再)?(?P<verb>{_VERBS})(?P<what>{H}"
            rf"{{1,6}}?){END}"
        ), "habit"),
        (rf"^{ADV}(?:开始|改)?(?P<verb>{_VERBS})(?P<what>(?:《[^》]+》|{H}{{1,6}}?|[A-Z][A-Za-z+#]+)){END}", "habit"),
        ((
            rf"^{ADV}(?:养了|有了|有|买了|养着|养|领养了|收养了|新买了|入手了){_ONE}(?:新|小|旧|二手|黑|白"
            rf"|大)?(?P<what>{OWNED})(?:[,，]?(?:名字)?叫(?P<called>{H}{{1,4}}|[A-Z][a-z]+))?{END}"
        ), "owns"),
        ((
            rf"^{ADV}(?:有|有了)(?P<count>{MARK})(?:亲|可爱的|小)?(?P<what>孩子|儿子|女儿|姐姐|妹妹|哥哥"
            rf"|弟弟|小孩|宝宝|侄子|孙子|外甥){END}"
        ), "count"),
        (rf"^{ADV}(?:已经)?(?:不养|没有|没|不再养|不开)(?P<what>{OWNED})了$", "owns_none"),
        ((
            rf"^{ADV}把(?:那[只条辆台]|我的)?(?:旧|老)?(?P<what>{OWNED})(?:卖|送|丢|扔|捐)(?:掉|人|走"
            rf"|给.{{1,4}})?了$"
        ), "owns_none"),
        (rf"^{ADV}(?:名字叫|名叫|叫|的名字是|名字是)(?P<value>{H}{{2,4}}|[A-Z][a-z]+){END}", "named"),
        ((
            rf"^{ADV}(?:从(?P<old>[{HAN}A-Za-z0-9.]{{1,10}}?))(?:换|迁移|切换|改|转|迁)(?:到|成|为"
            rf"|用)了?{_T}{END}"
        ), "uses"),
        (rf"^{ADV}(?:在用|用的是|使用|用|采用){_T}(?:做|当|作为|来?写|来?记)?{H}{{0,6}}?{END}", "uses"),
        (rf"^{ADV}(?:来自|老家在|老家是|出生在|出生于|籍贯是|祖籍){PLACE}{END}", "is origin"),
        (rf"^{ADV}(?:是|是个)(?P<value>[{HAN}]{{2,4}})人{END}", "origin"),
        ((
            rf"^{ADV}(?:会说|会讲|说得一口流利的)(?P<what>{H}{{1,4}}语"
            rf"|{H}{{1,3}}话)(?:和(?P<what2>{H}{{1,3}}[语话]))?{END}"
        ), "speaks"),
    )
)  # fmt: skip


_COMPANY = late.compile("公司|团队|项目|组")  # that moves, and nobody with it
_OWN_THING = late.compile(
    "(?:生日|身高|体重|血型|星座|鞋码|手机号|邮箱|电话|年龄|学历|专业)"
)  # 我生日是…: of whoever says it
_NOT_CALLED = late.compile(rf"^名字(?:不是|不叫)(?P<value>{H}{{2,4}}|[A-Z][a-z]+){END}")


def unled(clause: str) -> str:
    """*clause* without the words that only lead into it."""
    return LEAD.sub("", clause)


def of_clause(told: Told) -> Iterator[Stated]:
    """What a Chinese clause states."""
    text = unled(told.text.strip())
    match = WHO.match(text)
    if match is None:
        yield from of_thing("", text, told)
        return
    rest = text[match.end() :]
    if match["mine"] and (denied := _NOT_CALLED.match(rest)):
        yield from MAKERS["not named"](told.speaker, denied, told)
    elif match["mine"]:
        yield from of_thing(told.speaker, rest, told)
    elif match["ours"] and (_COMPANY.search(match["ours"]) or [*of_thing("", rest, told)]):
        yield from of_thing("", rest, told)
    else:
        subject, rest = _subject(match, told.speaker, rest)
        found = []
        for pattern, make in _RULES:
            if made := pattern.match(rest):
                found = [*MAKERS[make](subject, made, told)]
                if found:
                    break
        if not found and match["me"] and _OWN_THING.match(rest):
            found = [*of_thing(told.speaker, rest, told)]
        yield from found or of_thing(
            "" if not match["kin"] else subject, text if match["name"] or match["me"] else rest, told
        )
        if match["pet"] and re.match("(?:去世|死|走丢|跑丢|不见|过世)了", rest):
            pet = re.sub("^.*?(?=" + PETS + ")", "", match["pet"])
            yield told.fact(told.speaker, f"own {pet}", NO, "own", manner=CHANGES)


def _subject(match: re.Match[str], speaker: str, rest: str) -> tuple[str, str]:
    if match["kin"]:
        kin = re.sub("^我(?:们|家)?的?", "", match["kin"])
        return f"{speaker}'s {kin}", ("叫" if match["called"] else "") + rest
    if match["pet"]:
        pet = re.sub("^(?:我|我家|我们家|家里)的?(?:那[只条])?", "", match["pet"])
        return f"{speaker}'s {pet}", rest
    if match["name"]:
        return match["name"].casefold(), rest
    return speaker, rest
