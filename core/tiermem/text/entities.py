"""Names, numbers and paths of a text by rules, in English and Chinese, for the graph of names and for summaries.

Rule 1: what is found is a part of the text as it stands there, once, in the order of its first place.
Rule 2: better to miss a name than to take an ordinary word: entities feed a graph, and a wrong one links everything.
Rule 3: no text makes these functions raise; the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from tiermem.text import late
from tiermem.text.analyzer import HAN, words_of
from tiermem.text.chinese_numerals import LONGEST, NUMERALS, SCALES

_MAX_NAME = 60
_MAX_RUN = 1000

_URL = late.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,19}://[^\s<>\"'，。；、（）]*|www\.[^\s<>\"'，。；、（）]*")

# --- names -----------------------------------------------------------------------------------------------------------

_LATIN = rf"[^\W\d_{HAN}]"
_WORD = late.compile(rf"{_LATIN}[^\W{HAN}]*(?:['’-][^\W{HAN}]+)*(?:\+\+|#)?")
_SENTENCE_END = late.compile(r"[.!?:。！？：；\n*#>|•]")
_OPENERS = " \t\"'“‘(（「"
_POSSESSIVE = late.compile(r"['’]s?$")
_LINKS = words_of("of de van von der la del al bin")
_NOT_NAMES = words_of(
    "i i'm i'll i've i'd monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december mr mrs ms dr prof sir ok okay yes no hi hello hey thanks "
    "please todo fixme note warning error info debug fyi asap btw imo etc am pm user assistant system ai"
)
# Words that start a sentence far more often than they are a name; any other capital at a start needs a reason too.
_STARTERS = words_of(
    "the a an this that these those it its he she we you they my your our his her their there here what when where "
    "who whom which why how if while as at by for from in into of on to with and or but so yet nor not then than also "
    "after before because although though since until unless once during within without about all any both each every "
    "few many more most some such one two three first second next last finally however therefore meanwhile moreover "
    "do does did is are was were be been have has had can could may might must shall should will would let please "
    "just now today tomorrow yesterday maybe perhaps actually only even still never always dear ask tell call meet "
    "see use"
)
_NAME_VERBS = words_of(
    "said says say told tells asked asks replied wrote writes likes loves hates prefers wants needs works worked "
    "lives lived moved joined left met called thinks thought knows knew believes agreed agrees decided suggested "
    "reported announced mentioned confirmed explained plans planned hopes bought sold founded acquired released owns "
    "became leads manages teaches studies visited came went got sent gave"
)
_TITLES = words_of("Mr Mrs Ms Dr Prof St")
_TAGS = ("ns", "nt", "nz")
# The commonest family names, simplified and traditional.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴"
    "霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶牟艾尤阳穆司卓古吉缪简车项连芦麦褚窦岑景费卜席"
    "卫柏宗瞿桂诸邬卞姬仇栾刁沙荣巫丛虞巩佘苑官封谈匡鞠惠荆冀郁胥南班楚阚張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧葉"
    "蘇呂盧鍾譚陸賈韋鄒閆龍賀顧龔萬錢嚴湯溫齊喬龐顏聶莊魯歐關蘭紀單諸"
)
_NICK = frozenset("小老阿")
_NO_PEOPLE = frozenset({"谢谢", "高兴", "常常"})  # they begin with a family name, and the tagger takes them for people
_EVERYDAY_VERBS = frozenset("喝吃看买買做打玩学學")  # the dictionary itself has 喝咖啡 as a person
_TITLE = late.compile(r"《([^《》\n]{1,40})》")
_HAN_RUN = late.compile(rf"[{HAN}·]+")


def entities(text: str) -> list[str]:
    """Names of people, places, organisations, products and works in `text`, each once, in order.

    Chinese names are what the segmenter tags as such; English ones are capitalised words that do not merely start a
    sentence. Names in URLs are left out; names longer than 60 characters are not names.
    """
    bare = _without_urls(text)
    placed = [*_english_names(bare), *_chinese_names(bare)]
    placed += [(match.start(1), match[1]) for match in _TITLE.finditer(text)]
    return _unique(name for _, name in sorted(placed) if 2 <= len(name.strip()) <= _MAX_NAME)


def openers(text: str) -> list[str]:
    """Words that begin a sentence of `text` with a capital, each once, in order: names where they are known as such
    from elsewhere ("Maja flew to Oslo."), and else most often ordinary words."""
    bare = _without_urls(text)
    words = list(_WORD.finditer(bare))
    lower = {match.group() for match in words if match.group().islower()}
    first = (
        _POSSESSIVE.sub("", word.group())
        for place, word in enumerate(words)
        if _may_be_name(word.group()) and _starts(bare, words, place)
    )
    return _unique(word for word in first if word.lower() not in _STARTERS and word.lower() not in lower)


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _without_urls(text: str) -> str:
    return _URL.sub(lambda match: " " * len(match.group()), text)


def _english_names(text: str) -> Iterator[tuple[int, str]]:
    words = list(_WORD.finditer(text))
    lower = {match.group() for match in words if match.group().islower()}
    inside = {m.group() for i, m in enumerate(words) if m.group()[0].isupper() and not _starts(text, words, i)}
    index = 0
    while index < len(words):
        end = _run_end(text, words, index) if _may_be_name(words[index].group()) else index
        if end == index:
            index += 1
            continue
        first = index
        while first < end and _POSSESSIVE.sub("", words[first].group()).lower() in _STARTERS:
            first += 1
        if first == index and _starts(text, words, index) and not _is_name_at_start(words, index, end, lower, inside):
            first += 1
        if first < end:
            start = words[first].start()
            yield start, _POSSESSIVE.sub("", text[start : words[end - 1].end()])
        index = end


def _starts(text: str, words: list[re.Match[str]], index: int) -> bool:
    """Whether this word is the first of a sentence, a line or a list entry."""
    before = text[words[index - 1].end() if index else 0 : words[index].start()]
    if index and before == ". " and words[index - 1].group() in _TITLES:
        return False  # "Dr. Smith"
    # Only what stands right before it counts: in "。用Redis" the sentence starts with 用.
    tail = before.rstrip(_OPENERS)
    if not tail:
        return index == 0 or any(c in before for c in '"“')
    return bool(_SENTENCE_END.match(tail[-1]))


def _may_be_name(word: str) -> bool:
    bare = _POSSESSIVE.sub("", word)
    if bare.lower() in _NOT_NAMES or len(bare) < 2:
        return False
    return bare[0].isupper() or _has_inner_capital(bare)


def _has_inner_capital(word: str) -> bool:
    """PostgreSQL, GPT-4, iPhone, NASA; not "Redis", and not snake_case or camelCase of code."""
    return any(c.isupper() for c in word[1:]) and "_" not in word and (word[0].isupper() or len(word) < 8)


def _run_end(text: str, words: list[re.Match[str]], index: int) -> int:
    """Index behind the last word of the name that starts here: capitals, joined by one space, "of", "&" or "-"."""
    end = index + 1
    while end < len(words) and end - index < 5 and not _POSSESSIVE.search(words[end - 1].group()):
        gap = text[words[end - 1].end() : words[end].start()]
        linked = words[end].group() in _LINKS and gap == " " and end + 1 < len(words)
        last = end + 1 if linked else end
        gap = text[words[last - 1].end() : words[last].start()] if linked else gap
        gap = " " if end == index + 1 and gap == ". " and words[index].group() == "St" else gap  # "St. Petersburg"
        if gap not in (" ", " & ") or not words[last].group()[0].isupper() or not _may_be_name(words[last].group()):
            break
        end = last + 1
    return end


def _is_name_at_start(words: list[re.Match[str]], index: int, end: int, lower: set[str], inside: set[str]) -> bool:
    word = words[index].group()
    bare = _POSSESSIVE.sub("", word)
    if bare in inside or _has_inner_capital(bare):
        return True
    if bare.lower() in lower:
        return False
    following = words[end].group() if end < len(words) else ""
    return end - index > 1 or following in _NAME_VERBS or (word != bare and following.islower())


def _chinese_names(text: str) -> Iterator[tuple[int, str]]:
    for run in _HAN_RUN.finditer(text):
        for start in range(run.start(), run.end(), _MAX_RUN):
            yield from _tagged_names(text[start : min(run.end(), start + _MAX_RUN)], start)


def _tagged_names(run: str, offset: int) -> Iterator[tuple[int, str]]:
    """Names of a Chinese run, with foreign names (约翰·史密斯) and cut ones (蔡|英文) put together."""
    name, at = "", offset
    for word, tag in [*_segmenter().tag(run), ("", "")]:
        joins = word == "·" or name.endswith("·") or (len(name) == 1 and tag in ("nr", "nz", "nrt"))
        if name and not (joins and word):
            if len(name := _trimmed(name)) > 1:
                yield at, name
            name = ""
        if name or _is_chinese_name(word, tag):
            at = at if name else offset
            name += word
        offset += len(word)


def _trimmed(name: str) -> str:
    """张三说 -> 张三: the tagger's guesses sometimes take the verb along."""
    name = name.rstrip("·")
    return name[:-1] if len(name) == 3 and name[-1] in "说說问問在和是叫去来來" else name


