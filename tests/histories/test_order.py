"""When something was said, and in which order: where a file has its rows otherwise, or says no time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Open
from tests.histories.shapes import FILES, every, one
from tiermem.histories import reading
from tiermem.histories.bringing import bring
from tiermem.histories.parts.conversation import Conversation, said
from tiermem.histories.parts.dating import dated
from tiermem.messages import Message

EARLY, LATE = datetime(2025, 1, 1, 10, tzinfo=UTC), datetime(2025, 1, 1, 11, tzinfo=UTC)


def copilot(*rows: str) -> str:
    return "\n".join(["Conversation,Time,Author,Message", *(f"P,2025-01-01T10:{row}" for row in rows)])


Q1, A1, Q2, A2 = "00:00,Human,q1", "00:05,AI,a1", "01:00,Human,q2", "01:05,AI,a2"
SAME = ("00:00,Human,q1", "00:00,AI,a1", "00:00,Human,q2", "00:00,AI,a2")


@pytest.mark.parametrize(
    "rows",
    [
        (A1, Q1, A2, Q2),
        (A2, Q2, A1, Q1),
        (A2, Q2, Q1, A1),
        (Q1, A1, A2, Q2),
        (Q2, A2, Q1, A1),
        SAME,
        SAME[::-1],
        (Q1, "00:00,AI,a1", "01:00,AI,a2", Q2),
        ("01:00,AI,a2", Q2, Q1, "00:00,AI,a1"),
    ],
)
def test_a_block_of_a_table_that_runs_otherwise_turns_no_other(rows: tuple[str, ...]) -> None:
    assert [message.text for message in one(copilot(*rows), "c.csv").path] == ["q1", "a1", "q2", "a2"]


def test_rows_of_one_time_stand_as_their_conversation_or_file_does() -> None:
    head = "conversation,sender,date,text\n"
    newest = "A,Ann,2025-01-01 10:02,c\nA,Bob,2025-01-01 10:01,b\nA,Ann,2025-01-01 10:01,a\n"
    still = "B,Bob,2025-01-01 10:00,e\nB,Ann,2025-01-01 10:00,d\n"
    texts = [[message.text for message in found.path] for found in every(head + newest + still, "t.csv")]
    assert texts == [["a", "b", "c"], ["d", "e"]]
    texts = [[message.text for message in found.path] for found in every(head + still, "t.csv")]
    assert texts == [["e", "d"]]
    untimed = "A,Ann,2025-01-01 10:02,c\nA,Bob,,b\nA,Ann,2025-01-01 10:01,a\n"
    found = one(head + untimed, "t.csv")
    assert [(message.text, message.created_at and message.created_at.minute) for message in found.path] == [
        ("a", 1), ("b", 1), ("c", 2),
    ]  # fmt: skip


def test_the_ids_of_rows_are_the_same_in_every_order() -> None:
    ids = [
        {message.id for message in one(copilot(*rows), "c.csv").path} for rows in ((A1, Q1, A2, Q2), (Q1, A1, Q2, A2))
    ]
    assert len(ids[0]) == 4
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("aider.md", datetime(2025, 1, 1, 10, tzinfo=UTC)),
        ("lmstudio.json", datetime(2024, 7, 3, 9, 46, 40, tzinfo=UTC)),
        ("oasst.jsonl", datetime(2023, 2, 5, 14, 23, 50, tzinfo=UTC)),
    ],
)
def test_an_answer_without_a_time_was_not_said_on_the_day_of_its_import(
    store: Open, name: str, expected: datetime
) -> None:
    (file,) = reading.read(FILES / name)
    (conversation,) = file.conversations
    assert (conversation.undated, conversation.lent) == (0, 1)
    memory = store()
    assert bring(memory, conversation).added == 2
    assert [message.when for message in memory.session(conversation.id).messages()] == [expected, expected]
    again = bring(memory, conversation)
    assert (again.added, again.known, again.differing) == (0, 2, 0)


def words(identity: str, when: datetime | None = None) -> Message:
    return said("user", identity, identity, when)


def history(*paths: tuple[Message, ...]) -> Conversation:
    return Conversation(id="s", source="test", path=paths[0], branches=paths[1:])


def times(found: Conversation) -> list[list[Any]]:
    return [[message.when for message in path] for path in (found.path, *found.branches)]


def test_a_time_is_lent_by_the_message_before_or_at_the_beginning_after() -> None:
    told = dated(history((words("a"), words("b", EARLY), words("c"), words("d", LATE), words("e"))))
    assert times(told) == [[EARLY, EARLY, EARLY, LATE, LATE]]
    assert [message.id for message in told.path] == ["a", "b", "c", "d", "e"]
    assert told.lent == 3


def test_a_message_of_several_paths_has_one_time() -> None:
    told = dated(history((words("a"), words("b", LATE)), (words("a"), words("x", EARLY)), (words("y"),)))
    assert times(told) == [[LATE, LATE], [LATE, EARLY], [LATE]]
    assert told.path[0] == told.branches[0][0]
    assert told.lent == 2


def test_where_nothing_has_a_time_nothing_is_lent() -> None:
    told = dated(history((words("a"), words("b"))))
    assert (told.lent, told.undated) == (0, 2)
    assert told == history((words("a"), words("b")))
