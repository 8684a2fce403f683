"""What of a message its writer says himself, and what he only hands over: texts to be worked on, letters, transcripts,
inventions. Pure.

Rule 1: what follows a request for work on a text, or for an invention, is that text; so is what follows a line that
introduces it with a colon, unless it says that it is about the writer.
Rule 2: a message with the head of a mail, or with lines of several speakers, says nothing of its writer.
Rule 3: where a request points at the text above it, nothing is his own.
"""

from __future__ import annotations

import re

from tiermem.text import late
from tiermem.text.analyzer import HAN

_H = f"[{HAN}]"
_MAIL = late.compile(
    r"^[ \t]*(?:Subject|From|To|Cc|Re|Fwd|发件人|收件人|主题)\s*[:：]\s*\S", re.MULTILINE | re.IGNORECASE
)
# Words before a colon that are nobody's name, but lead into what the writer says.
_LEADS = (
    r"(?:(?:Quick |Small |Big )?(?:Update|Correction|News|Note|Context|Background|Edit|Reminder|Fact|Info|Status|Fyi"
    r"|FYI|Btw|BTW|Ps|PS|P\.S|Ok|OK|Also|Again|Sorry|Wait|No|About me|Good news|Bad news))"
)
_AT = r"(?:\[[^\]\n]{1,30}\][ \t]*|\d{1,2}:\d\d(?:[:\d]*)(?: ?[AaPp]\.?[Mm]\.?)?[ \t]*[-–]?[ \t]*)?"
_SPEAKER = late.compile(
    rf"^[ \t>*-]*{_AT}\**(?!{_LEADS}\b)[A-Z][\w'’-]*(?: [\w'’.()-]+){{0,3}}\**[:：]\**[ \t]*\S", re.MULTILINE
)
_SPEAKER_ZH = late.compile(rf"^[ \t>*-]*{_AT}\**{_H}{{1,6}}\**[:：][^\n]*(?:我|你|您|俺|咱)", re.MULTILINE)
_SEVERAL = 2  # lines of speakers: a transcript

