"""Shelves change no answer: whatever is said, hidden, shown again, erased, forked and left waiting, a memory whose
words are on shelves finds what one with all of them in RAM finds, with the same scores and parts of scores."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tiermem import Memory, Message, Session
from tiermem.errors import TiermemError
from tiermem.index.shelves.asked import AskedIndex

SAID = """
    garden tomato wallet concert violin Berlin Anna Bruno invoice gardener gardening tomatoes bicycle kitchen rent
    mortgage dentist holiday airport visa 北京 天气 下雨 火车票 咖啡馆 quartz nebula wednesday e-mail password-manager
"""
WORDS = SAID.split()
BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
ROOM = 45_000  # bytes of `index_memory`: a hundred messages do not fit


def text(chance: random.Random) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 9))) + chance.choice([".", "?", ""])


def some(chance: random.Random, most: int = 40) -> list[Message]:
    first = BEGUN + timedelta(hours=chance.randint(0, 5_000))
    return [
        Message(
            role=chance.choice(["user", "assistant"]),
            content=text(chance),
            name=chance.choice([None, "Anna", "Bruno"]),
            created_at=first + timedelta(minutes=minute),
        )
        for minute in range(chance.randint(1, most))
    ]


def shown(session: Session, question: str, **options: Any) -> list[object]:
    hits = session.search(question, within="user", k=12, **options)
    return [(hit.session, hit.ref, hit.score, tuple(hit.why.items()), hit.message.text) for hit in hits]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[AskedIndex]:
    """The looks that questions had into shelves."""
    made: list[AskedIndex] = []
    before = AskedIndex.__init__

    def noted(self: AskedIndex, *arguments: Any) -> None:
        made.append(self)
        before(self, *arguments)

    monkeypatch.setattr(AskedIndex, "__init__", noted)
    return made


@pytest.fixture(params=["file", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[tuple[Memory, Memory]]:
    """A memory that puts words on shelves, and one of the same database that has all in RAM."""
    target = str(tmp_path / "m.db") if request.param == "file" else request.getfixturevalue("opened_url")
    with Memory.open(target, index_memory=ROOM) as shelved, Memory.open(target) as plain:
        shelved.wiring[0].shelf_least = 40
        yield shelved, plain


ACTS: dict[str, Callable[[Session, str, random.Random], object]] = {
    "add": lambda session, _ref, chance: session.add(some(chance)),
    "hide": lambda session, ref, _chance: session.forget(ref),
    "show": lambda session, ref, _chance: session.restore(ref),
    "erase": lambda session, ref, _chance: session.erase(ref),
    "rewind": lambda session, ref, _chance: session.rewind(ref),
    "fork": lambda session, ref, chance: session.fork(ref, f"f{chance.randint(0, 5)}"),
    "index": lambda session, _ref, _chance: session.index(),
    "settle": lambda session, _ref, _chance: session.memory.settle(),
    "end": lambda session, _ref, chance: chance.random() < 0.3 and session.erase(),
}


def options(chance: random.Random, names: list[str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if chance.random() < 0.3:
        chosen["as_of"] = BEGUN + timedelta(hours=chance.randint(0, 5_000))
    if chance.random() < 0.2:
        chosen["exclude"] = [chance.choice(names)]
    if chance.random() < 0.2:
        chosen["role"] = "user"
    return chosen


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 30))])
def test_whatever_happens_shelves_answer_as_ram_does(
    both: tuple[Memory, Memory], asked: list[AskedIndex], seed: int
) -> None:
    shelved, plain = both
    chance = random.Random(seed)
    for place in range(5):
        session = shelved.session(f"t{place}", "ann")
        session.add(some(chance, 70))
        session.index()
    for _ in range(15):
        names = shelved.sessions("ann") or ["t0"]
        session = shelved.session(chance.choice([*names, f"t{chance.randint(0, 6)}"]), "ann")
        ref = f"m{chance.randint(1, max(1, len(session.messages())))}"
        try:
            ACTS[chance.choice(["settle", *ACTS])](session, ref, chance)
        except TiermemError:  # what cannot be done: a message that is not there, a name that is taken
            continue
        names = shelved.sessions("ann") or ["t0"]
        home, question, limits = chance.choice(names), text(chance), options(chance, names)
        expected = shown(plain.session(home, "ann"), question, **limits)
        assert shown(shelved.session(home, "ann"), question, **limits) == expected
    assert len(asked) > 5
    assert all(proof.ok for proof in shelved.verify().values())


def test_a_context_over_all_that_a_user_said_is_the_same(both: tuple[Memory, Memory], asked: list[AskedIndex]) -> None:
    shelved, plain = both
    chance = random.Random(3)
    for place in range(6):
        session = shelved.session(f"t{place}", "ann")
        session.add(some(chance, 60))
        session.index()
    session.add("What of the violin, Anna?")
    wanted = "which concert was it, and the rent?"
    contexts = [memory.session("t5", "ann").context(wanted, 600, within="user") for memory in both]
    assert contexts[0].messages == contexts[1].messages
    assert asked
    assert plain.session("t5", "ann").recall(wanted, within="user") == session.recall(wanted, within="user")
