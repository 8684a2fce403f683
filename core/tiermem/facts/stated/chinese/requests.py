"""What a Chinese request takes for granted of its writer's own matters: 帮我用每月500元的饭钱预算安排一周的菜. Pure.

The rules are those of `english.requests`: the phrase is the writer's, it says of what the figure is, and nothing is
read of what is supposed, proposed, told of others, or former.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tiermem.facts.quantities import MARK, Quantity
from tiermem.facts.stated.record import Stated
from tiermem.facts.stated.told import Told
from tiermem.text import late
from tiermem.text.analyzer import HAN

_H = f"[{HAN}]"
_ONE = "房租|月租|租金|工资|月薪|年薪"  # of which somebody has one
HEAD = f"{_ONE}|预算|截止日期|截止时间|期限|目标|上限|限额|配额|超时时间"
_OF = late.compile(
    rf"(?P<whose>我们|我|咱们|自己)(?:家|团队|公司)?的?(?P<span>每月|每周|每天|每年|每季度|今年|全年)?的?"
    rf"(?P<newer>新的|最新的|(?:已经|刚刚|刚)?(?:增加|提高|涨|降|减少|调整|延长|推迟|延期|改|缩减|上调|下调)[到至成为]了?)?"
    rf"(?P<value>{MARK})的(?P<what>{_H}{{0,8}}?(?:{HEAD}))(?=$|[^{HAN}]|[里内之以够来去是不能要可会怎还都用分安太很真有快该]|范围)"
)
_SUPPOSED = late.compile(
    r"如果|要是|假如|假设|万一|建议|提议|比如|例如|原来|原先|原本|之前|以前|当初|曾经|(?:他|她|老板|领导|妈妈|爸爸|朋友|同事)们?"
    r"(?:说|觉得|认为|想|的|告诉|给)|另一|每个|平均|最多|至少"
)
_BARE = late.compile(rf"(?!{_ONE})(?:{HEAD})$")
_OF_ONE = late.compile(rf"(?:{_ONE})$")


def taken_for_granted(text: str, values: Sequence[Quantity], speaker: str) -> Iterator[Stated]:
    """What *text*, a sentence with its *values* as private characters, takes for granted of *speaker*'s matters."""
    told = Told(text, values, speaker)
    for match in _OF.finditer(text):
        value, of = told.quantity(match["value"]), match["what"]
        if match["span"] and not _OF_ONE.fullmatch(of):
            of = f"{match['span']}的{of}"
        if _SUPPOSED.search(text[: match.end()]) or _BARE.fullmatch(of) or (value.kind == "count" and not value.unit):
            continue
        made = told.news if match["newer"] else told.fact
        yield made(speaker, of, match["value"], "figure")
