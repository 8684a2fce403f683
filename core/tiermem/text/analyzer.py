"""From text to index terms, the same for a stored message and for a query, in English and Chinese.

Rule 1: a term holds letters, digits and underscores only, so that it is one quoted token for SQLite FTS5
(``unicode61 tokenchars '_'``) and can be joined by spaces for PostgreSQL.
Rule 2: no text makes these functions raise, and their time grows with the length of the text, not its square.
Rule 3: whoever changes what `terms` returns, what of a message is indexed, which facts it states (`facts/stated/`) or
what it lays down (`facts/rules/`), changes `RULES`; stored indexes are then built again, as they are when another
version of the stemmer or the segmenter is installed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tiermem.text import late

RULES = "tiermem-words-23"
_MAKERS = ("snowballstemmer", "rjieba")  # whose versions make other terms of the same text
MAX_TERM = 64
PIECE = 4  # characters of a piece of a word
_MAX_IDENTIFIER = 400  # longer unbroken text is a blob (base64, minified code): its first characters are enough
_MAX_RUN = 1000  # segmenters are linear only on short runs

# Ideographs up to extension H; a Python that is older than a block does not call its characters letters.
HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9\U00020000-\U0002fa1d\U00030000-\U000323af"
_KANA_HANGUL = "\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7af"
_HAN = late.compile(f"[{HAN}]")
_LETTERS = rf"[^\W{HAN}{_KANA_HANGUL}]"
_TOKEN = late.compile(
    rf"(?P<han>[{HAN}]+)|(?P<syllables>[{_KANA_HANGUL}]+)"
    r"|(?P<grouped>(?<![\w,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w,]))"
    rf"|(?P<word>{_LETTERS}+(?:[-./\\:@#?&=~+%']{{1,3}}{_LETTERS}+){{0,200}})"
)
_OUTER = late.compile(r"[/\\:@#?&=~+%]+")
_INNER = late.compile(r"[-._']+")
_HUMP = late.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_TERM = late.compile(r"\W+")
_MEASURE = late.compile(r"(\d+(?:\.\d+)?)([a-z]{1,3})")
_CONTRACTION = late.compile(r"(?:n't|'(?:s|m|re|ll|ve|d))$")
# "İ".lower() is two characters, one of them a mark.
_REPLACED = str.maketrans({**dict.fromkeys("，：；！？、（）／＠＃＆\u200b", " "), "İ": "I"})


def words_of(table: str) -> frozenset[str]:
    """The words of a table written as one string."""
    return frozenset(table.split())


_STOP_ENGLISH = words_of(
    "a about after again all also am an and any are as at be because been before being but by can could did do does "
    "doing don done for from further get got had has have having he her here hers herself him himself his how i if in "
    "into is isn it its itself just let ll me more most my myself no nor not of off on once only or other our ours "
    "out over own please re s same shall she should so some such t than that the their theirs them themselves then "
    "there these they this those through to too under until up us ve very was we were what when where which while who "
    "whom why will with would you your yours yourself ca wo ain aren couldn didn doesn hadn hasn haven shouldn wasn "
    "weren won wouldn"
)
_ACRONYMS = frozenset({"IT", "US", "WHO"})  # in capitals these are names, not the stop words they look like
_STOP_CHINESE = words_of(
    "的 了 吗 呢 吧 啊 呀 嘛 么 哦 嗯 哈 是 我 你 您 他 她 它 们 我们 你们 您们 他们 她们 "
    "它们 咱们 这 那 这个 那个 这些 那些 这样 那样 这里 那里 什么 怎么 怎样 怎么样 哪 哪个 哪些 "
    "哪里 谁 在 和 与 跟 及 或 或者 而 而且 并 并且 但 但是 就 都 也 还 很 太 又 再 被 "
    "把 给 让 对 从 到 向 于 以 为 为了 因为 所以 如果 那么 有 没 一个 一些 一下 之 其 着 "
    "过 得 地 请 会 要 嗎 這 這個 這些 這樣 這裡 那裡 們 我們 你們 他們 她們 什麼 怎麼 麼 "
    "與 還 對 從 會 個 為 於 沒 給 讓 个"
)
_PARTICLES = frozenset("的了吗嗎呢吧啊呀嘛")  # in a word they matter (了解, 目的); a bigram across them is noise


def analyser() -> str:
    """The name of what makes terms here: our rules, and the versions of the stemmer and the segmenter."""
    return "/".join((RULES, *_versions()))


def newer(name: str, than: str) -> bool:
    """Whether the analyser *name* is newer than another: by its rules, then its stemmer, then its segmenter. What is no
    such name is older than any that is."""
    return _order(name) > _order(than)


def _order(name: str) -> list[list[int]]:
    ours = name.startswith(RULES.rstrip("0123456789"))
    return [list(map(int, re.findall(r"\d{1,9}", part))) for part in name.split("/")] if ours else []


@lru_cache(maxsize=1)
def _versions() -> tuple[str, ...]:
    return tuple(f"{maker}-{_version(maker)}" for maker in _MAKERS)


def _version(maker: str) -> str:
    try:
        return version(maker)
    except PackageNotFoundError:  # an application packed without what pip says of its packages
        return "unknown"


def terms(text: str) -> list[str]:
    """Index terms of `text` in order, with repeats: English stems, identifiers and their parts, numbers, Chinese
    words and character pairs. Stop words are left out. Each term is at most `MAX_TERM` characters.
    """
    index_terms: list[str] = []
    for chunk in _normal(text).split():  # no term reaches over white space, and most chunks were seen before
        index_terms += _chunk_terms(chunk) if len(chunk) <= MAX_TERM else _read(chunk)
    return index_terms


def stem(word: str) -> str:
    """The stem of a lower-case English word; any other word as it is."""
    return _stem(word)


def han_words(run: str) -> list[str]:
    """The words of a run of Han characters, one behind the other, as the segmenter's dictionary cuts them."""
    starts = range(0, len(run), _MAX_RUN)
    return [word for start in starts for word in _segmenter().cut(run[start : start + _MAX_RUN], False)]


