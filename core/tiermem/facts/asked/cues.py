"""How questions ask for what is known of a person, in English and Chinese, and what such facts are called. Pure.

One row a topic: what is in the question, and what the kind and attribute of a fact that answers it are. A row is worth
its place where the answer seldom has a word of the question: who asks where he lives is told "I moved to Porto".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tiermem.text import late

_WHOSE = r"(?:my|our|her|his|their|the user['’]s|\w+['’]s)"
_KIDS = r"(?:kids?|child|children|sons?|daughters?)"
_EATEN = (
    r"\b(?:eat|eats|eating|ate|foods?|diets?|dietary|allerg(?:y|ies|ic|en|ens)|intoleran(?:t|ce|ces)|restaurants?|recipes?"
    r"|meals?|menus?|dinner|lunch|breakfast|brunch|supper|cook|cooking|snacks?|dish(?:es)?|desserts?|cuisine|takeaway"
    r"|drinks?|drinking|cocktails?)\b|\bat the (?:bar|pub)\b"
)


class AskedTopic(NamedTuple):
    """Something that is asked of a person.

    Args:
        english, chinese: what asks for it.
        kinds: of the facts that tell it.
        told: matches "kind|attribute" of a fact that tells it.
    """

    english: re.Pattern[str]
    chinese: re.Pattern[str]
    kinds: frozenset[str]
    told: re.Pattern[str]


def _topic(english: str, chinese: str, kinds: str, told: str = "") -> AskedTopic:
    made = late.compile(english, re.IGNORECASE), late.compile(chinese)
    return AskedTopic(*made, frozenset(kinds.split(", ")), late.compile(told))


TOPICS = {
    "home": _topic(
        r"\bwhere(?:['’]s)?(?: [\w'’]+){0,4}? (?:lives?|living|lived|resides?|based|home)\b"
        r"|\b(?:what|which) (?:city|town|country|neighbou?rhood|area|place)\b.{1,30}\b(?:lives?|living|based)\b"
        rf"|\b{_WHOSE} (?:home address|address|home city|city|place of residence)\b"
        r"|\bwhere(?: \w+){0,3}? moved? to\b",
        r"(?:哪里|哪儿|哪|什么地方|哪[个座]城市|什么城市).{0,3}住|住(?:在)?.{0,2}(?:哪|什么地方|何处)|住址|住处|家(?:庭)?地址|家.{0,3}(?:住|在)(?:哪|什么地方)"
        r"|搬(?:家)?(?:到|去)?了?(?:哪|什么)",
        "home",
    ),
    "origin": _topic(
        r"\bwhere(?: \w+){0,4}? from\b(?! here)|\bhome ?town\b|\bhome country\b|\bbirthplace\b|\bnationality\b"
        r"|\bwhere .{1,30}\b(?:born|raised|gr[eo]w up)\b",
        r"老家|[哪什][里儿么].{0,2}人|籍贯|家乡|故乡|哪里?长大|在哪.{0,2}出生",
        "origin, birthplace, born, grew up in",
    ),
    "work": _topic(
        r"\bwhere(?: [\w'’]+){0,4}? (?:works?|worked|working|employed)\b|\bfor a living\b"
        r"|\b(?:who|(?:what|which) (?:company|firm|employer))(?: \w+){0,4}? work(?:s|ed|ing)?\b"
        rf"|\b{_WHOSE} (?:employer|company|workplace|job|occupation|profession|career)\b"
        rf"|\bwhat (?:is|was) {_WHOSE} work\b"
        r"|\bwhat (?:job|(?:kind|sort|line) of work)\b",
        r"上班|工作单位|什么单位|单位(?:是|在)?(?:哪|什么)|谋生|为生|从事什么|[哪什]么?[家个]?公司|在哪.{0,4}工作|[做干](?:什么|啥)(?:工作|的|职业)|什么(?:工作|职业)|职业|的工作是",
        "work, job",
    ),
    "birth": _topic(
        rf"\bbirthday\b|\bbirth ?date\b|\bdate of birth\b|\bwhen .{{1,30}}\bborn\b|\bhow old\b"
        rf"|\b(?:{_WHOSE}|what) age\b",
        r"生日|[哪几]年?[天月号日]?(?:出)?生的|何时出生|什么时候出生|多大(?:了|年纪|岁数|$|[?？])|几岁|年龄|年纪|岁数",
        "age, figure, is",
        r"^age\||\|(?:birthday|date of birth|birth date|生日|出生日期)$",
    ),
    "name": _topic(
        r"\b(?:what(?:['’]s| is| was)|(?:know|remember|recall|tell me|say)) "
        r"my (?:(?:first|last|full|family|sur) ?)?name\b"
        r"|\bwho am i\W*$|\bwhat (?:am i|i['’]?a?m) called\b",
        r"我叫(?:什么|啥)|我的?(?:名字|姓名|全名)|我是谁|我姓(?:什么|啥)",
        "name, is",
        r"\|name$",
    ),
    "bond": _topic(
        r"\b(?:married|single|engaged|divorced|relationship status|marital status"
        r"|(?:seeing|dating) (?:any|some)(?:one|body)"
        r"|in a relationship)\b",
        r"结婚|已婚|单身|离婚|婚姻|有(?:没有)?对象|感情状况",
        "bond",
    ),
    "diet": _topic(
        _EATEN,
        r"吃(?!惊|亏|力|透|醋|瓜)|过敏|忌口|饮食|餐厅|饭店|饭馆|馆子|菜单|菜谱|食谱|点餐|点菜|做菜|做饭"
        r"|外卖|[早午晚中][饭餐]|聚餐|火锅|零食|喝(?!彩)|饮料|酒吧",
        "allergy, diet, habit, trait",
        r"^(?:allergy|diet)\||^habit\|(?:eat|drink|吃|喝) "
        r"|^trait\|.*(?:intoleran|celiac|vegan|vegetarian|halal|kosher|diabet|不耐受|素|清真|糖尿)",
    ),
    "language": _topic(r"\blanguages?\b", r"(?:什么|哪[些几]?种?)(?:语言|外语)|会说(?:什么|哪)", "language"),
    "pets": _topic(
        r"\bpets?\b",
        "宠物",
        "own",
        r"\|own (?:dog|cat|rabbit|hamster|parrot|turtle|bird|fish|horse|pet|\S*[狗猫兔鼠鹦龟鱼犬])",
    ),
    "children": _topic(
        rf"\bhow many {_KIDS}\b|\bany {_KIDS}\b|\bdo i have {_KIDS}\b",
        r"几个(?:孩子|小孩|娃)|有(?:没有)?(?:孩子|小孩|娃)",
        "count",
        rf"\|(?:{_KIDS}|孩子|小孩|娃|儿子|女儿)$",
    ),
    "vehicle": _topic(
        r"\b(?:what|which) (?:car|vehicle|kind of car)\b|\bmy (?:car|vehicle)\b|\bwhat do i drive\b",
        r"什么车|哪[辆款种]车|我的车",
        "habit, own",
        r"^habit\|(?:drive|开) |^own\|own (?:car|vehicle|车|汽车|电动车|电动汽车|摩托车|自行车)$",
    ),
}
TOPICS["called"] = TOPICS["name"]._replace(english=late.compile(r"(?!)"), chinese=late.compile(r"(?!)"))  # of others
# Words by which somebody of a person's is called: those of one row may be the same one.
RELATIONS = (
    "wife husband partner spouse fiancé fiance fiancée fiancee 妻子 老婆 太太 媳妇 爱人 丈夫 老公 先生 未婚妻 未婚夫",
    "girlfriend boyfriend 女朋友 男朋友 女友 男友",
    "son sons daughter daughters child children kid kids baby 儿子 女儿 孩子 小孩 宝宝",
    "mother mom mum parents 妈妈 母亲 妈 父母",
    "father dad parents 爸爸 父亲 爸 父母",
    "sister sisters sibling siblings 姐姐 妹妹 姐 妹",
    "brother brothers sibling siblings 哥哥 弟弟 哥 弟",
    "dog dogs puppy pet pets 狗 小狗 狗狗 宠物",
    "cat cats kitten pet pets 猫 小猫 猫咪 宠物",
    "boss manager 老板 领导 经理",
    "roommate flatmate 室友 舍友",
)
SPOUSES = RELATIONS[0]
CALLED = late.compile(r"\bnames?\b|\bcalled\b|\bwho(?:['’]s| is| are)\b|叫(?:什么|啥)|名字|是谁", re.IGNORECASE)
MARRIED = late.compile(r"\bmarried to\b|和谁结婚|跟谁结婚|嫁给谁|娶了谁", re.IGNORECASE)

# Whether what is eaten is asked for at all: a restaurant that was chosen, a recipe and a dish washer are no meal.
_EATS = late.compile(
    r"\b(?:allerg\w+|intoleran\w+|diets?|dietary)\b"
    r"|\b(?:i|we|she|he|they|me|us|user|my [\w-]+)\b(?: \w+){0,3} (?:eat|drink|order|cook)\b"
    r"|过敏|忌口|饮食|[我她他咱].{0,5}[吃喝]|[吃喝点](?:点|些)?(?:什么|啥)|避开",
    re.IGNORECASE,
)
_WISHED = late.compile(
    r"\b(?:suggest|recommend|find|book|plan|propose|ideas?|any|somewhere|what should"
    r"|where (?:can|should|could|shall))\b|推荐|建议|安排|附近|好吃|做点|来点|帮我|给我|选个|找个",
    re.IGNORECASE,
)
_OVER = late.compile(
    r"\b(?:did|chose|chosen|decided|picked|was|were|uses?|went|had)\b|了|过(?!敏)|合同|哪天|颜色", re.IGNORECASE
)


def eats(text: str) -> bool:
    """Whether *text* asks what somebody may eat or drink, or wishes for something of the kind."""
    return not _OVER.search(text) and (bool(_EATS.search(text)) or bool(_WISHED.search(text)))
