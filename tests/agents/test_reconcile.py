"""One rule for lists of messages and logs: what is there, what is new, what left. Tables, and random lists."""

from __future__ import annotations

from operator import eq
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Message, ToolCall
from tiermem.agents.reconcile import (
    Listed,
    Repeated,
    beginning,
    behind_summaries,
    beyond,
    compared,
    cut_in_front,
    finished,
    marks,
    repeated,
    resumed,
    said,
    spoken,
)

ROLES = {"u": "user", "a": "assistant", "c": "assistant", "t": "tool", "s": "system"}


def log(script: str, first: int = 1) -> list[Message]:
    """A log of "u1 c1 t1 a1": user, call, tool result, answer, each with its words."""
    made = []
    for number, word in enumerate(script.split(), first):
        calls = (ToolCall(id=f"call-{word}", name="look", arguments={}),) if word[0] == "c" else ()
        made.append(
            Message(role=ROLES[word[0]], content=word, id=f"id-{word}-{number}", tool_calls=calls, sequence=number)
        )
    return made


def words(script: str) -> list[Any]:
    return [spoken(message) for message in log(script)]


def listed(identity: str, mark: str = "") -> Listed:
    return Listed(identity, mark or identity, "user", True, False, "", lambda: log("u")[0])


@pytest.mark.parametrize(
    ("handed", "held", "new"),
    [
        ("", "", ""),
        ("a", "", "a"),
        ("ab", "a", "b"),
        ("ab", "ab", ""),
        ("a", "ab", None),  # shorter than the log: it was taken back
        ("", "a", None),
        ("xb", "a", None),
        ("axc", "ab", None),
        ("aab", "a", "ab"),
    ],
)
def test_a_list_goes_on_after_a_log_or_says_something_else(handed: str, held: str, new: str | None) -> None:
    assert beyond(handed, held, eq) == new


@given(st.text("ab"), st.text("ab"))
def test_what_goes_on_makes_the_list_and_nothing_else_does(handed: str, held: str) -> None:
    new = beyond(handed, held, eq)
    assert (new is not None) == handed.startswith(held)
    if new is not None:
        assert held + "".join(new) == handed
    count = beginning(handed, held, eq)
    assert handed[:count] == held[:count]
    assert handed[count : count + 1] != held[count : count + 1] or count == len(handed) == len(held)


@pytest.mark.parametrize(
    ("handed", "held", "count", "places"),
    [
        ("u1 a1 u2", "u1 a1", 2, (0, 1)),  # handed over again, with a new question
        ("u1 a1", "u1 a1", 2, (0, 1)),
        ("u1", "u2 a2 u1", 1, (2,)),  # the question is stored, and its answer never came
        ("u1", "u1 c1 t1", 1, (0,)),  # nor came the run that it began to its end
        ("u1", "u1 c1 t1 a1", 0, ()),  # the same words said again
        ("u1", "u1 a1 u2", 0, ()),
        ("u1 a1 u2", "u1 a1 u2 a2", 2, (0, 1)),  # asked anew: the last is stored once more
        ("u1 a1", "u1 a1 u2 a2", 1, (0,)),
        ("u1 a1 u2 a2", "u1 a1 u3 a3 u1 a1 u2 a2", 4, (4, 5, 6, 7)),  # the later of two equal beginnings
        ("u1 a1 u2", "u1 a1 u1 a1", 2, (2, 3)),
        ("u2 a2", "u1 a1", 0, ()),
        ("u1 u1", "u1", 1, (0,)),
        ("u1", "", 0, ()),
        ("", "u1", 0, ()),
        ("u1 c1 t1 a1 u2", "u0 a0 u1 c1 t1 a1", 4, (2, 3, 4, 5)),
        # what a client shows of a run with tools
        ("u1 a1 u2", "u1 c1 t1 a1", 2, (0, 3)),
        ("u1 a1 u2 a2 u3", "u1 c1 t1 c2 t2 a1 u2 c3 t3 a2", 4, (0, 5, 6, 9)),
        ("u1 u2 u3", "u1 a1 u2 a2", 2, (0, 2)),  # questions only
        ("u1 u2", "u1 a1 u2 a2", 1, (0,)),  # and the last asked anew
        ("u1 a8 a1 u2", "u1 c1 t1 a1", 3, (0, 3)),  # a call told as text
        ("u1 a8 u2", "u1 a1", 1, (0,)),  # another answer than was given
        ("s1 u1 a1 u2", "u1 a1", 3, (0, 1)),
        ("a0 u1 a1 u2", "a0 u1 a1", 3, (0, 1, 2)),  # a greeting
        ("a9 u1 a1 u2", "a0 u1 a1", 3, (1, 2)),
        ("u1 a1 u9 a2 u3", "u1 a1 u2 a2", 2, (0, 1)),  # a question that was changed: another branch
        ("u1 a1 u2", "u1 c1 t1 u2", 3, (0, 3)),
    ],
)
def test_which_part_of_a_log_a_list_repeats(handed: str, held: str, count: int, places: tuple[int, ...]) -> None:
    assert repeated(words(handed), log(held)) == Repeated(count, places)


