"""Why a message was found is said in one line that a reader understands."""

from __future__ import annotations

import pytest

from tiermem import Hit, Memory, Message
from tiermem.search.query import Question
from tiermem.search.ranking.explanation import matched, reason

QUESTION = Question("the locker code", {"locker": 1.0, "code": 1.0}, {"locker": {"safe": 0.62, "chest": 0.4}})


def hit(sequence: int, why: dict[str, float], source: str = "") -> Hit:
    message = Message(role="user", content="x", sequence=sequence)
    return Hit(message=message, score=sum(why.values()), why=why, source=source)


def test_own_words_are_named_and_of_related_ones_the_nearest_with_how_near() -> None:
    assert matched(QUESTION, ["code", "chest", "safe"]) == ["locker~safe .6", "code"]
    assert matched(QUESTION, ["locker", "safe"]) == ["locker"]
    assert matched(QUESTION, ["river"]) == []


def test_parts_come_largest_first_with_the_words_behind_theirs() -> None:
    found = hit(40, {"date": 0.19, "keyword": 0.41, "fresh": 0.001})
    assert reason(QUESTION, found, ["locker", "code"], [found]) == "keyword 0.41 (locker, code), date 0.19"


def test_what_neighbours_lend_names_the_best_of_them() -> None:
    best, other, far = hit(41, {"keyword": 0.5}), hit(38, {"keyword": 0.2}), hit(90, {"keyword": 0.9})
    found = hit(40, {"stretch": 0.2, "reach": 0.1})
    assert reason(QUESTION, found, [], [far, other, best, found]) == "beside 0.30 (near m41)"
    assert reason(QUESTION, found, [], [far, found]) == "beside 0.30"


def test_chunks_and_messages_are_no_neighbours() -> None:
    found = hit(40, {"stretch": 0.2}, source="handbook.md")
    assert "near" not in reason(QUESTION, found, [], [hit(41, {"keyword": 0.5}), found])
    assert "near d41" in reason(QUESTION, found, [], [hit(41, {"keyword": 0.5}, source="handbook.md"), found])


def test_a_long_question_names_some_of_its_words() -> None:
    question = Question("", {f"word{n}": 1.0 for n in range(20)})
    line = reason(question, hit(1, {"keyword": 0.4}), question.terms, [])
    assert line.count("word") == 9  # eight of them, and the part's own name
    assert line.endswith(", …)")


@pytest.mark.parametrize("asked", ["What is the locker code?", "储物柜的密码是什么？"])
def test_a_search_explains_when_it_is_asked_to(asked: str) -> None:
    with Memory.open(":memory:") as memory:
        session = memory.session("s")
        session.add(["The locker code is zebra-4471.", "储物柜的密码是四四七一。", "Fine.", "The weather is good."])
        assert {found.reason for found in session.search(asked)} == {""}
        explained = session.search(asked, explain=True)
        assert explained[0].reason.startswith("keyword 0.")
        assert ("locker" if asked.isascii() else "密码") in explained[0].reason
        plain = [(found.ref, found.score, found.why) for found in session.search(asked)]
        assert [(found.ref, found.score, found.why) for found in explained] == plain
