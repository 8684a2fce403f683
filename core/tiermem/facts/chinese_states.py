"""How Chinese tells a state: patterns in the order in which they are tried. Groups as in `english_states`."""

from __future__ import annotations

import re

from tiermem.facts.quantities import MARK
from tiermem.text.analyzer import HAN

_KIN_ZH = "妻子|老婆|丈夫|老公|女朋友|男朋友|姐姐|妹妹|哥哥|弟弟|妈妈|爸爸|母亲|父亲|儿子|女儿|老板|室友|父母"
_H = f"[{HAN}]"
_PERSON_ZH = (
    rf"(?:小{_H}|老{_H}|阿{_H}"
    rf"|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蔡蒋余杜叶程苏魏吕丁沈姚卢姜钟谭陆汪范石廖贾韦付方邹孟熊秦邱江尹薛]{_H}{{1,2}}|[A-Z][a-z]+)"
)
_WHO_ZH = (
    rf"^(?:嗯|对了|那|其实|不过|现在|如今|目前|后来|最近)*(?P<who>我们?(?:家)?|我(?:的)?(?:{_KIN_ZH})|"
    rf"{_PERSON_ZH}?)(?:现在|目前|如今|已经|刚刚|刚|一直|最近|终于|后来|上周|上个月|这个月|今年|去年|前年|也是|就|又|还)*"
)
_STOP_ZH = rf"(?=了|啦|$|[^{HAN}A-Za-z]|的(?!{_H}{{0,2}}公司))"
_VERBS_ZH = "喜欢吃|喜欢喝|喜欢|爱吃|爱喝|吃|喝|抽|打|玩|用|学|练|弹"
NOT_BUT = re.compile(rf"不是(?P<old>[{HAN}A-Za-z0-9]{{1,10}}?)\s?而?是(?P<value>[{HAN}A-Za-z0-9]{{1,10}}?)$")


def _pattern(kind: str, text: str) -> tuple[str, re.Pattern[str]]:
    return kind, re.compile(text)


