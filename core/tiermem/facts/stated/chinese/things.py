"""What Chinese says of things and of who is responsible: 预算提高到8000元, 部署改由小王负责."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tiermem.facts.quantities import MARK
from tiermem.facts.stated.chinese.patterns import is_name
from tiermem.facts.stated.phrases import EXERCISE, GENERIC, content
from tiermem.facts.stated.record import CORRECTS, STATES, Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late
from tiermem.text.analyzer import HAN

_H = f"[{HAN}]"
_NP = rf"(?P<what>[{HAN}A-Za-z0-9]{{2,14}}?)"
_ADV = (
    "(?:现在|目前|如今|已经|又|刚刚|刚|后来|最近|终于|就|都|被|暂时|统一|最终|今天|昨天|上周|这周|正式"
    "|一共|总共|大概|大约|只|才)*"
)
_WORTH = rf"(?:{MARK}(?:{MARK})?|[A-Za-z][A-Za-z0-9.+#@_-]{{1,30}}|[{HAN}A-Za-z0-9·《》]{{1,12}}?)"
_MOVED = (
    "(?:调整|调|改|换|提高|提升|增加|增|扩大|扩|降低|降|减少|减|缩短|延长|推迟|延期|延后|延|提前|挪|移"
    "|更新|修改|变|涨|升级|升|上调|下调|增长|顺延|切换|迁移|改名|重命名|缩减|压缩|放宽|收紧)"
)
_TO = "(?:成|到|为|至|在|用|叫)"
_END = r"(?:了|啦|喽|哦|啊|呢|吧)?[~～ ]*$"
_CHANGES = late.compile(
    rf"^(?P<take>把|将)?{_NP}{_ADV}(?:从(?P<old>{_WORTH}))?{_ADV}(?:(?P<moved>{_MOVED}{_TO}|变成|换成"
    rf"|改由|改用|改叫|变为|涨到|降到|跌到|升到)了?)(?:下|这)?(?P<value>{_WORTH}){_END}"
)
_IS = late.compile(
    rf"^{_NP}(?:的?名字)?{_ADV}(?P<verb>定在|定于|设为|设置为|设成|达到|安排在|选在|用的是|叫做|叫|是|为"
    rf"|=|：|:|有|在)(?:了|大概|大约|约)?(?P<value>{_WORTH}){_END}"
)
_RESPONSIBLE = late.compile(
    rf"^(?:由|改由|换|让)?(?P<value>[{HAN}]{{2,4}}?|[A-Z][a-z]+)(?:现在|目前|来|已经|开始|正式"
    rf"|主要)*(?:负责|接手|接管|主管|来带|跟进)了?(?P<what>{_H}{{2,12}}?)(?:的?工作)?{_END}"
)
_BY = late.compile(
    rf"^{_NP}{_ADV}(?:的工作)?(?P<again>改由|改成由|换成|转给|交给|移交给|换|由"
    rf"|让)了?(?P<value>[{HAN}]{{2,4}}?|[A-Z][a-z]+)(?:来)?(?:负责|接手|跟进|接管|管|处理)?{_END}"
)
_BACK = late.compile(
    rf"^(?:它|这个|那个|时间|日期|现在)?(?:现在|已经)*(?:(?:{_MOVED}{_TO}|变成|应该是|应为)了?"
    rf"|是)(?P<value>{MARK}(?:{MARK})?|[A-Za-z][A-Za-z0-9.]+){_END}"
)
_MEANT = late.compile(
    rf"^(?:我(?:想说|是说|说)的?(?:是)?|应该是|应为|是|改为|改成)(?P<value>{MARK}(?:{MARK})?"
    rf"|[{HAN}]{{2,6}}?|[A-Za-z][A-Za-z0-9.]+)(?:才对)?{_END}"
)
_HEADS = late.compile(
    "(?:数据库|框架|语言|地点|地址|目的地|主题|颜色|配色|专业|方案|酒店|餐厅|手机|电脑|车|供应商|平台"
    "|经理|老板|导师|教练|医生|牙医|老师|班主任"
    "|负责人|组长|队长|联系人|对接人|主管|产品经理|项目经理|截止日期|截止时间|交付日期|上线时间"
    "|上线日期|发布日期|发布时间|时间|日期|预算|价格|房租|工资|月薪|年薪|薪水|费用|报价"
    "|航班|车次|座位|房间号|电话|电话号码|手机号|邮箱|微信|微信号|密码|门禁密码|端口|端口号|版本"
    "|版本号|大小|超时时间|阈值|上限|限制|人数|名额|身高|体重|血型|生日|星座|鞋码|网名|昵称|名字"
    "|英文名|学校|大学|单位|公司"
    "|编辑器|浏览器|操作系统|缓存|消息队列|云服务商|后端|前端|代号|项目名|项目名称|会议|例会|周会|评审"
    "|面试|考试|婚礼|聚会|婚期|发布会|场地|主持人|房东|银行|健身房|路线|频率|学习率|批次大小"
    "|连接池大小|目标|配速|最好成绩|分辨率|域名|分支|许可证|模型|优先级|状态)$"
)
_BAD = late.compile(
    r"我|你|他|她|它|这|那|哪|什么|怎么|如果|要是|一个|有人|大家|自己|觉得|认为|听说|因为|所以|但|可以"
    r"|应该|能|会(?!议)|想|要|问题|东西|部分|感觉|意思|原因|结果|方法|说|是(?!否)|的时候|最|真|就|也|没"
)
_VAGUE = late.compile(
    r"^(?:这|那|哪|什么|一|个|我|你|他|她|不|没|很|非常|比较|为了|因为|关于|如何|怎|好|对|真|有|的|在"
    r"|吗|多|谁|最|挺|太)"
)
_OWN_NAME = late.compile("名字|姓名|全名|真名|大名|本名")
_ASCII_NAME = late.compile(r"^[A-Za-z0-9][\w.+#@-]*$")


def _thing(what: str, *, measured: bool, moved: bool) -> str:
    """The attribute that *what* names; "" where a thing of that name says nothing."""
    bare = re.sub(
        r"^(?:我们的|我的|咱们的|新的?|最新的?|目前的?|现在的?|原来的?|这次的?|本次的?|把|将|咱们|我们"
        r"|团队的(?=.{2})|公司的(?=.{2}))+",
        "",
        what.strip(),
    )
    bare = re.sub(r"(?:现在|目前|已经|的)+$", "", bare)
    if len(bare) < 2 or _BAD.search(bare) or content(bare) & EXERCISE:
        return ""
    if _HEADS.search(bare):
        return bare
    return bare if measured and moved and content(bare) - GENERIC else ""


def of_thing(subject: str, text: str, told: Told) -> Iterator[Stated]:
    """What *text* says of a thing of *subject* ("" for one of the conversation)."""
    if told.other and not re.search("改|换|调|推迟|提前", text):
        return
    for pattern in (_CHANGES, _IS):
        match = pattern.match(text)
        if match is None:
            continue
        value, part = match["value"].strip(), match.groupdict()
        measured = bool(re.match(MARK, value))
        attribute = _thing(
            match["what"],
            measured=measured,
            moved=pattern is _CHANGES or part.get("verb") in ("定在", "设为", "设置为", "达到"),
        )
        if not attribute or (not measured and (_VAGUE.match(value) or not _sound(value))):
            continue
        if part.get("verb") in ("有", "在") and not measured:
            continue
        yield from _made(subject, attribute, match, told, pattern is _CHANGES)
        return
    if match := _RESPONSIBLE.match(text):
        if (
            not _BAD.search(match["value"])
            and not _BAD.search(match["what"])
            and re.fullmatch(rf"(?:[A-Z][a-z]+|{_H}{{2,4}})", match["value"])
        ):
            manner = told.news if re.search("改由|接手|接管|换", told.text) else told.fact
            yield manner("", f"responsible for {match['what']}", match["value"], "role")
    elif (match := _BY.match(text)) and _person(match["value"]):
        what = re.sub("^(?:把|将)", "", match["what"])
        if not _BAD.search(what) and re.search("负责|接手|跟进|接管|处理|转给|交给|移交|管", match.group()):
            manner = told.fact if match["again"] in ("由", "让") else told.news
            yield manner("", f"responsible for {what}", match["value"], "role")


def _made(subject: str, attribute: str, match: re.Match[str], told: Told, moved: bool) -> Iterator[Stated]:
    value = match["value"].strip()
    kind = "figure" if re.match(MARK, value) else "is"
    if subject and _OWN_NAME.fullmatch(attribute):
        if not is_name(value, own=True):
            return
        attribute, kind = "name", "name"
    if re.search("原来|原先|原本|以前|之前|曾经|最初|一开始|当初", told.text) and not moved and not told.changed:
        yield told.once(subject, attribute, value, kind)
        return
    if moved:
        yield told.news(subject, attribute, value, kind, old=told.plain(match["old"] or ""))
    else:
        yield told.fact(subject, attribute, value, kind)


def _sound(value: str) -> bool:
    """Whether a value in words is a name: latin, or short and with no grammar in it."""
    return bool(_ASCII_NAME.match(value)) or (
        len(value) <= 8 and not re.search("的|了|吗|是|很|不|比较|因为|怎么|需要|可以|一[个种些]|有点|没有", value)
    )


def _person(value: str) -> bool:
    return not _BAD.search(value) and bool(re.fullmatch(rf"{_H}{{2,4}}|[A-Z][a-z]+", value))


def back(told: Told, text: str) -> Iterator[Stated]:
    """What refers to the thing that was spoken of before: 不对，是50; 改到周四了."""
    if match := _BACK.match(text):
        made = told.fact("", "", match["value"], "back")
        if made.manner != STATES:
            yield made
    elif told.corrects and (match := _MEANT.match(text)):
        yield told.fact("", "", match["value"], "back", manner=CORRECTS)