@given(st.lists(st.sampled_from(["u1", "u2", "a1", "a2", "c1", "t1"]), max_size=8), st.integers(0, 8))
def test_a_log_that_is_handed_over_again_is_recognised_to_its_end(script: list[str], cut: int) -> None:
    held = log(" ".join(script))
    assert repeated(words(" ".join([*script, "u9"])), held) == Repeated(len(script), tuple(range(len(script))))
    part = words(" ".join(script[cut:]))
    found = repeated(part, held)
    rest = iter(part[: found.count])
    assert list(found.places) == sorted(set(found.places))
    assert all(any(spoken(held[place]).same(words) for words in rest) for place in found.places)  # in order
    assert not [words for words in rest if words.role == "user"]


@given(st.lists(st.lists(st.sampled_from(["c1 t1", "c2 t2", "c3"]), max_size=3), max_size=5))
def test_what_a_client_shows_of_a_log_is_known_and_what_is_new_is_not(runs: list[list[str]]) -> None:
    held = log(" ".join(f"u{turn} {' '.join(run)} a{turn}" for turn, run in enumerate(runs)))
    shown = words(" ".join([*(f"u{turn} a{turn}" for turn in range(len(runs))), "u9"]))
    found = repeated(shown, held)
    assert (found.count, len(found.places)) == (2 * len(runs), 2 * len(runs))


def test_what_is_shown_has_no_white_space_and_no_kinds_of_blocks() -> None:
    plain = Message(role="assistant", content="a b")
    assert spoken(plain).same(spoken(Message(role="assistant", content=[{"type": "text", "text": " a\n b "}], id="2")))
    text: dict[str, Any] = {"type": "text", "text": "What is this?"}
    pictures = [Message(role="user", content=[text, {"type": "image", "url": url}]) for url in ("a", "b")]
    assert not spoken(pictures[0]).same(spoken(pictures[1]))
    assert spoken(pictures[0]).same(spoken(Message(role="user", content="What is this?")))
    assert not spoken(plain).same(spoken(Message(role="user", content="a b")))


@pytest.mark.parametrize(
    ("handed", "held", "answer"),
    [
        ("u1 a1 u2", "u1 a1", (2, 2)),
        ("u1 a1 u2", "u1 c1 t1 a1", (2, 4)),
        ("u1 c1 t1 a1", "u1 c1 t1 a1", (4, 4)),
        ("u1 a1", "u1 c1 t1 a1 u2 a2", (2, 4)),  # taken back
        ("u1 u2", "u1 a1 u2", (1, 1)),  # an answer is not left out
        ("u1 a9", "u1 c1 t1 a1", (1, 1)),
        ("u9", "u1 a1", (0, 0)),
        ("", "u1", (0, 0)),
        ("u1", "", (0, 0)),
    ],
)
def test_after_what_of_a_log_a_list_goes_on(handed: str, held: str, answer: tuple[int, int]) -> None:
    assert resumed(words(handed), log(held), lambda one, stored: one.same(spoken(stored))) == answer