_START = r"(?:^|[.!?。！？\n…;；])[ \t]*(?:[-*>#\"“]+[ \t]*)?"
_PLEASE = (
    r"(?:(?:hi|hello|hey|there|ok|okay|so|now|please|pls|kindly|can|could|would|will|you|help|me|us|to|your|and|then"
    r"|first"
    r"|next|just|also|quickly|go ahead and|your task is|let['’]?s|let us|task"
    r"|(?:i|we) (?:need|want|would like)(?= (?:you|your|help))|i['’]d like(?= you))[\s,:!-]+){0,8}"
)
_TEXT = (
    r"(?:text|texts|paragraphs?|sentences?|essay|e-?mail|letter|grammar|spelling|bio|biography|resume|résumé|cv|below"
    r"|following|writing|story|poem|passage|statement|draft|wording|speech|post|tweet|summary|abstract|article|profile"
    r"|message|introduction|intro|application|report|note|script|lyrics|translation|english|mistakes|errors|this|these)"
)
_INVENTED = (
    r"(?:story|poem|letter|e-?mail|essay|song|bio|biography|dialog(?:ue)?|script|scene|speech|post|tweet|novel|tale"
    r"|haiku|rap|lyrics|limerick|toast|monologue|article|blurb|testimonial|review|character|diary|sketch|play|message"
    r"|introduction|statement|resume|résumé|cv|profile|joke)"
)
_REQUEST = late.compile(
    rf"{_START}{_PLEASE}(?:"
    r"(?:proof-?read|translate|summari[sz]e|rewrite|re-write|rephrase|reword|paraphrase|polish|copy-?edit)\b"
    rf"|(?:edit|correct|improve|fix|check|revise|shorten|condense|expand|simplify|review|continue|complete|finish"
    r"|explain|comment on|rate|evaluate|parse|read"
    rf"|analy[sz]e|critique|format|convert)\b[^.!?\n:]{{0,60}}?\b{_TEXT}\b"
    rf"|(?:write|draft|compose|create|make up|invent|generate|tell|give)\b[^.!?\n:]{{0,60}}?\b{_INVENTED}\b"
    r"|pretend\b|imagine\b|act (?:as|like)\b|role-?play|(?:answer|respond|reply|speak|write|talk) (?:as|like)\b"
    r"|make (?:this|it|that|these)\b[^.!?\n]{0,40}\b(?:sound|read|professional|formal|nicer|better|shorter|longer"
    r"|clearer|concise|polite|more|less)\b|turn (?:this|it|that|these|the following)\b"
    r"|how (?:do|does|would|can|should) (?:i|you|one|we) (?:say|write|phrase|put|spell)\b"
    r"|what(?: is|['’]s) wrong with (?:this|my|these|the following)\b"
    r"|(?:is|are|does|do) (?:this|that|it|these|my|the following)\b[^.!?\n]{0,40}\b(?:correct|right|grammatical\w*"
    r"|sound|natural|idiomatic|good english)\b"
    r"|(?:i|we) (?:need|want|would like)\b[^.!?\n]{0,40}\b(?:proof-?read|translated|rewritten|rephrased|summari[sz]ed"
    r"|edited|polished)\b"
    r"|you(?: are|['’]re) (?:now )?(?:an?|the) (?!(?:\w+ )?(?:help|life-?saver|star|gem|legend|genius|angel)\b)"
    r"|(?:(?:math|word) )?(?:problem|exercise|riddle|puzzle|scenario|quiz|story)\b[^.!?:\n]{0,20}:"
    r"|(?:monologue|the (?:protagonist|narrator))\b"
    r"|play (?:a|the) |play\b(?=[^.!?\n]{0,30}\bgame)"
    r"|suppose\b|assume\b|given that\b(?! (?:i|we)(?:['’]m| am| only| don['’]t| can['’]t| live| work| have (?:no"
    r"|only))\b)|given:|consider (?:the|this)\b|let [a-z]\w* (?:be|=)|let['’]?s play\b"
    r")|\bcover letter\b",
    re.IGNORECASE,
)
_WORK_ZH = "翻译|润色|改写|总结|校对|缩写|扩写|续写|改错|精简|概括|修改|改进|优化"
_WRITE_ZH = "故事|诗|作文|小说|信|邮件|自我介绍|简历|剧本|文章|歌词|日记|演讲稿|对话|文案|童话|散文|段子|笑话"
_REQUEST_ZH = late.compile(
    rf"{_START}(?:你好|您好)?[，,]?(?:请你?|帮我|帮忙|麻烦你?|能不能|能否|可以|给我|替我|你|来|我想让你|我要你)*"
    rf"(?:把[^。！？\n]{{0,20}}?)?(?:(?:{_WORK_ZH})(?!是|，|。|的|做|过|了)"
    rf"|(?:写|编|创作|讲|起草|生成)(?!了|过|完|作)[^。！？\n：:]{{0,16}}?(?:{_WRITE_ZH})|扮演|假装|想象|假设"
    rf"|设(?=[A-Za-z]))"
    rf"|(?:{_WORK_ZH})(?:一下|成|为|下面|以下|这[段句篇封])"
    rf"|(?<![我在])写一[个篇首封段份][^。！？\n]{{0,8}}(?:{_WRITE_ZH})"
    rf"|(?:请|帮我|给我)[^。！？\n]{{0,12}}(?:扮演|假装|{_WORK_ZH})"
    rf"|这[句段篇封][^。！\n]{{0,10}}(?:对吗|对不对|通顺|怎么样|有错|语法)|(?:英[语文]|中文|法语|日语)怎么[说写]"
    rf"|(?:请|帮我|帮忙)[^。！？\n]{{0,6}}[看改读查][^。！？\n]{{0,10}}(?:话|文章|作文|句子|简历|邮件|信|稿)"
)
_ABOVE = late.compile(r"\babove\b|以上|上面|上述", re.IGNORECASE)
_THIS = late.compile(
    r"^(?!.*\b(?:write|draft|compose|create|make up|invent|generate|tell|give)\b).*\b(?:this|that|it|these)\b"
    r"|这[段句篇封]",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE_END = late.compile(r"[.!?。！？\n]|$")
# A line that ends with a colon, and one that has a colon behind what introduces a text.
_COLON = late.compile(r"^[^\n]*[:：][ \t]*$", re.MULTILINE)
_INTRODUCED = late.compile(
    r"\b(?:here(?: is|['’]s| are)|this is|below is|the following|following)\b[^.!?:：\n]{0,80}?\b(?:bio|biography|text"
    r"|e-?mail|letter|message|essay|story|poem|quote|excerpt|article|paragraph|sentence|lyrics|profile|resume|résumé|cv"
    r"|review|post|tweet|testimonial|joke|prompt|example|sample|script|transcript|translation|draft|conversation|chat"
    r"|dialog(?:ue)?|passage|speech|interview|diary|entry|introduction|statement|ad|listing)s?\b[^.!?:：\n]{0,40}[:：]"
    r"|\b(?:writes|wrote|says|said|posted|texted|reads|replied|answered|asked|bio|biography|diary|testimonial)"
    r"(?: (?!(?:and|but|that)\b)[\w'’-]+){0,4}[ \t]*[:：]"
    r"|(?:写道|说道|如下|原文|内容|来信|邮件|简介|短信|日记|文章|故事|(?<!微)信|诗|说)[:：]"
)
_OF_HIMSELF = late.compile(
    r"\b(?:about (?:me|myself|us)|(?:my|our) (?:details|info|situation|profile|data|setup|stack|facts|news|updates?)"
    r"|facts|updates?|remember|notes?|fyi|background|context|corrections?|news|things? changed|know|recap|status)\b"
    r"|关于我|我的情况|我的信息|记住|更新|补充|更正|背景|近况|消息",
    re.IGNORECASE,
)


def own(text: str) -> str:
    """*text* up to where it hands over what others say, or what is made up; "" where nothing of it is the writer's."""
    if _MAIL.search(text) or _transcript(text):
        return ""
    asked = [found for found in (_REQUEST.search(text), _REQUEST_ZH.search(text)) if found]
    if any(_points_back(text, found) for found in asked):
        return ""
    return text[: min([*(found.start() for found in asked), *_introduced(text), len(text)])]


def _transcript(text: str) -> bool:
    """Whether several lines of *text* begin with who says them."""
    return len(_SPEAKER.findall(text)) >= _SEVERAL or len(_SPEAKER_ZH.findall(text)) >= _SEVERAL


def _points_back(text: str, asked: re.Match[str]) -> bool:
    """Whether what is *asked* is meant of the text before it."""
    ends = _SENTENCE_END.search(text, asked.end())
    stop = ends.end() if ends else len(text)
    sentence, after = text[asked.start() : stop], text[stop:].strip()
    return bool(_ABOVE.search(sentence)) or (not after and ":" not in sentence and bool(_THIS.search(sentence)))


def _introduced(text: str) -> list[int]:
    """Where what somebody else says is introduced in *text*."""
    lines = [found.end() for found in _COLON.finditer(text) if not _OF_HIMSELF.search(found.group())]
    within = _INTRODUCED.search(text)
    return [*lines[:1], *([within.start()] if within else [])]
