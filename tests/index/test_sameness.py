"""The same answers from every backend and from any state of the index, of a conversation and of all of a user's.

An answer is what `search`, `recall` and `context` give: which messages, of which session, their scores, every word of
the block and of the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.properties.oracles import indexes_dropped
from tiermem import Memory, Message, Session
from tiermem.records import Within

Open = Callable[..., Memory]
USER = "anna"
DAYS = ("monday", "tuesday", "friday")
START = datetime(2024, 3, 4, 9, tzinfo=UTC)
FACTS = {
    ("monday", 7): ("user", "The locker code is zebra-4471, please keep it."),
    ("monday", 8): ("assistant", "Noted: I keep the code of the locker."),
    ("monday", 30): ("user", "My sister Ida bakes sourdough on weekends."),
    ("tuesday", 12): ("user", "我最喜欢的咖啡是燕麦拿铁。"),
    ("tuesday", 13): ("assistant", "记住了，燕麦拿铁。"),
    ("tuesday", 31): ("user", "The locker code is now heron-9012, since Tuesday."),
    ("friday", 5): ("user", "Ida moved to Lisbon on 3 March 2024 and opened a bakery there."),
    ("friday", 14): ("assistant", "Ida, Ida: a bakery in Lisbon, a bakery! Bread, bread and bread, Ida."),
    ("friday", 21): ("user", "I want short answers from now on."),
}
SMALL = ("the queue of {} was long", "the train {} came late", "we looked at the plan of room {}", "lunch at {} again")
QUESTIONS = (
    "What is the locker code?",
    "Where does Ida live, and what does she bake?",
    "我喜欢喝什么咖啡？",
    "What did we say about the train on 5 March 2024?",
    "the plan of room 17",
)
WITHIN: tuple[Within, ...] = ("conversation", "user")


def said(day: str) -> list[Message]:
    """A day of forty messages: facts among talk that is nearly the same every day."""
    begins = START + timedelta(days=DAYS.index(day))
    made = []
    for n in range(40):
        role, text = FACTS.get((day, n), (("user", "assistant")[n % 2], SMALL[n % 4].format(n + DAYS.index(day))))
        made.append(Message(role=role, content=text, id=f"{day}-{n}", created_at=begins + timedelta(minutes=n)))
    return made


def talk(memory: Memory, day: str) -> Session:
    return memory.session(day, namespace=USER)


def filled(memory: Memory, parts: int = 1) -> Memory:
    """Every day in *parts*, the days taking turns."""
    size = -(-40 // parts)
    for first in range(0, 40, size):
        for day in DAYS:
            talk(memory, day).add(said(day)[first : first + size])
    return memory


def indexed(memory: Memory) -> Memory:
    for day in DAYS:
        talk(memory, day).index()
    return memory


@dataclass(frozen=True)
class Answer:
    """What one question comes to. Sums of float32 differ a little between an index that grew and one made at once."""

    hits: tuple[tuple[str, str], ...]  # session, id
    scores: tuple[float, ...]
    block: str
    context: tuple[str, ...]

    def assert_same(self, other: Answer) -> None:
        assert self.scores == pytest.approx(other.scores, abs=1e-4)
        assert self.ranked() == other.ranked()
        assert self.block == other.block
        assert self.context == other.context

    def ranked(self) -> list[set[tuple[str, str]]]:
        """The hits by falling score; those whose scores are as good as equal stand in no order."""
        groups: list[set[tuple[str, str]]] = [{self.hits[0]}] if self.hits else []
        for (before, score), hit in zip(pairwise(self.scores), self.hits[1:], strict=True):
            if before - score > 2e-4:
                groups.append(set())
            groups[-1].add(hit)
        return groups


def answers(memory: Memory) -> Iterator[tuple[str, Answer]]:
    """Every question, asked in the conversation and of all of the user's, from two of the sessions."""
    for day in ("monday", "friday"):
        session = talk(memory, day)
        for within in WITHIN:
            for question in QUESTIONS:
                hits = session.search(question, 8, within=within)
                context = session.context(question, 900, within=within)
                yield (
                    f"{question} ({day}, {within})",
                    Answer(
                        tuple((hit.session, hit.message.id) for hit in hits),
                        tuple(hit.score for hit in hits),
                        session.recall(question, 300, within=within).text,
                        tuple(piece.message.text for piece in context.pieces),
                    ),
                )