def _is_chinese_name(word: str, tag: str) -> bool:
    # The tagger guesses "nr" for unknown words too (喝咖啡): a person has a surname or 小/老/阿,
    # or stands in the dictionary (特朗普).
    if word in _NO_PEOPLE:
        return False
    if tag == "nr":
        if word[0] in _SURNAMES or len(word) < 2:
            return word[0] in _SURNAMES
        return word[0] in _NICK or (word[0] not in _EVERYDAY_VERBS and bool(_segmenter().has_word(word)))
    return (tag in _TAGS or tag in ("nrt", "nrfg")) and len(word) > 1


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    import rjieba

    return rjieba.Jieba()  # our own: words the application adds to the global one must not change old sessions


# --- numbers ---------------------------------------------------------------------------------------------------------

_UNITS = (
    "%|‰|℃|°[CF]?|"
    "(?:ns|µs|μs|us|ms|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?|months?|years?|"
    "[kmgtKMGT]i?[Bb]"
    "|bytes?|bits?|[kMG]?Hz|[cmk]?m|mi|km/h|mph|[mk]?g|lbs?|[kM]?W|kWh|[km]?V|px|pt|em|rpm|[rq]ps|QPS|fps|tokens?|[smhdkKMGTB]|x"
    "|USD|EUR|GBP|CNY|RMB|million|billion|thousand|percent)(?![A-Za-z0-9_])"
)
_MEASURES = (
    "(?:个月|小时|分钟|公里|公斤|毫秒|平方米|美元|人民币|個月|小時|分鐘|毫米|厘米"
    "|[个個块塊元角分秒天年月日号號周週次人条條米斤克件张張本台辆輛位名岁歲度倍层層楼樓行页頁章节節期届只支杯瓶份套点點时時字票列组組种種])"
)
_CHINESE_RUN = f"[{NUMERALS}]{{1,{LONGEST}}}"
_SCALED = "[百千万亿萬億]"
_NUMBER = late.compile(
    r"(?<![A-Za-z0-9_.])(?:"
    r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?|\d{4}/\d{1,2}/\d{1,2}"
    r"|\d{4}年\d{1,2}月(?:\d{1,2}[日号號])?"
    r"|(?:[-+±](?=[\d$€£¥￥]))?(?:[$€£¥￥] ?)?\d{1,400}(?:,\d{3}){0,20}(?:[.:：]\d{1,40}){0,8}(?:[eE][-+]?\d{1,4})?"
    rf"(?:[ \u00a0]?(?:{_UNITS})| ?{_SCALED}{{0,2}}{_MEASURES}|{_SCALED}{{1,2}}|(?![A-Za-z_\d])))"
    rf"|百分之[{NUMERALS}\d]{{1,40}}"
    rf"|(?<![{NUMERALS}第]){_CHINESE_RUN}(?:点{_CHINESE_RUN})?{_MEASURES}?"
)
_CHINESE_SCALE = late.compile(f"[{''.join(SCALES)}]")
_CHINESE_ONLY = late.compile(f"[{NUMERALS}]")
_NOT_NUMBERS = words_of(
    "一个 一個 一点 一點 半天 万一 千万 千萬 百分 一分 一时 一時 一次 一位 一种 一種 十分 万万 一条 一份 半点 一行"
)


