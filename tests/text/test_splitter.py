"""Chunks: nothing lost, nothing too long, cut where the text parts."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiermem.errors import InvalidSettings
from tiermem.text.splitter import Chunk, cut

SENTENCE = "The pump is checked every morning before the first shift. "
LONG_FENCE = "```\n" + "value = compute(1)\n" * 49 + "```\n"  # 939 characters
CHINESE = "今天的会议决定把数据库迁移到新的服务器上，由张伟负责。"
FENCE = "```python\n" + "value = compute(1)\n" * 30 + "```\n"  # 570 characters
LETTERS = [*"ab .\n，。#`~'\"", "e\u0301", "\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\ud83d", "\ude00"]
MARKS = ["\n\n", "\r\n", "# Title\n", "```\n", "~~~\n", "第一章 绪论\n", "Title\n=====\n", "code()\n" * 9]
PIECES = st.sampled_from([*LETTERS, *MARKS, SENTENCE, CHINESE])
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=120).map("".join)


def texts_of(text: str, **options: int) -> list[str]:
    return [text[one.start : one.end] for one in cut(text, **options)]


@given(TEXTS, st.integers(1, 120), st.data())
@example("a\n" * 40, 10, None)
def test_every_character_is_covered_in_order_within_size_and_overlap(text: str, size: int, data: object) -> None:
    overlap = size // 3 if data is None else data.draw(st.integers(0, size - 1))  # type: ignore[attr-defined]
    chunks = cut(text, size, overlap)
    assert all(0 < one.end - one.start <= size for one in chunks)
    assert [0, *(one.end for one in chunks)][-1] == len(text)
    assert not chunks or chunks[0].start == 0
    for one, after in pairwise(chunks):
        assert one.start < after.start <= one.end < after.end
        assert one.end - after.start <= overlap
    assert len(chunks) <= 1 + 2 * len(text) / max(1, (size - overlap) // 2)


@given(TEXTS, st.integers(40, 200))
def test_a_character_that_a_reader_sees_is_never_cut(text: str, size: int) -> None:
    for place in {place for one in cut(text, size, size // 5) for place in (one.start, one.end)} - {0, len(text)}:
        assert text[place] not in "\u0301\u200d"
        assert text[place - 1] != "\u200d"
        assert text[place - 1 : place + 1] not in ("\r\n", "\ud83d\ude00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("short", ["short"]),
        ("x" * 100, ["x" * 100]),
        (SENTENCE * 2 + "\n\n" + SENTENCE, [SENTENCE, SENTENCE + "\n\n", SENTENCE]),
        (CHINESE * 6, [CHINESE * 3, CHINESE * 3]),
        ("one two three four " * 6, ["one two three four " * 5 + "one ", "two three four "]),
        ("一二三四五六七八九十百，" * 10, ["一二三四五六七八九十百，" * 8, "一二三四五六七八九十百，" * 2]),
        ("A line here\n" * 5 + "\n" + "A line here\n" * 5, ["A line here\n" * 5 + "\n", "A line here\n" * 5]),
        ("line of a log that says something\n" * 4, ["line of a log that says something\n" * 2] * 2),
    ],
    ids=["empty", "short", "fits", "sentences", "chinese", "words", "clauses", "paragraphs", "lines"],
)
def test_a_text_is_cut_where_it_parts_most(text: str, expected: list[str]) -> None:
    assert texts_of(text, size=100, overlap=0) == expected


@pytest.mark.parametrize("heading", ["# Repairs\n", "第二章 维修\n", "Repairs\n=======\n", "Chapter 2\n"])
def test_a_heading_begins_a_chunk_and_stays_with_its_text(heading: str) -> None:
    before = SENTENCE * 6 + "\n\n"
    text = before + heading + "\n" + SENTENCE * 3 + "\n\n" + SENTENCE * 6
    assert texts_of(text, size=600, overlap=0) == [before, text[len(before) :]]
    assert text[cut(text, size=600, overlap=100)[0].end :].startswith(heading)


def test_a_heading_above_a_heading_is_not_left_behind() -> None:
    text = SENTENCE * 6 + "\n\n# Part\n\n## Section\n\n" + SENTENCE * 12
    assert texts_of(text, size=500, overlap=0)[1].startswith("# Part\n\n## Section\n\n")


@pytest.mark.parametrize("lead", range(0, 900, 58))
@pytest.mark.parametrize("overlap", [0, 200])
@pytest.mark.parametrize("fence", [FENCE, LONG_FENCE], ids=len)
def test_a_code_fence_that_fits_stays_whole(lead: int, overlap: int, fence: str) -> None:
    text = (SENTENCE * 40)[:lead] + "\n\n" + fence + "\n" + SENTENCE * 40
    assert any(fence in chunk for chunk in texts_of(text, size=1000, overlap=overlap))


@pytest.mark.parametrize(
    "seen",
    [
        "e\u0301",
        "\U0001f469\u200d\U0001f467",
        "\U0001f1e9\U0001f1ea",
        "\U0001f44d\U0001f3fd",
        "\ud83d\ude00",
        "\r\n",
        "\u1112\u1161\u11ab",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("size", [50, 51, 52, 53])
def test_of_what_a_reader_sees_as_one_character_no_part_is_cut_off(seen: str, size: int) -> None:
    chunks = cut("x" + seen * 100, size, size // 5)
    assert {(place - 1) % len(seen) for one in chunks[1:] for place in (one.start, one.end)} == {0}


def test_a_code_fence_that_does_not_fit_is_cut_at_line_ends() -> None:
    text = "```\n" + "value = compute(1)\n" * 200 + "```\n"
    assert all(chunk.endswith("\n") for chunk in texts_of(text, size=1000, overlap=0))


def test_a_fence_inside_a_longer_fence_does_not_end_it() -> None:
    fence = "````\n" + "a\n```\nb\n```\n" * 30 + "````\n"
    text = SENTENCE * 12 + "\n" + fence + SENTENCE * 12
    assert any(fence in chunk for chunk in texts_of(text, size=800, overlap=0))


@pytest.mark.parametrize("sentence", [SENTENCE, CHINESE])
def test_chunks_overlap_by_whole_sentences(sentence: str) -> None:
    text = sentence * 100
    chunks = cut(text)
    assert all(one.start % len(sentence) == 0 for one in chunks)
    shared = [one.end - after.start for one, after in pairwise(chunks)]
    assert min(shared) > 200 - len(sentence)


def test_without_sentences_chunks_overlap_by_whole_words() -> None:
    text = "word " * 2000
    assert all(one.start % 5 == 0 for one in cut(text))


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (-1, 0), (10, 10), (10, -1), (10, 11), (1.5, 0), (True, 0)])
def test_sizes_that_make_no_sense_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(InvalidSettings):
        cut("text", size, overlap)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "text", [SENTENCE, CHINESE, "x", " ", "\n", "```\n", "# a\n", "\u0301", "🇩🇪", "a\nb\n\n```\ncode\n```\n"]
)
def test_the_time_is_linear(text: str) -> None:
    def seconds(characters: int) -> float:
        given = (text * (characters // len(text) + 1))[:characters]
        began = time.process_time()
        assert cut(given)[-1].end == characters
        return time.process_time() - began

    small = min(seconds(50_000) for _ in range(2))
    # 8 times the text in at most 20 times the time: quadratic would be 64.
    assert min(seconds(400_000) for _ in range(2)) < 20 * max(small, 0.01)


def test_chunks_are_values() -> None:
    assert cut("text") == [Chunk(0, 4)]


@given(TEXTS, st.integers(1, 121), st.data())
def test_all_chunks_but_the_last_are_at_least_half_full(text: str, size: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, size - 1))
    for one in cut(text, size, overlap)[:-1]:
        assert 2 * (one.end - one.start) >= size - 6  # a sequence of characters that is not parted may be missing


@pytest.mark.parametrize("size", [9, 10, 11, 25, 51])
def test_plain_letters_fill_every_chunk(size: int) -> None:
    assert [one.end - one.start for one in cut("x" * 5 * size, size, 0)] == [size] * 5


@pytest.mark.parametrize("size", [5, 7, 9, 11])
def test_a_chunk_ends_at_a_word_only_where_it_is_half_full_by_then(size: int) -> None:
    half = (size + 1) // 2
    early, late = "x" * (half - 1) + " " + "y" * 3 * size, "x" * half + " " + "y" * 3 * size
    assert cut(early, size, 0)[0].end == size
    assert cut(late, size, 0)[0].end == half + 1
