import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.text.entities import entities, numbers, paths

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from("aA O'Bof.,:/\\-~12３$%一三千点个·《》张伟大\0\n\u200f"),
    ),
    max_size=120,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Alice likes coffee. Coffee is good.", ["Alice"]),
        ("Deployment failed. Running tests is slow. Please wait.", []),
        ("Bob's laptop runs PostgreSQL and Redis.", ["Bob", "PostgreSQL", "Redis"]),
        ("We met Dr. Alice Smith on Monday.", ["Alice Smith"]),
        ("She moved to St. Petersburg with Anna.", ["St. Petersburg", "Anna"]),
        ("I saw her on Main St. Peter came too.", ["Main St", "Peter"]),
        ("He works at Bank of America in New York.", ["Bank of America", "New York"]),
        ("The API uses GPT-4.", ["API", "GPT-4"]),
        ("Where does Carol work? Carol knows.", ["Carol"]),
        ("I'm John. My name is Mary-Ann O'Brien.", ["John", "Mary-Ann O'Brien"]),
        ("My sister lives in Paris, France.", ["Paris", "France"]),
        ("See https://Foo.com/Bar for more", []),
        ("call getUserName or user_Name", []),
        ("张伟和李娜在北京大学见到马化腾", ["张伟", "李娜", "北京大学", "马化腾"]),
        ("小明喜欢喝咖啡，住在上海", ["小明", "上海"]),
        ("约翰·史密斯看了《三体》", ["约翰·史密斯", "三体"]),
        ("王小明在台北科學園區上班，陳大文也去了", ["王小明", "台北", "陳大文"]),
        ("特朗普在纽约见到蔡英文", ["特朗普", "纽约", "蔡英文"]),
        ("用Redis缓存session_id，阿里巴巴的张三说", ["Redis", "阿里巴巴", "张三"]),
        ("今天天气很好，我们去吃饭吧", []),
        ("That's great to hear. He's here, and it's Anna's.", ["Anna"]),
        ("谢谢你，很高兴见到小雨。", ["小雨"]),
        ("", []),
    ],
)
def test_entities_of_known_texts(text: str, wanted: list[str]) -> None:
    assert entities(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10,000 rows in 3.5 ms, 50%", ["10,000", "3.5 ms", "50%"]),
        ("55:55:35 on 2025-03-01", ["55:55:35", "2025-03-01"]),
        ("2025-03-01T10:30:00", ["2025-03-01T10:30:00"]),
        ("sha256 v2 gpt4 a1b2 x_5", []),
        ("$1,200.50 and -5", ["$1,200.50", "-5"]),
        ("1.2.3 at 127.0.0.1:8080", ["1.2.3", "127.0.0.1:8080"]),
        ("3GB, 20 years, 30s, 2x", ["3GB", "20 years", "30s", "2x"]),
        ("5-10 items", ["5", "10"]),
        ("1e5 and 7.", ["1e5", "7"]),
        ("1, 2, 3", ["1", "2", "3"]),
        ("50个，3万元，100，200块", ["50个", "3万元", "100", "200块"]),
        ("三千，两万五千元，十五天，三个，百分之三", ["三千", "两万五千元", "十五天", "三个", "百分之三"]),
        ("2025年3月1日", ["2025年3月1日"]),
        ("一点五倍", ["一点五倍"]),
        ("一起吃三明治，万一，一个人，第三章", []),
        ("預算是兩萬五千個", ["兩萬五千個"]),
        ("3 and 3 again", ["3"]),
    ],
)
def test_numbers_of_known_texts(text: str, wanted: list[str]) -> None:
    assert numbers(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("see src/db/pool.py and config.yaml.", ["src/db/pool.py", "config.yaml"]),
        ("C:\\x\\y.ini or C:/a/b.txt", ["C:\\x\\y.ini", "C:/a/b.txt"]),
        ("/etc/x.conf, /etc/hosts, ~/notes, ./run, ../up", ["/etc/x.conf", "/etc/hosts", "~/notes", "./run", "../up"]),
        ("e.g. 3.5 Node.js and/or km/h TCP/IP 1/2 2025/03/01 /help", []),
        ("https://a.b/c.html www.a.b/d.py", []),
        ("mail a@b.py", []),
        ("pool.py:42 (tests/a.py) `lib/b.rs` [x](docs/y.md)", ["pool.py", "tests/a.py", "lib/b.rs", "docs/y.md"]),
        ("--file=src/a.ts", ["src/a.ts"]),
        ("打开config.yaml和/etc/hosts", ["config.yaml", "/etc/hosts"]),
        ("《数据/销售.xlsx》 报告.docx", ["数据/销售.xlsx", "报告.docx"]),
        (".env Dockerfile main.rs main.rs", [".env", "Dockerfile", "main.rs"]),
    ],
)
def test_paths_of_known_texts(text: str, wanted: list[str]) -> None:
    assert paths(text) == wanted


@given(HOSTILE)
def test_everything_found_stands_in_the_text_once(text: str) -> None:
    for find in (entities, numbers, paths):
        found = find(text)
        assert len(set(found)) == len(found)
        assert all(part.strip() and part in text for part in found)


@given(st.integers(0, 10**12), st.sampled_from(["", "%", " ms", "GB", "个", "天", "万元", " rows"]))
def test_a_number_is_found_behind_words_of_both_languages(value: int, unit: str) -> None:
    for written in (f"{value}{unit}", f"{value:,}{unit}"):
        wanted = written.removesuffix(" rows")
        assert numbers(f"it took {written}") == [wanted]
        assert numbers(f"用了{written}") == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("see /srv/data/backups for it", ["/srv/data/backups"]),
        ("see /alpha/beta/gamma for it", ["/alpha/beta/gamma"]),  # three parts make a path of unknown roots
        ("either /yes/no or not", []),  # two do not
        ("look into /etc/hosts", ["/etc/hosts"]),  # but for a root that is known
        (r"C:\tools\run and ~/notes and ./here", [r"C:\tools\run", "~/notes", "./here"]),
        ("and/or, his/her, 24/7, 1/2", []),
    ],
)
def test_a_path_is_told_by_its_root_its_depth_or_its_file(text: str, wanted: list[str]) -> None:
    assert paths(text) == wanted