def numbers(text: str) -> list[str]:
    """Numbers of `text` with their units as they are written ("10,000", "3.5 ms", "50个", "三千"), each once, in order.

    Dates, times and ratios of digits are one number each; digits inside a word (sha256) are none.
    """
    return _unique(number for match in _NUMBER.finditer(text) if (number := _number(match.group())))


def _number(written: str) -> str:
    written = written.rstrip()
    if not _CHINESE_ONLY.match(written):
        return written
    digits = written.rstrip("".join(c for c in written if c not in NUMERALS))
    # 三 alone is as often a part of a word (三明治); with a measure word, or as 三千, 十五, it counts.
    counted = len(digits) < len(written) or (len(written) > 1 and _CHINESE_SCALE.search(written))
    return written if counted and written not in _NOT_NUMBERS else ""


# --- paths -----------------------------------------------------------------------------------------------------------

_EXTENSIONS = words_of(
    "py pyi ipynb js mjs cjs ts tsx jsx vue svelte json jsonl json5 yaml yml toml ini cfg conf env lock md mdx rst "
    "txt log csv tsv xml html htm css scss less sql db sqlite sqlite3 sh bash zsh fish ps1 bat cmd c h cc cpp cxx hpp "
    "cs go rs java kt kts scala rb php pl lua r swift m mm dart ex exs erl hs clj proto graphql tf gradle pdf doc "
    "docx xls xlsx ppt pptx odt png jpg jpeg gif svg webp bmp ico mp3 mp4 wav mov avi mkv zip tar gz tgz bz2 xz zst "
    "7z rar whl jar war so dll exe dylib bin iso img parquet pkl npy npz pt onnx safetensors service pem key crt "
    "patch diff tmp bak"
)
_FILES = words_of(
    "dockerfile makefile cmakelists.txt jenkinsfile procfile vagrantfile .env .gitignore .dockerignore .bashrc .zshrc "
    ".npmrc .editorconfig"
)
_PRODUCTS = words_of(
    "node.js vue.js next.js nuxt.js react.js express.js three.js d3.js chart.js backbone.js ember.js angular.js "
    "moment.js p5.js alpine.js discord.js nest.js socket.io asp.net"
)
_ROOTS = words_of("bin boot dev etc home lib media mnt opt proc root run sbin srv sys tmp usr var users app data")
_NOT_IN_PATH = r"\s\"'`<>|*?,;:()\[\]{}，。；：、！？（）《》【】「」“”‘’="
_PATH_RUN = late.compile(rf"(?<![A-Za-z0-9])[A-Za-z]:[\\/][^{_NOT_IN_PATH}]+|[^{_NOT_IN_PATH}{HAN}]+")
# A Chinese file name has no visible start in running text: it needs a space, quote or bracket before it.
_HAN_FILE = late.compile(
    rf"(?<![^\s\"'`“‘「『《(（\[:：,，])([{HAN}\w./-]{{0,120}}[{HAN}][{HAN}\w-]{{0,60}}\.[A-Za-z0-9]{{1,8}})(?!\w)"
)
_MAX_PATH = 400