@lru_cache(maxsize=16_384)
def kind_of(word: str) -> str:
    """The part of speech of one Han word by the segmenter's dictionary, in ICTCLAS's letters; "" of what is none."""
    tagged = _segmenter().tag(word, False)
    return str(tagged[0][1]) if len(tagged) == 1 else ""


def query_terms(text: str) -> list[str]:
    """The terms of a query: those of `terms`, each once, in order. May be empty (only stop words)."""
    return list(dict.fromkeys(terms(text)))


@lru_cache(maxsize=65_536)
def is_word(term: str) -> bool:
    """Whether the segmenter keeps a run of Han characters together, as a word of its dictionary."""
    return len(_segmenter().cut(term, False)) == 1


def han_share(text: str) -> float:
    """Share (0 to 1) of Han characters among the letters of `text`; 0 when there are no letters."""
    if text.isascii():
        return 0.0
    letters = sum(map(str.isalpha, text))
    return len(_HAN.findall(text)) / letters if letters else 0.0


def features(text: str) -> list[str]:
    """What a lexical embedding counts: the terms, and pieces that survive a typo or an unusual ending.

    A piece is four characters of a lower-cased English word with its ends marked, and starts with "#", which no
    term can: "#^dep", "#depl", …, "#nts$".
    """
    index_terms = terms(text)
    for kind, token in _tokens(text):
        if kind == "word":
            index_terms += pieces(token[:_MAX_IDENTIFIER])
    return index_terms


@lru_cache(maxsize=32_768)
def _chunk_terms(chunk: str) -> tuple[str, ...]:
    return tuple(_read(chunk))


def _read(chunk: str) -> Iterator[str]:
    """The terms of normalised text."""
    for match in _TOKEN.finditer(chunk):
        kind, token = match.lastgroup, match.group()
        if kind == "han":
            yield from _han_terms(token)
        elif kind == "syllables":
            yield from _pairs(token)
        else:
            yield from _token_terms(token[:_MAX_IDENTIFIER])


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    return ((match.lastgroup or "", match.group()) for match in _TOKEN.finditer(_normal(text)))


def _normal(text: str) -> str:
    """NFKC with marks of direction and joining removed; case is kept, because camelCase needs it."""
    if text.isascii():
        return text
    # Wide commas would otherwise become ASCII ones and glue "100，200" into one number.
    text = _limit_marks(text.translate(_REPLACED))
    text = unicodedata.normalize("NFKC", text).replace("’", "'")
    # Marks that did not compose (Arabic, Hindi, variation selectors) would cut words into pieces.
    dropped = {ord(c) for c in set(text) if unicodedata.category(c) in ("Mn", "Mc", "Me", "Cf")}
    return text.translate(dict.fromkeys(dropped)) if dropped else text


