"""A window that grows is the window that is read anew, and what comes in costs the same however long it is."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from tiermem.records import Shown
from tiermem.window.entries import CHUNK, Chunked
from tiermem.window.view import Cover, Entry, Window

SIZES = st.lists(st.integers(0, 2 * CHUNK), max_size=6)


@given(SIZES, st.integers(-3 * CHUNK, 3 * CHUNK), st.integers(-3 * CHUNK, 3 * CHUNK))
def test_what_is_extended_is_the_sequence_of_all(sizes: list[int], low: int, high: int) -> None:
    total, grown = list(range(sum(sizes))), Chunked[int]()
    for size, end in zip(sizes, accumulate(sizes), strict=True):
        before, kept = grown, list(grown)
        grown = grown.extended(total[end - size : end])
        assert list(before) == kept  # a window that somebody holds stays as it is
    assert (list(grown), len(grown), list(reversed(grown))) == (total, len(total), total[::-1])
    assert grown[low:high] == total[low:high]
    assert grown[low:] == total[low:]
    assert grown[:high] == total[:high]
    assert grown == Chunked(total)
    assert [grown[place] for place in range(-len(total), len(total))] == total + total


def test_what_comes_in_shares_what_was_there() -> None:
    short = Chunked(range(100 * CHUNK + 1))
    longer = short.extended([-1])
    assert sum(a is b for a, b in zip(short._chunks, longer._chunks, strict=True)) == 100


ENTRIES = st.builds(
    Entry,
    st.just(0),
    st.sampled_from(["user", "assistant", "tool", "system"]),
    st.integers(0, 9),
    st.sampled_from([Shown.VERBATIM, Shown.COMPACTED]),
    st.integers(0, 9),
    pinned=st.booleans(),
)


@given(st.lists(ENTRIES, max_size=12), st.integers(0, 12))
def test_a_window_that_grows_is_the_one_read_anew(entries: list[Entry], first: int) -> None:
    covers = (Cover(1, 1, 2, 1, 7),)
    grown = Window(first, 3, entries[:first], covers).extended(12, entries[first:])
    anew = Window(12, 3, entries, covers)
    assert grown == anew
    assert grown.parts == anew.parts
    assert grown.tokens == sum(entry.shown_tokens for entry in entries) + 7
    assert list(grown.fixed) == [entry for entry in entries if entry.fixed]
    assert list(grown.moving) == [entry for entry in entries if not entry.fixed]
