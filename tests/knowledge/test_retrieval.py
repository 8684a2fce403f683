"""What retrievers of both frameworks show: the stretch that answers, runs around hits, and two lists in turns."""

from __future__ import annotations

from tiermem.knowledge.retrieval import excerpt, in_turns, spans
from tiermem.messages import Message
from tiermem.records import Hit


def test_a_long_message_is_cut_around_the_words_asked_for() -> None:
    text = "filler words here " * 500 + "the deadlock hit table orders at noon " + "more filler words " * 500
    cut = excerpt(text, "which table had the deadlock", 400)
    assert "deadlock hit table orders" in cut
    assert len(cut) <= 402
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert excerpt("short", "x", 400) == "short"
    assert excerpt("没有" * 500 + "连接池从10改到50" + "没有" * 500, "连接池多大", 100).count("连接池") == 1


def test_two_lists_take_turns_and_the_longer_one_ends_alone() -> None:
    assert in_turns(["a", "b", "c"], ["x"]) == ["a", "x", "b", "c"]
    assert in_turns([], ["x", "y"]) == ["x", "y"]


def said(number: int, score: float) -> Hit:
    return Hit(message=Message(role="user", content="x", sequence=number), score=score)


def test_runs_that_touch_become_one_with_its_best_hit_and_documents_are_none() -> None:
    chunk = Hit(message=Message(role="document", content="x", sequence=2), score=1.0, source="manual")
    found = spans([said(1, 0.2), said(4, 0.5), said(9, 0.7), chunk], 1)
    assert [(first, last, best.ref) for first, last, best in found] == [(8, 10, "m9"), (1, 5, "m4")]