@pytest.mark.parametrize(
    ("handed", "staying", "held", "same", "left"),
    [
        ("u1 a1 u2", "u1 a1", "u1 a1", 2, ()),
        ("u1 a1", "u1 a1 u2", "u1 a1 u2", 2, (3,)),
        ("u1 u2", "u1 u2", "u1 a1 u2", 2, (2,)),
        ("u3 a1", "u1 a1", "u1 a1", 0, (1, 2)),  # changed: it and all behind it are stored once more
        ("", "", "u1 a1", 0, (1, 2)),
        ("u1", "", "", 0, ()),
    ],
)
def test_what_of_a_log_left_a_list(handed: str, staying: str, held: str, same: int, left: tuple[int, ...]) -> None:
    all_held = log(held)
    stays = [message for message in all_held if message.content in staying.split()]
    difference = compared(words(handed), stays, all_held, lambda one, stored: one == spoken(stored))
    assert (difference.same, difference.left) == (same, left)


def test_an_answer_that_calls_no_tool_ends_a_turn() -> None:
    assert [finished(message) for message in log("u1 c1 t1 a1")] == [False, False, False, True]


def test_what_is_said_has_no_ids_of_messages_but_those_of_calls_that_are_answered() -> None:
    one, other = log("c1")[0], log("x c1".replace("x", "u0"))[1]
    assert one.id != other.id
    assert said(one) == said(other)
    result = Message(role="tool", content="found", tool_call_id="1")
    assert said(result) != said(Message(role="tool", content="found", tool_call_id="2"))


def test_a_mark_tells_of_every_change_before_a_place_and_of_none_behind() -> None:
    base = [listed("1", "one"), listed("2", "two"), listed("3", "three")]
    changed = [base[0], listed("2", "zwei"), base[2]]
    grown = [*base, listed("4", "four")]
    assert marks(base, 3)[0] == marks(base, 3)[1] == marks(base, 9)[0]
    assert marks(grown, 3)[0] == marks(base, 3)[1]
    assert marks(grown, 3)[1] != marks(base, 3)[1]
    assert marks(changed, 3)[1] != marks(base, 3)[1]
    assert marks(changed, 1)[0] == marks(base, 1)[0]
    assert marks([], 0) == (0, 0)
    assert marks([listed("1", "\ud800")], 1)[0] != 0


def test_behind_summaries_a_log_goes_on_with_what_the_list_has() -> None:
    held = log("u1 a1 u2 a2")
    identity = lambda message: message.content  # noqa: E731
    assert [message.content for message in behind_summaries(held, {"u2", "a2"}, identity)] == ["u2", "a2"]
    assert behind_summaries(held, {"other"}, identity) == []
    assert behind_summaries(held, {"u1"}, identity) == held


@pytest.mark.parametrize(
    ("script", "left", "going_on", "cut"),
    [
        ("u1 a1 u2 a2", {1, 2}, False, [1, 2]),
        ("u1 a1 u2 a2", {1}, False, [1]),
        ("s1 u1 a1 u2 a2", {2, 3}, False, [2, 3]),  # behind instructions
        ("u1 a1 u2 a2", {2, 3}, False, [2, 3]),  # behind the first message
        ("u1 a1 u2 a2 u3 a3", {3, 4}, False, []),  # out of the middle
        ("u1 a1 u2 a2 u3 a3", {1, 2, 5}, False, [1, 2]),  # in front, and one out of the middle
        ("u1 a1 u2 a2", {3, 4}, True, []),  # the end, as of a thread that goes on from an older checkpoint
        ("u1 a1 u2 a2", {1, 2, 3, 4}, False, []),  # all: a thread that was cleared
        ("u1 a1 u2 a2", {1, 2, 3, 4}, True, [1, 2, 3, 4]),  # all but the new question
        ("u1 a1 u2 a2", set(), True, []),
        ("", set(), True, []),
    ],
)
def test_what_is_dropped_in_front_while_newer_ones_stay_is_trimmed(
    script: str, left: set[int], going_on: bool, cut: list[int]
) -> None:
    assert cut_in_front(log(script), left, going_on) == cut