def paths(text: str) -> list[str]:
    """File paths and file names with a known ending in `text`, as written, each once, in order.

    Not URLs, not product names (Node.js), not "e.g.", versions or alternatives ("and/or"). A line number behind a
    path (pool.py:42) is left out.
    """
    text = _without_urls(text)
    placed = [
        (m.start(), m.group().rstrip(".").lstrip("@")) for m in _PATH_RUN.finditer(text) if len(m.group()) <= _MAX_PATH
    ]
    placed += [(m.start(1), m[1]) for m in _HAN_FILE.finditer(text)]
    return _unique(path for _, path in sorted(placed) if _is_path(path))


def _is_path(path: str) -> bool:
    parts = [part for part in re.split(r"[/\\]", path) if part]
    if not parts or path.lower() in _PRODUCTS or "@" in parts[0] or not any(map(str.isalpha, path)):
        return False
    if re.match(r"[A-Za-z]:[\\/]", path) or (parts[0] in ("~", ".", "..") and len(parts) > 1):
        return True
    if path[0] in "/\\" and (parts[0].lower() in _ROOTS or len(parts) > 2):
        return True
    return _is_file_name(parts[-1])


def _is_file_name(name: str) -> bool:
    stem, dot, extension = name.rpartition(".")
    if name.lower() in _FILES:
        return True
    return bool(dot and re.search(r"\w", stem)) and extension.lower() in _EXTENSIONS