def assert_same(memory: Memory, before: dict[str, Answer]) -> None:
    now = dict(answers(memory))
    assert now.keys() == before.keys()
    for asked, answer in now.items():
        answer.assert_same(before[asked])


@pytest.fixture(scope="module")
def expected() -> dict[str, Answer]:
    """The answers of a memory in RAM, all of whose messages are indexed."""
    with Memory.open(":memory:") as memory:
        return dict(answers(indexed(filled(memory))))


def test_what_is_compared_is_an_answer(expected: dict[str, Answer]) -> None:
    texts = {asked: answer.block for asked, answer in expected.items()}
    assert "zebra-4471" in texts["What is the locker code? (monday, conversation)"]
    assert "heron-9012" in texts["What is the locker code? (monday, user)"]
    assert "Lisbon" in texts["Where does Ida live, and what does she bake? (monday, user)"]
    assert "Lisbon" not in texts["Where does Ida live, and what does she bake? (monday, conversation)"]
    assert "燕麦拿铁" in texts["我喜欢喝什么咖啡？ (friday, user)"]
    for block in texts.values():
        quotes = [line.partition(": ")[2] for line in block.splitlines()[1:] if ": " in line]
        assert len(set(quotes)) == len(quotes)  # what is quoted of one session is never taken for another's


def test_every_backend_answers_as_ram_does(store: Open, expected: dict[str, Answer]) -> None:
    assert_same(indexed(filled(store())), expected)


def test_a_dropped_index_is_built_again_and_answers_alike(store: Open, expected: dict[str, Answer]) -> None:
    memory = indexed(filled(store()))
    assert_same(memory, expected)
    indexes_dropped(memory)
    assert_same(memory, expected)
    assert_same(indexed(memory), expected)


def test_an_index_that_was_trimmed_to_next_to_nothing_answers_alike(store: Open, expected: dict[str, Answer]) -> None:
    memory = indexed(filled(store(index_memory=1)))
    for _ in range(2):
        assert_same(memory, expected)


def test_what_waits_for_the_index_is_found_alike(store: Open, expected: dict[str, Answer]) -> None:
    memory = filled(store(index_batch=10_000))
    assert_same(memory, expected)
    assert_same(indexed(memory), expected)


def written_by_turns(writing: Memory, reading: Memory) -> None:
    """Every day is added in unequal parts to *writing*; between them *reading* is asked, and so holds what was said."""
    for first, last in pairwise((0, 7, 15, 28, 40)):
        for day in DAYS:
            talk(writing, day).add(said(day)[first:last])
            for within in WITHIN:
                talk(reading, day).search("locker code", within=within)


def test_what_is_written_while_the_index_is_there_is_found_alike(store: Open, expected: dict[str, Answer]) -> None:
    memory = store(index_batch=16)
    written_by_turns(memory, memory)
    assert_same(memory, expected)


def test_what_another_memory_writes_is_found_alike(store: Open, target: str, expected: dict[str, Answer]) -> None:
    if target == ":memory:":
        pytest.skip("nobody else has what is in RAM")
    reading = store(index_batch=16)
    written_by_turns(store(index_batch=16), reading)
    assert_same(reading, expected)


def test_what_is_hidden_in_its_session_is_as_if_never_said_and_comes_back(
    store: Open, expected: dict[str, Answer]
) -> None:
    memory = filled(store())
    monday, friday = talk(memory, "monday"), talk(memory, "friday")
    friday.search("locker code", within="user")
    monday.forget("m8")  # "The locker code is zebra-4471"
    with Memory.open(":memory:") as without:
        for day in DAYS:
            talk(without, day).add([one for one in said(day) if one.id != "monday-7"])
        for question in QUESTIONS:
            now = friday.search(question, 8, within="user")
            never = talk(without, "friday").search(question, 8, within="user")
            assert [hit.score for hit in now] == pytest.approx([hit.score for hit in never], abs=1e-4)
            assert "zebra" not in friday.recall(question, 300, within="user").text
    monday.undo(monday.journal()[-1].number)
    assert_same(memory, expected)


def test_a_database_that_is_opened_again_answers_alike(store: Open, target: str, expected: dict[str, Answer]) -> None:
    if target == ":memory:":
        pytest.skip("what was in RAM is gone")
    filled(store(), parts=4).close()
    assert_same(store(), expected)
