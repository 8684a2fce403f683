"""One index for all sessions of a user: the same answers in whatever order, batches and sizes messages came."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.index.cache import Weighed
from tiermem.index.postings import gathered, grown, inverted, lengths
from tiermem.index.segment import joined, packed, segment, unpacked
from tiermem.index.user import DISTINCT, FIELDS, Choice, UserIndex
from tiermem.text.dialogue import Spoken

WORDS = st.sampled_from(["pool", "train", "bread", "code", "zebra"])
SPOKEN = st.tuples(
    st.sampled_from(["", "Ann", "Bob"]),
    st.lists(WORDS, max_size=7),
    st.sampled_from(["user", "assistant", ""]),
    st.one_of(st.just(math.nan), st.floats(0, 1e9)),
    st.lists(st.tuples(st.floats(0, 10), st.floats(10, 20)), max_size=2),
)
TALK = st.lists(SPOKEN, max_size=12)


def spoken(talk: Sequence[tuple], first: int = 1) -> list[Spoken]:
    return [
        Spoken(first + place, said, speaker, terms, role, talked)
        for place, (speaker, terms, role, said, talked) in enumerate(talk)
    ]


def same(one: Spoken, other: Spoken) -> bool:
    told = [
        (s.sequence, s.speaker, sorted(s.terms), s.role, [*s.talked], None if math.isnan(s.said) else s.said)
        for s in (one, other)
    ]
    return told[0] == told[1]


@given(TALK)
def test_a_segment_is_the_same_after_it_was_stored(talk: list[tuple]) -> None:
    part = segment(spoken(talk))
    again = unpacked(packed(part))
    assert all(same(old, new) for old, new in zip(spoken(talk), again.spoken(), strict=True))
    assert packed(again) == packed(part)


@given(TALK, TALK)
def test_segments_that_follow_each_other_are_one(first: list[tuple], second: list[tuple]) -> None:
    apart = [segment(spoken(first)), segment(spoken(second, len(first) + 1))]
    whole = [*spoken(first), *spoken(second, len(first) + 1)]
    assert all(same(old, new) for old, new in zip(whole, joined(apart).spoken(), strict=True))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_segment_are_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="segment"):
        unpacked(stored)


def test_a_segment_that_was_cut_or_points_beyond_its_tables_is_refused() -> None:
    stored = packed(segment(spoken([("Ann", ["pool", "train"], "user", 5.0, [])] * 3)))
    with pytest.raises(ValueError, match="cut short"):
        unpacked(stored[:-1])
    wrong = bytearray(stored)
    behind = 6 + 3 + 12  # counts, moods, zones
    wrong[-len("pool trainAnn") - behind - 2] ^= 0x70  # a term's code
    with pytest.raises(ValueError, match="hold together"):
        unpacked(bytes(wrong))


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 255)), max_size=9), max_size=12))
def test_postings_are_those_of_all_batches_in_the_order_of_their_rows(batches: list[list[tuple[int, int]]]) -> None:
    blocks, row, expected = [], 0, {code: [] for code in range(10)}
    for batch in batches:
        rows = np.arange(row, row + len(batch), dtype=np.int32)
        codes, counts = np.array([c for c, _ in batch], np.int32), np.array([n for _, n in batch], np.uint8)
        blocks = grown(blocks, inverted(codes, rows, counts))
        for place, (code, count) in enumerate(batch, row):
            expected[code].append((place, count))
        row += len(batch)
    wanted = np.array([3, -1, 0, 9, 77], np.int32)
    slices = gathered(blocks, wanted)
    for position, code in enumerate(wanted.tolist()):
        here = slice(slices.starts[position], slices.starts[position + 1])
        pairs = list(zip(slices.rows[here].tolist(), slices.counts[here].tolist(), strict=True))
        assert pairs == expected.get(code, [])
    assert lengths(blocks, wanted).tolist() == [len(expected.get(code, [])) for code in wanted.tolist()]
    sizes = [len(part.rows) for part in blocks]
    assert all(older >= 2 * newer for older, newer in itertools.pairwise(sizes) if newer)


@given(st.lists(TALK, min_size=1, max_size=4), st.data())
def test_it_is_the_same_however_the_messages_come_in(talks: list[list[tuple]], data: st.DataObject) -> None:
    """In one piece, session by session; or in batches of any size, sessions in turn."""
    whole, parts = UserIndex(), UserIndex()
    for session, talk in enumerate(talks, 1):
        whole.add([(session, whole.fresh(session, segment(spoken(talk))))])
    left = {session: spoken(talk) for session, talk in enumerate(talks, 1)}
    while any(left.values()):
        session = data.draw(st.sampled_from([key for key, rest in left.items() if rest]))
        size = data.draw(st.integers(1, len(left[session])))
        parts.add([(session, parts.fresh(session, segment(left[session][:size])))])
        left[session] = left[session][size:]
    choices = [Choice(session, len(talk)) for session, talk in enumerate(talks, 1)]
    first, second = whole.field(choices), parts.field(choices)
    for name in ("numbers", "sizes", "said", "roles", "fresh"):
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-6)
    assert first.chain.step.tolist() == second.chain.step.tolist()
    assert (first.assistant, sorted(first.speaking)) == (second.assistant, sorted(second.speaking))
    for term in ("pool", "zebra", "nothing"):
        stands = [index.standing(field, [term]) for index, field in ((whole, first), (parts, second))]
        pairs = [sorted(zip(one.places.tolist(), one.counts.tolist(), strict=True)) for one in stands]
        assert pairs[0] == pairs[1]


@given(st.lists(TALK, min_size=1, max_size=3), st.data())
def test_without_some_it_is_as_if_they_had_never_been_said(talks: list[list[tuple]], data: st.DataObject) -> None:
    every = {session: spoken(talk) for session, talk in enumerate(talks, 1)}
    kept = {key: [one for one in said if data.draw(st.booleans())] for key, said in every.items()}
    index, other = UserIndex(), UserIndex()
    for session, said in every.items():
        index.add([(session, index.fresh(session, segment(said)))])
        left = [one._replace(sequence=number) for number, one in enumerate(kept[session], 1)]
        other.add([(session, other.fresh(session, segment(left)))])
    whole = index.field([Choice(session, len(said)) for session, said in every.items()])
    gone = np.ones(len(whole), dtype=bool)
    for session, said in kept.items():
        gone[whole.find(session, [one.sequence for one in said])] = False
    field = index.without(whole, gone)
    expected = other.field([Choice(session, len(said)) for session, said in kept.items()])
    np.testing.assert_allclose(field.fresh, expected.fresh, atol=1e-6)
    assert field.chain.step.tolist() == expected.chain.step.tolist()
    assert sorted(field.speaking) == sorted(expected.speaking)
    for term in ("pool", "train"):
        assert sorted(index.standing(field, [term]).places) == sorted(other.standing(expected, [term]).places)


def test_nothing_is_lent_from_one_session_to_the_next() -> None:
    index = UserIndex()
    for session in (1, 2):
        index.add([(session, segment(spoken([("", ["pool"], "user", 0.0, [])] * 2)))])
    joined_ = index.field([Choice(1, 2), Choice(2, 2)]).chain.joined
    assert joined_.tolist() == [True, False, True]


def test_what_came_in_later_is_not_in_a_choice_of_before() -> None:
    index = UserIndex()
    index.add([(1, segment(spoken([("", ["pool"], "user", 0.0, [])] * 3)))])
    before = index.field([Choice(1, 3)])
    index.add([(1, segment(spoken([("", ["pool"], "user", 0.0, [])], 4)))])
    assert index.standing(before, ["pool"]).places.tolist() == [0, 1, 2]
    assert index.standing(index.field([Choice(1, 3)]), ["pool"]).places.tolist() == [0, 1, 2]
    assert index.standing(index.field([Choice(1, 4)]), ["pool"]).places.tolist() == [0, 1, 2, 3]
    index.add([(1, segment(spoken([("", ["pool"], "user", 0.0, [])] * 4)))])  # known already
    assert index.last(1) == len(index) == 4


def test_what_is_fresh_was_not_said_by_its_speaker_in_its_session_before() -> None:
    index = UserIndex()
    said = [("Ann", ["pool", "code", "train", "bread"], "user", 0.0, []), ("Bob", ["pool"], "user", 0.0, [])]
    index.add([(1, index.fresh(1, segment(spoken(said))))])
    later = index.fresh(1, segment(spoken([("Ann", ["pool", "zebra"], "user", 0.0, [])], 3)))
    elsewhere = index.fresh(2, segment(spoken([("Ann", ["pool", "zebra"], "user", 0.0, [])])))
    assert index.field([Choice(1, 2)]).fresh.tolist() == [1.0, 1 / DISTINCT]
    assert (later.fresh.tolist(), elsewhere.fresh.tolist()) == ([1 / DISTINCT], [2 / DISTINCT])


def test_what_an_index_weighs_counts_the_choices_that_it_keeps() -> None:
    index = UserIndex()
    index.add([(1, segment(spoken([("", ["pool"], "user", 0.0, [(1.0, 2.0)])] * 1_000)))])
    alone = index.nbytes
    fields = [index.field([Choice(1, 1_000 - last)]) for last in range(FIELDS + 3)]
    fields += [index.without(fields[-1], np.arange(len(fields[-1])) == last) for last in range(3)]
    kept = fields[-FIELDS:]
    held = [sum(part.nbytes for part in vars(field).values() if isinstance(part, np.ndarray)) for field in kept]
    links = [field.chain.step.nbytes + field.chain.joined.nbytes + field.chain.two.nbytes for field in kept]
    assert index.nbytes - alone >= sum(held) + sum(links)


def test_the_indexes_that_are_kept_weigh_no_more_than_allowed() -> None:
    kept: Weighed[UserIndex] = Weighed()
    for name in "abc":
        index = kept.get(name, UserIndex)
        index.add([(1, segment(spoken([("", ["pool", name], "user", 0.0, [])] * 50)))])
    weight = index.nbytes
    assert weight > 50 * 29
    kept.get("a", UserIndex)  # used last
    kept.trim(2 * weight + weight // 2)
    assert len(kept) == 2
    assert len(kept.get("a", UserIndex)) == 50
    assert len(kept.get("b", UserIndex)) == 0
    kept.trim(0)
    assert len(kept) == 0