def _limit_marks(text: str) -> str:
    """Keep 8 of a row of combining marks: normalising sorts them in quadratic time (5 s for 80,000)."""
    marks = "".join(sorted(c for c in set(text) if unicodedata.combining(c)))
    return re.sub(f"([{marks}]{{8}})[{marks}]+", r"\1", text) if marks else text


@lru_cache(maxsize=32_768)
def _token_terms(token: str) -> tuple[str, ...]:
    if token in _ACRONYMS:
        return (token.lower(),)
    token = _CONTRACTION.sub("", token)
    if token[:1].isdigit() and (number := _number_terms(token.lower())):
        return number
    return tuple(dict.fromkeys(_identifier_terms(token)))


def _number_terms(token: str) -> tuple[str, ...]:
    """ "1,203" -> 1203, "3.5" -> 3_5, "1.2.3" -> 1_2_3, "3.5ms" -> 3_5ms and 3_5; other tokens -> nothing."""
    plain = token.replace(",", "")
    if plain.replace(".", "").isdigit():
        return (_safe(plain),)
    measure = _MEASURE.fullmatch(plain)
    return (_safe(plain), _safe(measure[1])) if measure else ()


def _identifier_terms(token: str, joints: tuple[re.Pattern[str], ...] = (_OUTER, _INNER, _HUMP)) -> Iterator[str]:
    """The whole, then its parts, coarse to fine: a/pool.py -> a_pool_py, a, pool_py, pool, py."""
    if not joints:
        if (word := _safe(token)) and word not in _STOP_ENGLISH:
            yield _stem(word)
        return
    parts = [part for part in joints[0].split(token) if part]
    if len(parts) > 1 and (whole := _safe(token)):
        yield whole
    for part in parts:
        yield from _identifier_terms(part, joints[1:])


def _safe(token: str) -> str:
    return _NOT_TERM.sub("_", token.lower()).strip("_")[:MAX_TERM]


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return word
    # A stemmer keeps the word that it works on: one for all would mix the words of threads. Another costs 0.6 µs
    # beside 40 µs of work.
    return str(_stemmer()().stemWord(word)) or word


@lru_cache(maxsize=1)
def _stemmer() -> Callable[[], Any]:
    # By its class: `snowballstemmer.stemmer` hands out PyStemmer's where that is installed, which may be of another
    # version and stem other words alike.
    from snowballstemmer.english_stemmer import EnglishStemmer

    made: Callable[[], Any] = EnglishStemmer
    return made


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    import rjieba

    # Our own: `rjieba.add_word` by the application would silently change what the stored index means.
    return rjieba.Jieba()


def _han_terms(run: str) -> Iterator[str]:
    """Search-mode words and the pairs they do not cover; pairs repair wrong cuts (拿/铁) and traditional text."""
    for start in range(0, len(run), _MAX_RUN):
        piece = run[start : start + _MAX_RUN]
        words = [word[:MAX_TERM] for word in _segmenter().cut_for_search(piece)]
        yield from (word for word in words if word not in _STOP_CHINESE)
        seen = set(words)
        if len(piece) > 1:
            yield from (p for p in _pairs(piece) if p not in seen and _PARTICLES.isdisjoint(p))


def _pairs(run: str) -> Iterable[str]:
    return (run[i : i + 2] for i in range(max(1, len(run) - 1)))


@lru_cache(maxsize=65_536)
def pieces(token: str) -> tuple[str, ...]:
    """The pieces of `features` of one token, or of one term; of what is no English word, none."""
    return tuple(f"#{word[i : i + PIECE]}" for word in spelt(token) for i in range(len(word) - PIECE + 1))


def spelt(token: str) -> list[str]:
    """The words of a token whose spelling is compared, with their ends marked: each `PIECE` characters are a piece."""
    words = [token] if token.isalpha() else _NOT_TERM.sub("_", token).split("_")
    lower = (word.lower() for word in words if len(word) > 3 and word.isalpha())
    return [f"^{word[:MAX_TERM]}$" for word in lower if word not in _STOP_ENGLISH]
