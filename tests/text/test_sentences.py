import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiermem.text import sentences as module
from tiermem.text.sentences import MAX_SENTENCE, sentences, split_by_rules

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from("aAJ b.!?\n\r。！？；…“”「」\"'`()\u00a0\u3000\u2028\0你1-;"),
    ),
    max_size=200,
)
PROSE = [
    ("Dr. Smith went home. He was tired.", ["Dr. Smith went home. ", "He was tired."]),
    ("Version 3.5 is out. Ok.", ["Version 3.5 is out. ", "Ok."]),
    ("See https://a.b/c?d=e.f for it. Ok.", ["See https://a.b/c?d=e.f for it. ", "Ok."]),
    ("Wait... what? Really?! Yes.", ["Wait... what? ", "Really?! ", "Yes."]),
    ("J. R. Smith agrees. I do too.", ["J. R. Smith agrees. ", "I do too."]),
    ("他说：“真的吗？我不信。”然后走了。好的！", ["他说：“真的吗？我不信。”", "然后走了。", "好的！"]),
    ("「真的？」她問。我們走吧", ["「真的？」", "她問。", "我們走吧"]),
    ("再见……嗯。", ["再见……嗯。"]),
    ("We use Redis.它很快。Yes!", ["We use Redis.", "它很快。", "Yes!"]),
]


@pytest.fixture(params=["sentencex", "rules"])
def splitter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    if request.param == "sentencex":
        pytest.importorskip("sentencex")
    else:
        monkeypatch.setitem(sys.modules, "sentencex", None)
    module._splitter.cache_clear()
    yield request.param
    module._splitter.cache_clear()


@pytest.mark.parametrize(("text", "wanted"), PROSE)
def test_prose_is_cut_the_same_with_and_without_sentencex(splitter: str, text: str, wanted: list[str]) -> None:
    assert (module._splitter() is split_by_rules) == (splitter == "rules")
    assert sentences(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "```py\nx = 1. Y\nif a: b. C\n```\nEnd. Bye.",
            ["```py\n", "x = 1. Y\n", "if a: b. C\n", "```\n", "End. ", "Bye."],
        ),
        (
            "2025-01-01 10:00:00 ERROR failed. Retry\n2025-01-01 10:00:01 INFO ok. Done\n",
            ["2025-01-01 10:00:00 ERROR failed. Retry\n", "2025-01-01 10:00:01 INFO ok. Done\n"],
        ),
        ("1. do it. Now\n2. then\n- a. B\n", ["1. do it. Now\n", "2. then\n", "- a. B\n"]),
        ("Title\n\n\nText", ["Title\n\n\n", "Text"]),
        ("\n\n a\n", ["\n\n a\n"]),
        (
            "This is a line that was wrapped by a mail program\nand goes on here. A second one.",
            ["This is a line that was wrapped by a mail program\nand goes on here. ", "A second one."],
        ),
        ("", []),
        (" \n ", [" \n "]),
    ],
)
def test_code_logs_and_lists_are_cut_by_lines(splitter: str, text: str, wanted: list[str]) -> None:
    assert sentences(text) == wanted


@given(HOSTILE)
@example(". A\u00a0.")
@example("J\u3000. 1")
@example("A\ud800. B。")
def test_nothing_is_lost_whatever_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text
    assert "".join(split_by_rules(text)) == text


@given(HOSTILE)
def test_no_sentence_is_blank_in_a_text_with_words(text: str) -> None:
    found = sentences(text)
    assert all(found)
    assert len(found) <= 1 or not any(sentence.isspace() for sentence in found)


@pytest.mark.parametrize("base", ["a", "word ", "你好", "“", ".", "a.b", "你好。", "One two. "])
def test_long_lines_are_cut_into_bounded_sentences(base: str) -> None:
    text = base * (30_000 // len(base))
    found = sentences(text)
    assert "".join(found) == text
    assert max(map(len, found)) <= MAX_SENTENCE


def test_a_sentence_that_crosses_an_inner_piece_stays_whole() -> None:
    text = "Every good sentence stays as it is. " * 500
    assert set(sentences(text)) == {"Every good sentence stays as it is. "}


def test_a_sentence_over_the_border_of_what_is_split_at_once_is_not_parted():
    sentence = "The pump is checked every morning before the first shift. "
    text = sentence * (3 * MAX_SENTENCE // len(sentence))
    assert len(text) % len(sentence) == 0
    assert MAX_SENTENCE % len(sentence)  # so the border lies inside a sentence
    assert [piece.strip() for piece in sentences(text)] == [sentence.strip()] * (len(text) // len(sentence))
