"""Chains of many updates, told by the application, in words that rules read, and in words that only a model does."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.properties.thinned import share, thinned
from tiermem import Memory, Message
from tiermem.testing import StoppedClock

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
SYLLABLES = ("ka", "lo", "mi", "nu", "pe", "ra", "so", "ti", "vu", "we")
WORDS = {"en": "Paperwork came: {name} budget runs at ${value}.", "zh": "单子来了，{name} budget 按 ${value} 走。"}
READ = re.compile(r"(\w+) budget (?:runs at|按) (\$\d+)")
Told = tuple[str, int, datetime, str]


def reader(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """What a good model makes of `WORDS`."""
    found = ((one.sequence, READ.search(one.text)) for one in messages)
    return [
        {"attribute": f"{match[1]} budget", "value": match[2], "status": "new", "message": number}
        for number, match in found
        if match
    ]


def updates(chance: random.Random) -> list[Told]:
    """1 to 20 values of each of 200 attributes, a third in `make test`, shuffled in time, told in one of three ways."""
    ways = ("rule",) * 4 + ("model",) * 4 + ("application",)
    return [
        (
            f"{SYLLABLES[n // 10 % 10]}{SYLLABLES[n % 10]}{SYLLABLES[n // 100]}",
            100 + value,
            START + timedelta(minutes=chance.random() * 500_000),
            chance.choice(ways),
        )
        for n in range(share(200))
        for value in range(chance.randint(1, 20))
    ]


def expected(told: Sequence[Told], after: datetime) -> dict[str, tuple[str, str]]:
    """What holds: the newest value, but that a model's ends none of the application's."""
    holds: dict[str, tuple[str, str]] = {}
    for name, value, when, how in sorted(told, key=lambda one: one[2]):
        if when <= after and not (how == "model" and holds.get(name, ("", ""))[1] == "application"):
            holds[name] = f"${value}", how
    return {f"{name} budget": held for name, held in holds.items()}


@pytest.mark.parametrize("language", thinned(WORDS, 2))
def test_chains_of_three_kinds_of_statements_are_exact(language: str) -> None:
    chance = random.Random(11)
    told, clock = updates(chance), StoppedClock(START)
    chance.shuffle(told)
    spoken = [one for one in told if one[3] != "application"]
    with Memory.open(":memory:", extractor=reader, extract_batch=500, clock=clock) as memory:
        for place in range(5):
            texts = [
                Message(
                    role="user",
                    content=(f"My {name} budget is ${value}." if how == "rule" else WORDS[language]).format(
                        name=name, value=value
                    ),
                    created_at=when,
                )
                for name, value, when, how in spoken[place::5]
            ]
            memory.session(f"s{place}", "anna").add(texts)
        facts = memory.facts("anna")
        for name, value, when, how in told:
            if how == "application":
                clock.now = when
                facts.state(f"{name} budget", f"${value}")
        clock.now = START + timedelta(minutes=500_001)
        assert facts.extract().refused == {}
        for after in (clock.now, *(START + timedelta(minutes=at) for at in (50_000, 250_000, 400_000))):
            found = facts.current() if after == clock.now else facts.current(as_of=after)
            assert {one.attribute: (one.value, one.how) for one in found} == expected(told, after)