PATTERNS = (
    _pattern("home", rf"{_WHO_ZH}(?:住在|定居在|居住在|家在)(?P<value>{_H}{{2,6}}?){_STOP_ZH}"),
    _pattern("home", rf"{_WHO_ZH}(?:从(?P<old>{_H}{{2,5}}?))?(?:搬到|搬去|搬回|搬家到|移居|定居到|迁到)了?(?P<value>"
             rf"{_H}{{2,6}}?)(?:生活|住|来|去)?{_STOP_ZH}"),
    _pattern("work", rf"{_WHO_ZH}在(?P<value>[{HAN}A-Za-z]{{2,10}}?)(?:工作|上班|任职|就职){_STOP_ZH}"),
    _pattern("work", rf"{_WHO_ZH}(?:从(?P<old>[{HAN}A-Za-z]{{2,8}}?))?(?:跳槽到|跳槽去|跳到|入职"
             rf"|加入)了?(?P<value>[{HAN}A-Za-z]{{2,10}}?)(?:工作|上班|公司)?(?=了|$|[^{HAN}A-Za-z])(?<![队社组群部])"),
    _pattern("age", rf"{_WHO_ZH}(?:满|都|快)?(?P<value>{MARK})了?$"),
    _pattern("bond", rf"{_WHO_ZH}(?:是|还是|在|和{_H}{{1,4}}|跟{_H}{{1,4}})?(?P<value>单身|谈恋爱|恋爱|订婚|结婚|已婚"
             rf"|离婚|离异|分手)(?:状态|中)?(?:了|$|的$)"),
    _pattern("favourite", rf"{_WHO_ZH}最(?:喜欢|爱|常)的(?P<what>{_H}{{1,6}}?)(?:现在|变)?(?:是|成了|变成|成"
             rf"|换成了?)(?P<value>[{HAN}A-Za-z《》]{{1,12}}?)(?:了|$)"),
    _pattern("favourite", rf"{_WHO_ZH}最(?P<what>喜欢吃|喜欢喝|爱吃|爱喝)(?:的是)?(?P<value>{_H}{{1,8}}?)(?:了|$)"),
    _pattern("role", rf"^(?:现在|目前|以后|这周起)?(?:改由|改成|换成|改为|由|换)?(?P<value>{_PERSON_ZH})(?:现在|目前"
             rf"|来|接手|已经)*负责(?P<what>{_H}{{2,10}}?)(?:了|的|$)"),
    _pattern("role", rf"^(?P<what>{_H}{{2,12}}?)(?:现在|已经|以后|就)*(?:改由|改成由|换成|转给|交给|改成"
             rf"|由)了?(?P<value>{_PERSON_ZH}?)(?:来)?(?:负责|接手|跟进)"),
    _pattern("role", rf"^(?P<what>{_H}{{2,12}}?)的?负责人(?:现在|已经)*(?:是|为|换成|改成|改为|变成)了?(?P<value>"
             rf"{_PERSON_ZH}?)(?:了|$)"),
    _pattern("role", rf"^(?P<value>{_PERSON_ZH}?)接手了?(?P<what>{_H}{{2,10}}?)(?:了|$)"),
    _pattern("is", rf"^(?P<who>我们的|我们|我的|咱们的)?(?P<what>{_H}{{2,8}}?)(?:现在|目前|已经)*(?:改成|改为|换成"
             rf"|换为|改用|变成|改叫)了?(?P<value>[{HAN}A-Za-z0-9.]{{1,12}}?)(?:了|$)"),
    _pattern("is", rf"^(?P<who>我们的|我们|我的|咱们的)?(?P<what>{_H}{{0,6}}(?:数据库|框架|语言|地点|地址|目的地|主题"
             rf"|颜色|名字|专业|方案|酒店|餐厅|手机|电脑|车|供应商|平台|经理|老板|导师|教练|医生|老师))(?:现在|目前"
             rf"|就)*(?:用的是|定在|选在|是|用)(?P<value>[{HAN}A-Za-z0-9.]{{1,12}}?)(?:了|$)"),
    _pattern("switch", rf"从(?P<old>[{HAN}A-Za-z0-9]{{1,10}}?)(?:换|迁移|切换|改|转)(?:到|成|为"
             rf"|用)了?(?P<value>[{HAN}A-Za-z0-9.]{{1,10}}?)(?:了|$)"),
    _pattern("switch", rf"用(?P<value>[{HAN}A-Za-z0-9.]{{1,10}}?)(?:代替|替换"
             rf"|取代)了?(?P<old>[{HAN}A-Za-z0-9]{{1,10}}?)(?:了|$)"),
    _pattern("use", rf"{_WHO_ZH}(?:在用|用的是|使用|用|采用)(?P<value>[A-Za-z][A-Za-z0-9.]{{1,15}})(?:做|当"
             rf"|作为)?(?P<what>{_H}{{0,6}}?)(?:了|$)"),
    _pattern("lost", rf"{_WHO_ZH}(?:不再|没有|没|不)(?:养|有|开)?(?:那[只条辆])?(?P<what>{_H}{{1,4}}?)了$"),
    _pattern("lost", rf"{_WHO_ZH}把(?P<what>{_H}{{1,4}}?)(?:卖|送|丢|扔)(?:掉|人|走|给.{{1,4}})?了$"),
    _pattern("died", rf"^(?P<who>我们家的?|我家的?|我的)(?:那[只条])?(?P<what>{_H}{{1,4}}?)(?:去世|死|走丢|跑丢"
             rf"|不见)了"),
    _pattern("own", rf"{_WHO_ZH}(?:养了|有|买了|养着|领养了)(?:{MARK}|[一1][只条辆台个部])(?P<what>{_H}{{1,4}}?)(?:了"
             rf"|$)"),
    _pattern("stopped", rf"{_WHO_ZH}(?P<no>不再|已经不|不)(?:爱)?(?P<verb>{_VERBS_ZH})(?P<what>{_H}{{1,5}}?)了$"),
    _pattern("stopped", rf"{_WHO_ZH}(?P<no>戒)(?:掉)?了?(?P<what>{_H}{{1,4}}?)了?$"),
    _pattern("does", rf"{_WHO_ZH}(?:每天|经常|平时|很|特别|非常|都|早上|晚上|总|正在|在)*(?P<verb>{_VERBS_ZH})(?P<what>"
             rf"{_H}{{1,5}}?)$"),
    _pattern("allergic", rf"{_WHO_ZH}(?P<no>不再|不)?对(?P<what>{_H}{{1,5}}?)(?P<no2>已经不|不再"
             rf"|不)?(?:严重)?过敏了?$"),
    _pattern("never", rf"{_WHO_ZH}(?:从来没有?|从未|没有?)(?P<verb>去|见|用|吃|学|看|听|玩"
             rf"|写)过(?P<what>[{HAN}A-Za-z]{{2,10}}?)$"),
    _pattern("ever", rf"{_WHO_ZH}(?P<verb>去|见|用|吃|学|看|听|玩|写)过(?P<what>[{HAN}A-Za-z]{{2,10}}?)(?:了|$)"),
)  # fmt: skip
