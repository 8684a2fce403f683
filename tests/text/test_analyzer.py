import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiermem.text import analyzer
from tiermem.text.analyzer import HAN, MAX_TERM, features, han_share, query_terms, terms

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from("aA1_.-/\\:@,'’ \0\u200f\u200d\u0301\u0316ﷺİß的了喝什么拿铁科學カ한😀"),
    ),
    max_size=200,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The deployments were deployed", ["deploy", "deploy"]),
        ("don't I'm user's", ["user"]),
        ("IT it US us", ["it", "us"]),
        ("1,203 items at 3.5", ["1203", "item", "3_5"]),
        ("12,34 1,2,3", ["12", "34", "1", "2", "3"]),
        ("3.5ms", ["3_5ms", "3_5"]),
        ("release 1.2.3", ["releas", "1_2_3"]),
        ("2025-03-01", ["2025_03_01", "2025", "03", "01"]),
        ("session_id", ["session_id", "session", "id"]),
        ("getUserName", ["getusername", "user", "name"]),
        ("HTTPServer2", ["httpserver2", "http", "server2"]),
        ("src/db/pool.py", ["src_db_pool_py", "src", "db", "pool_py", "pool", "py"]),
        ("C:\\x\\pool.ini", ["c_x_pool_ini", "c", "x", "pool_ini", "pool", "ini"]),
        ("http://a1.io/b2?c=d", ["http_a1_io_b2_c_d", "http", "a1_io", "a1", "io", "b2", "c", "d"]),
        ("喝什么拿铁", ["喝", "拿", "铁", "喝什", "么拿", "拿铁"]),
        ("科學園區", ["科學園區", "科學", "學園", "園區"]),
        ("铁", ["铁"]),
        ("我的吗", []),
        ("用Redis缓存session_id", ["用", "redi", "缓存", "session_id", "session", "id"]),
        ("有100，200个", ["100", "200"]),
        ("Ｒｅｄｉｓ", ["redi"]),
        ("café cafe\u0301", ["café", "café"]),
        ("カナ", ["カナ"]),
        ("co\u00adoperate a\u200fb", ["cooper", "ab"]),
        ("", []),
        ("😀 \ud800 \0", []),
    ],
)
def test_terms_of_known_texts(text: str, wanted: list[str]) -> None:
    assert [term for term in terms(text) if term != "有"] == wanted


@given(HOSTILE)
@example("a" * 10_000)
@example("\U0003134b")
@example("科" * 3_000)
@example("a." * 3_000)
def test_every_term_is_a_safe_token_whatever_the_text(text: str) -> None:
    for term in terms(text):
        assert 1 <= len(term) <= MAX_TERM
        assert all(c.isalnum() or c == "_" or re.match(f"[{HAN}]", c) for c in term)
        assert term == term.lower()
        term.encode()


@given(HOSTILE)
def test_query_terms_are_the_terms_once_in_order(text: str) -> None:
    assert query_terms(text) == sorted(set(terms(text)), key=terms(text).index)


@given(HOSTILE, st.sampled_from([" ", "\t", "\x1c", "\x85", "\u2028", "\u3000"]), HOSTILE)
@example("1,2", " ", "34")
def test_no_term_reaches_over_white_space(text: str, space: str, more: str) -> None:
    said = text + space + more
    assert terms(said) == list(analyzer._read(analyzer._normal(said)))  # the pattern over the whole text at once


@given(HOSTILE)
def test_features_are_the_terms_and_marked_pieces(text: str) -> None:
    found = features(text)
    assert [f for f in found if not f.startswith("#")] == terms(text)
    assert all(len(f) == 5 for f in found if f.startswith("#"))


def test_a_blob_gives_few_terms() -> None:
    assert terms("A" * 1_000_000) == ["a" * MAX_TERM]
    assert len(terms("aB3/" * 100_000)) < 2_000


@pytest.mark.parametrize(
    ("query", "stored"),
    [
        ("喝什么拿铁", "早上喝了一杯拿铁"),
        ("學園", "我們在科學園區工作"),
        ("后端测试", "部署完成后端测试"),
        ("session id", "用Redis缓存session_id"),
        ("deploying", "two deployments"),
        ("pool.py", "changed src/db/pool.py today"),
        ("Redis", "用Redis缓存"),
        ("10000", "10,000 rows"),
        ("IT department", "the it-department; IT"),
    ],
)
def test_fts5_finds_what_was_asked_for(query: str, stored: str) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize=\"unicode61 tokenchars '_'\")")
    others = ("天气真好，我们去公园散步", "The weather was fine; 20 people came.")
    db.executemany("INSERT INTO t VALUES (?)", [(" ".join(terms(text)),) for text in (stored, *others)])
    asked = " OR ".join(f'"{term}"' for term in query_terms(query))
    assert db.execute("SELECT rowid FROM t WHERE t MATCH ?", (asked,)).fetchall() == [(1,)]


@given(HOSTILE)
def test_fts5_accepts_any_query(text: str) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(x, tokenize=\"unicode61 tokenchars '_'\")")
    if asked := " OR ".join(f'"{term}"' for term in query_terms(text)):
        assert db.execute("SELECT count(*) FROM t WHERE t MATCH ?", (asked,)).fetchone() == (0,)


@pytest.mark.parametrize(
    ("text", "share"),
    [("abc", 0.0), ("", 0.0), ("123 。", 0.0), ("科學", 1.0), ("ab科學", 0.5), ("用Redis，12", 1 / 6)],
)
def test_han_share_counts_letters_only(text: str, share: float) -> None:
    assert han_share(text) == pytest.approx(share)


def test_words_added_to_the_shared_segmenter_do_not_change_terms() -> None:
    import rjieba

    before = terms("张拿铁咖啡馆")
    rjieba.add_word("张拿铁咖啡馆", 10**6, "nz")
    assert terms("张拿铁咖啡馆") == before


def test_importing_words_loads_no_dictionary() -> None:
    code = "import sys, tiermem.text.analyzer; print([m for m in ('rjieba', 'snowballstemmer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\[\]\s*", done.stdout)


def test_threads_do_not_mix_the_words_that_they_work_on() -> None:
    import snowballstemmer

    endings = ("ations", "iveness", "fully", "ingly", "ators", "ities", "edness")
    words = [
        f"{start}{middle}{end}" for start in "bcdfgklmnpqrst" for middle in ("aro", "eli", "onu") for end in endings
    ]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda turn: [terms(f"{word}{'xyzvwjhk'[turn]}ed") for word in words], range(8)))
    finally:
        sys.setswitchinterval(interval)
    alone = snowballstemmer.stemmer("english").stemWord
    for turn, each in enumerate(found):
        assert each == [[alone(f"{word}{'xyzvwjhk'[turn]}ed")] for word in words]


@pytest.mark.parametrize(
    ("one", "other"),
    [("cry", "cries"), ("car", "cars"), ("pump", "pumps"), ("deploy", "deployed"), ("cat", "cats"), ("dry", "dried")],
)
def test_the_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


@pytest.mark.parametrize(("one", "other"), [("bus", "bud"), ("as1", "a1"), ("café", "cafés")])
def test_words_that_are_no_forms_of_one_another_are_two_terms(one: str, other: str) -> None:
    assert terms(one) != terms(other)
