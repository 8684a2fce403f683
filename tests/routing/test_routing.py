"""Routing as rules: kinds, difficulties, tiers, whose model answers, and what is counted."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import InvalidSettings
from tiermem.notes.outcomes import Outcomes
from tiermem.routing import Router, estimated, kind_of, tier_of

ALL = {"easy": "small", "medium": "middle", "hard": "large"}


@pytest.mark.parametrize(
    "text",
    [
        "Why is this slow?\n```\nx = 1\n```",
        "Traceback (most recent call last):\n  File \"a\", line 3, in f\nKeyError: 'x'",
        "diff --git a/x b/x\n@@ -1,2 +1,3 @@",
        "It raises a ModuleNotFoundError since today.",
        "Can you look into src/pool.py? The limit is wrong.",
        "Develop a Python program that reads all the text files under a directory.",
        "Write a function to find the highest common ancestor.",
        "帮我写一个函数，把列表倒过来。",
        "这段代码一直报错，怎么办？",
        "SELECT name FROM people WHERE age > 3",
    ],
)
def test_what_shows_code_or_asks_for_it_is_code(text: str) -> None:
    assert kind_of(text) == "code"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "How are you?",
        "Write a poem about the sea.",
        "Which programming languages are popular in Norway?",
        "We met at the function room; the class was full.",
        "从北京到上海要多久？",
        "Import duties rose by 3 %.",
        "Let us meet at 5. From there we go on.",
    ],
)
def test_what_only_talks_is_general(text: str) -> None:
    assert kind_of(text) == "general"


@pytest.mark.parametrize(
    ("difficulty", "tier"),
    [(0, "easy"), (0.2999, "easy"), (0.3, "medium"), (0.6999, "medium"), (0.7, "hard"), (1, "hard")],
)
def test_tiers_begin_at_their_bounds(difficulty: float, tier: str) -> None:
    assert tier_of(difficulty) == tier
    assert Router(ALL, difficulty=lambda _: difficulty).route("x").tier == tier


@given(text=st.text(max_size=400), more=st.text(min_size=1, max_size=40))
def test_difficulties_are_shares_and_more_words_are_never_easier(text: str, more: str) -> None:
    assert 0 <= estimated(text) <= estimated(text + "\n" + more) <= 1


def test_long_chains_look_harder_than_small_talk_in_both_languages() -> None:
    hard = (
        "If each of the 12 crates holds twice as many pears as the one before, how many are left after half are sold? "
    )
    assert estimated("hi") < estimated("你好吗") < 0.1
    assert estimated(hard * 3) > 0.7
    assert estimated("如果每个箱子里的梨是前一个的两倍，卖掉一半之后，一共还剩下多少？" * 4) > 0.7


@pytest.mark.parametrize(
    ("models", "tiers"),
    [
        ({"easy": 1, "hard": 3}, ["easy", "hard", "hard"]),
        ({"easy": 1, "medium": 2}, ["easy", "medium", "medium"]),
        ({"hard": 3}, ["hard", "hard", "hard"]),
        ({"easy": 1}, ["easy", "easy", "easy"]),
    ],
)
def test_where_a_tier_has_no_model_the_next_harder_one_answers(models: Any, tiers: list[str]) -> None:
    told = {"a": 0.1, "b": 0.5, "c": 0.9}
    router = Router(models, difficulty=told.__getitem__)
    assert [router.route(question).tier for question in told] == tiers
    assert [router.route(question).model for question in told] == [models[tier] for tier in tiers]


@pytest.mark.parametrize("wrong", [2, -0.1, float("nan"), "0.5", None, True])
def test_what_is_no_difficulty_takes_the_hardest_model_and_says_so(wrong: Any) -> None:
    route = Router(ALL, difficulty=lambda _: wrong).route("x")
    assert (route.tier, route.model) == ("hard", "large")
    assert route.degraded.startswith("difficulty: no number")
    assert route.note()["degraded"] == route.degraded


def test_a_function_that_fails_is_asked_again_and_one_that_answers_is_not() -> None:
    asked: list[str] = []

    def difficulty(question: str) -> float:
        asked.append(question)
        if len(asked) == 1:
            raise OSError("no network")
        return 0.1

    router = Router(ALL, difficulty=difficulty)
    assert router.route("x").degraded == "difficulty: OSError"
    assert [router.route("x").tier for _ in range(3)] == ["easy"] * 3
    assert asked == ["x", "x"]
    for number in range(300):
        router.route(f"question {number}")
    assert len(router._known) == 256


def test_an_async_function_is_awaited_on_either_side() -> None:
    async def difficulty(_: str) -> float:
        return 0.5

    assert Router(ALL, difficulty=difficulty).route("x").tier == "medium"
    assert asyncio.run(Router(ALL, difficulty=difficulty).aroute("x")).tier == "medium"

    async def on_a_loop() -> str:
        return Router(ALL, difficulty=difficulty).route("x").degraded

    assert asyncio.run(on_a_loop()) == "difficulty: RuntimeError"
    assert asyncio.run(Router(ALL, difficulty=lambda _: 1 / 0).aroute("x")).degraded == "difficulty: ZeroDivisionError"


def test_outcomes_are_counted_by_tier_and_kind_and_go_on_from_a_state() -> None:
    router = Router({"easy": "small", "hard": "large"})
    easy, code = router.route("hi"), router.route("```\nx\n```")
    for worked in (True, True, True, False):
        router.report(easy, worked)
    router.report(json.loads(json.dumps(code.note())), worked=True)
    assert router.outcomes()["easy"]["general"] == Outcomes(3, 1)
    assert router.outcomes()["easy"]["general"].success == Outcomes(3, 1).success
    assert router.outcomes()["hard"]["code"].success is None
    assert router.state() == {"easy": {"code": [1, 0], "general": [3, 1]}}
    again = Router.from_state(json.loads(json.dumps(router.state())), ALL, bounds=(0.1, 0.2))
    assert again.state() == router.state()
    assert again.report(easy, worked=True).tried == 5
    assert again.bounds == (0.1, 0.2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Router({}),
        lambda: Router({"huge": 1}),
        lambda: Router(["small"]),
        lambda: Router(ALL, bounds=(0.7, 0.3)),
        lambda: Router(ALL, bounds=(0.3,)),
        lambda: Router(ALL, bounds=("a", "b")),
        lambda: Router(ALL, bounds=(float("nan"), 1)),
        lambda: Router(ALL, difficulty=0.5),
        lambda: Router(ALL, kind="code"),
        lambda: Router.from_state([], ALL),
        lambda: Router.from_state({"easy": {"code": [1]}}, ALL),
        lambda: Router.from_state({"easy": {"code": [1, -1]}}, ALL),
        lambda: Router.from_state({"easy": {"poetry": [1, 1]}}, ALL),
        lambda: Router(ALL).report("easy", worked=True),
        lambda: Router(ALL).report({"tier": "easy"}, worked=True),
        lambda: Router(ALL).report(Router(ALL).route("x"), worked=1),
    ],
)
def test_wrong_arguments_are_refused(make: Any) -> None:
    with pytest.raises(InvalidSettings):
        make()


def test_what_is_no_text_is_no_question() -> None:
    for question in (None, 3, ["hi"]):
        with pytest.raises(InvalidSettings, match="a question is text"):
            Router({"easy": "small"}).route(question)  # type: ignore[arg-type]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_counts_for_itself(copied: Any) -> None:
    router = Router({"easy": "small"})
    router.report(router.route("hi"), worked=True)
    other = copied(router)
    assert other.state() == router.state() != {}
    other.report(other.route("hi"), worked=True)
    assert other.state() != router.state()
