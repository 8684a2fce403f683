"""The words by which a goal, a decision, an action or an error is told, for stubs and summaries: English and Chinese.

All are compiled once and read nothing but the text. English ones are tied to word borders; Chinese ones are
literal, since Chinese has none. Order inside an alternative matters nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from tiermem.text import late

Cue: TypeAlias = re.Pattern[str]


def seeking(text: str) -> Callable[[Cue], re.Match[str] | None]:
    """What finds a cue in *text*: the match that `search` finds, of which only the place may be used.

    In plain ASCII each is sought in small letters, without its Chinese alternatives: where `re` folds case, it takes
    five times as long.
    """
    if not text.isascii():
        return lambda cue: cue.search(text)
    small = text.lower()

    def found(cue: Cue) -> re.Match[str] | None:
        made = _small(cue)
        return made.search(text if made is cue else small)

    return found


def _small(cue: Cue) -> Cue:
    """*cue* for ASCII in small letters; one that heeds case as it is."""
    kept = _SMALL.get(id(cue))
    if kept is None:
        english = "|".join(branch for branch in _branches(cue.pattern) if not _CHINESE.fullmatch(branch))
        folded = re.sub(r"\\.|\(\?P|[A-Z]", lambda part: part[0].lower() if len(part[0]) == 1 else part[0], english)
        made = late.compile(folded, cue.flags & ~re.IGNORECASE) if cue.flags & re.IGNORECASE else cue
        kept = _SMALL[id(cue)] = (cue, made)
    return kept[1]


def _branches(pattern: str) -> Iterator[str]:
    """The alternatives of a regular expression, outside of its groups."""
    depth, begin, inside = 0, 0, False  # of a class of characters
    for token in re.finditer(r"\\.|[\[\]()|]", pattern):
        if token[0] == "|" and not depth and not inside:
            yield pattern[begin : token.start()]
            begin = token.end()
        elif len(token[0]) == 1:
            inside = token[0] == "[" or (inside and token[0] != "]")
            depth += not inside and (token[0] == "(") - (token[0] == ")")
    yield pattern[begin:]


_SMALL: dict[int, tuple[Cue, Cue]] = {}
_CHINESE = late.compile(r"(?=.*[\u3400-\u9fff])(?:\\.|[^A-Za-z\\])*")  # no letter but of escapes


def _cue(english: str, chinese: str = "") -> re.Pattern[str]:
    both = rf"\b(?:{english})\b" + (f"|{chinese}" if chinese else "")
    return late.compile(both.replace("'", "['’]"), re.IGNORECASE)


_TASK = (
    "fix|solve|debug|investigate|find out|build|write|implement|create|make|refactor|migrate|design|plan|explain"
    "|translate|summari[sz]e|review|optimi[sz]e|improve|set up|configure|deploy|diagnose|repair|figure out|speed up"
    "|reduce|prepare|learn|understand|choose|compare|recommend|book|need help|planning"
    "|get (?:it|this|them|him|her|us|back|rid)"
)
_TASK_ZH = (
    "修复|解决|排查|调试|实现|编写|写一|优化|改进|部署|迁移|设计|规划|解释|翻译|总结|制定|配置|推荐|分析|定位|搞定|处理"
)

TASK = _cue(_TASK, _TASK_ZH)
GOAL_STATED = _cue(
    r"(?:my|our|the|your) (?:main |overall |new |first |only |current |real )?(?:goal|task|objective|aim"
    r"|mission|assignment)"
    r"(?: here| now| today)? (?:is|are|was)|goal:|task:|objective:",
    "(?:目标|任务|目的)(?:是|就是|为|：|:)",
)
REQUEST = _cue(
    rf"(?:i|we)(?: really| just| also| still)? (?:want|need|would like|have) (?:you )?to|(?:i|we)'(?:d like"
    rf"|m trying|re trying) (?:you )?to"
    rf"|(?:help|show|teach) (?:me|us)|please (?:help|{_TASK})|(?:can|could|would) you (?:please "
    rf"|also )?(?:help|{_TASK})|(?:i|we) (?:really )?need (?:a |some |your )?(?:help|hand|advice)",
    "帮(?:我|我们|忙|一下)|请(?:你|您|帮|给|为|把|先|再|修|查|写)|麻烦(?:你|您)|(?:我|我们)(?:很|也|还|就|真的)?(?:想要?|需要|希望|打算|得|要)(?:学"
    "|做|找|去|把|解决|修|写|实现|买|换|知道|了解|一)"
    "|(?:怎么|如何)(?:才能|解决|修|实现|做|处理|提高|改善|优化)|能不能|可以(?:帮|给)我|想要|需要(?:你|您)",
)
IMPERATIVE = late.compile(
    rf"^\W*(?:please |so |ok(?:ay)?,? |then )?(?:{_TASK}|add|update|change|run|check)\b", re.IGNORECASE
)
GOAL_CHANGE = _cue(
    r"(?:now )?let's .{0,80}instead|change of plans?|new (?:goal|task|priority|plan)(?: is|:)"
    r"|(?:goal|task|priority) (?:is now|has changed|changed)"
    r"|(?:instead|actually),? (?:i|we) (?:want|need|'d like)|let's (?:move on|switch) to (?:a "
    r"|the )?(?:new|next|other) (?:task|goal|topic|feature|problem)",
    "换(?:个|一个)(?:目标|任务|方向|话题|需求)|改做|新的?(?:目标|任务)(?:是|为|：|:)|先不(?:管|做|弄)|目标(?:变|改)(?:了|为|成)|计划有变|转而",
)

DECISION = _cue(
    r"decided|decide to|decision|agreed|(?:i|we)'ll (?:go|stick) with|(?:let's|going to|gonna) (?:go"
    r"|stick) with|settled? on"
    r"|opted|we chose|i chose|chosen|concluded|approved|(?:let's|we'll|we will|we should|i'll|(?:i"
    r"|we) should|we will) (?:use|switch|drop|raise|lower|increase|reduce|set|add|cap|limit|replace|revert"
    r"|adopt|move to|roll back)"
    r"|switch(?:ed|ing)? (?:\w+ ){0,3}(?:to|from)|migrat(?:e|ed|ing) (?:\w+ ){0,3}to|replac(?:e|ed"
    r"|ing) .{1,60}? (?:with|by)|instead of",
    "决定|采用|选用|选定|敲定|定为|定在|改为|改成|换成|改用|调整为|调整到|调到|调成|设为|设置为|设成|一致同意|同意用|结论是|放弃|方案是|统一用"
    "|不再使用|就用|说定|约定|约好",
)
INTENT = _cue(
    r"let's|we'll|we will|i'll|i will|we're going to|i'm going to|(?:i|we) plan to|planning to|we should"
    r"|(?:raise|raised|increase|increased|lower|lowered|reduce|reduced|bump|bumped|set|change|changed|cap"
    r"|capped) ",
    "打算|准备|计划|将会|我会|我们会|会去|要去|安排",
)
_RAISE = r"(?:rais|increas|lower|reduc|bump|set|chang|cap|mov|go|went|switch|scal|extend|shorten|adjust|cut|turn)\w*"
CHANGE = late.compile(  # an arrow behind parentheses is code: what a function returns
    rf"(?<!\))(?<!\) )(?:->|→|=>|⇒|➜)\s*\S|\b{_RAISE}\b.{{0,60}}?\bfrom\b.{{1,40}}?\bto\b"
    rf"|\b{_RAISE}\b.{{1,60}}?\bto\s+[\"'`]?[\d$€]"
    r"|从\s*\S{1,12}?\s*(?:改|提|升|降|增|减|调|变|换)\S{0,3}\s*\S|(?:改为|改成|设为|设置为|调到|提高到|降到|增加到)\s*\d",
    re.IGNORECASE,
)
MEASURED = _cue(
    r"(?:dropped|fell|went|gone|grew|rose|jumped|improved|climbed|came|is|are) (?:down |up |back )?(?:from"
    r"|to)|passed",
    "(?:下降|上升|降低|提高|提升|上涨)了|^[^把将]*从.{1,12}(?:降|升|涨|跌)到",
)
HEDGE = _cue(
    r"if|example|e\.g|you (?:should|can|could|may|might)|by \w+ing|steps? to|here(?:'s| is| are)|maybe"
    r"|perhaps|might|could|not sure|wonder|what about|how about|would it|should (?:i|we)|let me"
    r"|take a look|look (?:at|into)|have a look|check|see (?:if|what|whether)|i'll be|i'll let",
    "如果|也许|可能|或许|是否|要不要|会不会|看看|不确定|要不",
)

ADVICE = _cue(  # in front of a decision's word it is somebody's advice
    r"you (?:should|can|could|may|might|need to|want to)|(?:suggest|recommend|advise|consider)(?:ed|ing)?"
    r"|it(?:'s| is) (?:best|better|worth|advisable)|would be (?:best|better|good)|one option|options? (?:is|are)",
    "建议|推荐|可以|不妨|最好|应该|应当|考虑|尽量|一般|通常|需要|您?可|如果要|想要|试试|尝试",
)
RESOLVED = _cue(
    "decided|agreed|approved|settled|chose|concluded", "决定|同意|敲定|说定|约定|约好|已经?(?:改|换|设|调)|改好|换好"
)
OWN = late.compile(r"\b(?:I|my|My|we|We|our|Our|me|us|mine|ours|I['’](?:m|ve|d|ll)|we['’](?:re|ve|d|ll))\b|[我咱]")
COMMITMENT = late.compile(
    r"^\W*(?:(?:[Oo]k(?:ay)?|[Ss]ure|[Dd]one|[Gg]reat|[Yy]es|[Aa]ll right)\W{1,3})?(?:I|[Ww]e)"
    r"(?:['’]ve| have|['’]ll| will|['’]m| am| just| now)?\b"
    r"|(?:我们?|系统)?(?:已经?|会|将|给您|给你|帮您|帮你|为您|为你)"
)
TELLING = late.compile(  # what only these words say: an identifier, a figure, a name in the middle of a sentence
    r"(?P<identifier>(?<![A-Za-z\d._+-])[A-Za-z\d._+-]{1,64}@[A-Za-z\d-]{1,63}\.[A-Za-z][A-Za-z.]{1,30}"
    r"|https?://\S{1,200}"
    r"|(?<![A-Za-z\d_.-])[A-Z][A-Za-z]{0,7}-?\d[A-Z\d-]{1,20}(?![A-Za-z\d])"
    r"|(?<![\w.,:-])\+?\d(?:[ -]?\d){4,19}(?![\w:]))"
    r"|(?P<figure>(?<![A-Za-z])\d{1,20}(?:[.,:/-]\d{1,20}){0,6}"
    r"|[一二两三四五六七八九十百千]{1,4}"
    r"(?:点|号|楼|岁|块|元|层|栋|室|米|斤|公里|小时|分钟|个月|周|年级|折))"
    r"|(?P<name>(?<=[a-z,;] )[A-Z][A-Za-z]{2,30}|(?<![A-Za-z])[A-Z][A-Za-z]{2,30}(?=[\u3400-\u9fff])"
    r"|《[^》\n]{1,30}》)"
)

ACTION = _cue(
    r"(?:i|we)(?:'ve| have|'m| am)?(?: now| just| also| already)? (?:(?!lov|lik|want|need|hop|enjoy|tri"
    r"|agre)\w+ed|made|ran|wrote|set|found|built|sent|took|put|began|got|went|did|done)|done|finished"
    r"|completed|implemented|deployed|committed|merged|pushed|applied|restarted",
    "已经?|完成|(?:修改|更新|添加|创建|部署|修复|提交|运行|重启|合并|删除|写|改|做|跑|试|配置|验证)(?:好|完)?了",
)
OUTCOME = _cue(
    r"pass(?:ed|es)?|succeed(?:ed|s)?|success(?:ful(?:ly)?)?|works? (?:now|again|fine)|is (?:now )?(?:gone"
    r"|fixed|resolved|live|done|complete|stable)|fixed|resolved|verified|confirmed|dropped to|down to"
    r"|went from",
    "通过|成功|解决了|修好|恢复|已生效|正常了|验证|降到|稳定",
)
TOTAL = _cue("total|execution time|elapsed|duration|overall|average|summary", "总计|合计|耗时|平均|总共")
ERROR_NAME = late.compile(r"\b(?:[A-Z]\w*)(?:Error|Exception|Timeout|Fault)\b|\b[45]\d\d (?:[A-Z]\w+ ?){1,3}")
ERROR = late.compile(
    r"\b\w*(?:Error|Exception|Timeout)\b|\b(?:errors?|failed|fails|failure|fatal|panic|refused|denied"
    r"|timed out|timeouts?|crash(?:ed|es)?|traceback|exceeded|unable to|segfault|out of memory|OOM|deadlock(?:ed)?"
    r"|aborted|aborting|undervolt|leak(?:ing|s)?|problem|broken|warning light)\b"
    r"|\bexit(?:ed with)? code [1-9]|\bHTTP [45]\d\d\b"
    r"|错误|异常|失败|超时|报错|崩溃|拒绝|死锁|泄漏|故障|出错",
    re.IGNORECASE,
)
NO_ERROR = _cue(
    r"(?:no|any|without|zero|0) (?:\w+ )?(?:errors?|problems?|failures?|failed)|trial and error"
    r"|error[- ](?:handling|messages?|pages?|codes?)"
    r"|(?:handle|catch|prevent|avoid|reduce|log) (?:\w+ )?(?:errors?|exceptions?|failures?)|problem[- ]solving",
    "没有(?:错误|问题|异常)|错误处理|异常处理|避免错误",
)
CAUSE = _cue(
    r"root cause|caused by|due to|turns out|turned out (?:that|to be)|(?:problem|issue|culprit|reason"
    r"|bottleneck|cause) (?:is|was|here)|because of",
    "根因|原因是|原因在|由于|导致|问题(?:是|在|出在)|瓶颈",
)
CONSTRAINT = _cue(
    r"(?:(?:we|you|i|they|everything|all|results?|tests?) must|must (?:not|never|only|always|stay|support"
    r"|run|use|include|finish|be (?:\w+ed|under|below|within|done|ready|kept)))|mustn't|(?:please|and|but"
    r"|so|you|we) (?:do not|don't|never)(?! (?:know|think|see|need|want|have|remember|believe|get|expect"
    r"|understand|mind|worry|give|forget|let))"
    r"|not allowed|cannot exceed|only (?:use|if|when|on|after|allowed)|requires?|deadline|due (?:by|on)"
    r"|(?:at (?:most|least)|no more than|no (?:later|longer) than|under|within|below) [\d$€]\S*"
    r"|has to (?:be|stay|run|finish)|forbidden|budget (?:is|of)|limit (?:is|of)",
    "必须|(?:请|千万|但|也|先)不要|^不要|不得|禁止|务必|(?:至少|最多|不超过)\\s*[\\d一二两三四五六七八九十]|截止|只能用|预算(?:是|为|只)|千万",
)
IMPERATIVE_NOT = late.compile(
    r"^\W*(?:please )?(?:do not|don['’]t|never)\b(?! (?:know|think|forget|worry|get|give))", re.IGNORECASE
)
PREFERENCE = _cue(
    r"(?:i|we|she|he|they|mom|dad) (?:really |also |usually |always |still |absolutely |don't )?(?:prefer"
    r"|like|love|enjoy|hate|dislike|adore)s?|(?:i|we)'d (?:rather|prefer)|prefers?|favou?rites?|allergic"
    r"|can't stand|big fan of|into (?:hiking|reading|painting|running|yoga|music)",
    "偏好|(?:更|很|最|不|特别|非常|也|都|比较)?喜欢|最爱|讨厌|过敏|爱吃|爱喝|习惯|爱好|兴趣|热爱",
)
IDENTITY = _cue(
    r"my name(?:'s| is)|call me|i'm called|i (?:work|live|study|come|grew|moved|majored|was born)|i am an?"
    r"|i'm an?|my (?:wife|husband|son|daughter|mother|father|mom|dad|sister|brother|dog|cat|boss|job"
    r"|birthday|partner|team|company|hometown)",
    "我叫|我的名字|我是(?:一|个|从|在|来自|\\w{0,4}(?:生|师|员|人|家))|我住|我来自|我在.{1,12}(?:工作|上班|上学|读书)|生日|我(?:的)?(?:妻子|丈夫|儿子"
    "|女儿|妈妈|爸爸|母亲|父亲|妹妹|弟弟|姐姐|哥哥|男朋友|女朋友|老板|公司|家乡|专业)",
)
FIGURE = late.compile(
    r"[$€£¥]\s?\d[\d,.]*|\d[\d,.:]*\s?(?:%|‰|°|ms|sec(?:ond)?s?|s|min(?:ute)?s?|h|hours?|days?|weeks?"
    r"|months?|years?|[KMGT]i?B|kg|km|cm|mm|m|psi|volts?|amps?|degrees?|feet|miles|rows?|connections?"
    r"|users?|requests?|rps|qps|tokens?|workers?|threads?|replicas?|times)(?![A-Za-z0-9])"
    r"|\d[\d,.]*\s?(?:毫秒|秒|分钟|小时|天|周|个月|年|月|日|号|点|元|块|万|亿|人|次|个|行|条|米|公里|公斤|斤|岁|度|连接|兆)"
)
VERSION = late.compile(
    r"\b([A-Z][A-Za-z+#]{1,20}|python|node|numpy|java|go)\s+(?:version\s+)?v?(\d+(?:\.\d+){1,3})\b"
    r"|\bv(\d+\.\d+(?:\.\d+)?)\b"
)
SUBJECT = late.compile(
    r"^(?:(?:and|but|so|also|ok(?:ay)?,?|the|our|my|current"
    r"|a) )*([A-Za-z_][\w./-]*(?: [\w./-]+){0,3}?)\s*(?:\bis\b|\bare\b|\bwas\b|\bwere\b|=|:|\bhas\b"
    r"|\bhave\b|\btakes\b|\bequals\b|\bstays\b)"
    r"|^((?:(?![但就想去因给被把着了])[\u3400-\u9fff\w ./-]){2,10}?)(?:现在|目前)?(?:是|为|=|：|设为|改为|有)",
    re.IGNORECASE,
)
PRONOUN = late.compile(
    r"^(?:it|this|that|there|he|she|they|i|we|you|what|which|who|where|when|how|here|one|these|those|all"
    r"|everything|something|nothing|your|her|his|their|if|as|only)\b|\b(?:i|you|we|that|must|which)$"
    r"|^(?:由于|至于|对于|作为|[我你您他她它这那哪谁]|什么|可能|但|因|就|还|不|也|都|如)",
    re.IGNORECASE,
)
ACKNOWLEDGEMENT = late.compile(
    r"(?:ok(?:ay)?|thanks?(?: you| a lot| so much)?|thank you|great|sure|cool|nice|wow|hi|hey|hello|yes"
    r"|yeah|yep|no|got it|sounds good|perfect|awesome|roger|copy|good (?:morning|evening|night)|bye"
    r"|you're welcome|of course|certainly|absolutely"
    r"|好的?|谢谢|多谢|你好|您好|嗯|是的|没问题|不客气|再见|晚安|早上好|当然|收到|不用谢|明白了?|哈哈)(?![A-Za-z])",
    re.IGNORECASE,
)

EDIT = late.compile(
    r"\b(?:edit(?:ed|ing)?|modif(?:y|ied|ying)|updat(?:e|ed|ing)|chang(?:e|ed|ing)|patch(?:ed|ing)?"
    r"|creat(?:e|ed|ing)|writ(?:e|ing|ten)|wrote|add(?:ed|ing)?|rewr(?:ite|ote|itten)|refactor(?:ed|ing)?"
    r"|replac(?:e|ed|ing)|delet(?:e|ed|ing)|remov(?:e|ed|ing)|renam(?:e|ed|ing)|saved?|set|fix(?:ed|ing)?"
    r"|appl(?:y|ied|ying)|rais(?:e|ed|ing)|increased?|lowered|bumped|new file|overwrote|insert(?:ed"
    r"|ing)?)\b"
    r"|修改|编辑|更新|改动|改了|改成|改为|改好|创建|新建|新增|添加|写入|写了|写到|写进|加到|加了|加入|删除|删掉|重写|重构|替换|保存|修复|补丁|调整",
    re.IGNORECASE,
)
READ = late.compile(
    r"\b(?:read(?:ing)?|look(?:ed|ing)? (?:at|in|into|through)|open(?:ed|ing)?|view(?:ed|ing)?|check(?:ed"
    r"|ing)?|inspect(?:ed|ing)?|see|saw|grep(?:ped)?|search(?:ed|ing)?|found|find|show|cat|list(?:ed)?"
    r"|review(?:ed|ing)?|run|ran|import(?:ed|ing|s)?|according to|like|imports?|uses?|call(?:s|ed)?"
    r"|copied from)\b"
    r"|阅读|读了|读取|查看|看了|看看|看一下|打开|检查|搜索|查找|参考|运行|执行",
    re.IGNORECASE,
)
NOT_DONE = _cue(
    r"not|n't|don't|didn't|won't|without|never|no need|avoid|should|could|might|would|need to|needs to|if"
    r"|whether|before|instead of|unchanged|untouched|try to|wanted to",
    "不要|没有|没|别|不需要|无需|不用|不能|应该|需要|可以|如果|是否|要不要|未",
)
WRITING_TOOL = late.compile(
    r"write|edit|create|patch|replace|update|save|insert|append|delete|remove|rename|move|mkdir|touch"
    r"|overwrite|apply",
    re.IGNORECASE,
)
READING_COMMAND = late.compile(r"^(?:view|read|list|show|open|cat|get|search|grep|find|undo_edit)$", re.IGNORECASE)
SHELL_WRITE = late.compile(r"(?:\bsed\s+-i\S*\b|\btee\b|\btouch\b|\bgit\s+(?:mv|rm|add)\b|\bmv\b|\bcp\b|>{1,2})")
PATCH_PATH = late.compile(
    r"^(?:\*\*\* (?:Update|Add|Delete) File: |\+\+\+ (?:b/)?|\s*(?:modified|new file|deleted|renamed):\s+)(\S+)",
    re.MULTILINE,
)
