"""Turns and conversations of a user over all sessions: newest first, whether indexed or waiting, on every backend."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.errors import InvalidMessage, MissingNamespace

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
MONDAY = [
    ("user", "I started guitar lessons. My guitar teacher is great."),
    ("assistant", "Guitar lessons are a good start."),
    ("user", "The guitar lessons cost 40 dollars."),
    ("assistant", "That is a fair price."),
]
FRIDAY = [
    ("user", "我们去博物馆看了展览，我很开心，真的很棒！"),
    ("assistant", "博物馆的展览怎么样？"),
    ("user", "博物馆的展览很精彩。"),
    ("tool", "noted"),
    ("assistant", "太好了。"),
]


def say(memory: Memory, session: str, said: list[tuple[str, str]], start: datetime, user: str = "anna") -> None:
    """*said*, one an hour."""
    messages = [Message(role=role, content=text, created_at=start + n * HOUR) for n, (role, text) in enumerate(said)]
    memory.session(session, user).add(messages)


@pytest.fixture(params=["waiting", "indexed", "half"])
def filled(store: Open, request: pytest.FixtureRequest) -> Memory:
    """Two conversations of Anna and one of Ben, which wait for the index, or are indexed."""
    memory = store()
    say(memory, "monday", MONDAY, START)
    say(memory, "friday", FRIDAY, START + 4 * DAY)
    say(memory, "monday", [("user", "My guitar broke.")], START + 2 * DAY, "ben")
    names = {"waiting": [], "indexed": ["monday", "friday"], "half": ["friday"]}[request.param]
    for name in names:
        memory.session(name, "anna").index()
    if request.param == "half":
        memory.session("friday", "anna").add(Message(role="user", content="Bye.", created_at=START + 5 * DAY))
        memory.session("friday", "anna").forget("m6")
    return memory


def told(memory: Memory, **wish: Any) -> list[str]:
    return [turn.ref for turn in memory.turns("anna", **wish)]


def test_turns_are_newest_first_over_all_conversations(filled: Memory) -> None:
    turns = filled.turns("anna")
    assert [turn.ref for turn in turns] == ["friday/m3", "friday/m1", "monday/m3", "monday/m1"]
    newest = turns[0]
    assert (newest.session, newest.question, newest.answer) == ("friday", "博物馆的展览很精彩。", "太好了。")
    assert newest.refs[:3] == ("friday/m3", "friday/m4", "friday/m5")
    assert newest.when == START + 4 * DAY + 2 * HOUR
    assert (newest.topic, newest.keywords) == ("博物馆 展览", ("博物馆", "展览", "精彩"))
    assert (newest.sentiment, turns[1].sentiment) == (0.61, 0.84)
    lessons = turns[2]
    assert (lessons.topic, lessons.sentiment, lessons.keywords[:2]) == ("guitar lessons", None, ("guitar", "lessons"))
    assert lessons.importance > 0
    session = filled.session("another", "anna")
    assert [session.expand(ref).messages[0].sequence for ref in newest.refs[:3]] == [3, 4, 5]


def test_turns_are_chosen_by_words_and_time(filled: Memory) -> None:
    assert told(filled, topic="guitar lesson") == ["monday/m3", "monday/m1"]
    assert told(filled, topic="博物馆") == ["friday/m3", "friday/m1"]
    assert told(filled, topic="violin") == []
    assert told(filled, limit=1) == ["friday/m3"]
    assert told(filled, limit=0) == []
    assert told(filled, since=date(2026, 1, 2)) == ["friday/m3", "friday/m1"]
    assert told(filled, until=date(2026, 1, 1)) == ["monday/m3", "monday/m1"]
    assert told(filled, since=START + HOUR, until=START + 4 * DAY) == ["friday/m1", "monday/m3"]


def test_pages_follow_each_other(filled: Memory) -> None:
    found: list[str] = []
    before = None
    while page := filled.turns("anna", limit=1, before=before):
        found.append(page[0].ref)
        before = page[0].when
    assert found == ["friday/m3", "friday/m1", "monday/m3", "monday/m1"]


def test_conversations_are_newest_first_with_what_they_are_about(filled: Memory) -> None:
    friday, monday = filled.conversations("anna")
    assert (friday.session, friday.topic, friday.keywords[:2]) == ("friday", "博物馆 展览", ("博物馆", "展览"))
    assert (friday.first, friday.last, friday.turns) == (START + 4 * DAY, START + 4 * DAY + 2 * HOUR, 2)
    assert (monday.session, monday.topic, monday.messages, monday.turns) == ("monday", "guitar lessons", 4, 2)
    assert monday.mood is None
    assert [one.session for one in filled.conversations("anna", "guitar")] == ["monday"]
    assert [one.session for one in filled.conversations("anna", since=date(2026, 1, 2))] == ["friday"]
    assert [one.session for one in filled.conversations("anna", until=date(2026, 1, 2))] == ["monday"]
    assert [one.session for one in filled.conversations("anna", limit=1)] == ["friday"]


def test_a_session_has_keywords_and_a_topic(filled: Memory) -> None:
    session = filled.session("monday", "anna")
    assert session.topic() == "guitar lessons"
    assert session.keywords(2) == ["guitar", "lessons"]
    assert filled.session("nothing", "anna").keywords() == []
    assert filled.session("nothing", "anna").topic() is None


def test_what_is_hidden_lends_nothing(filled: Memory) -> None:
    session = filled.session("friday", "anna")
    (hidden,) = session.forget("m3")
    assert told(filled) == ["friday/m1", "monday/m3", "monday/m1"]
    assert filled.turns("anna")[0].topic == "博物馆 展览"  # in the assistant's words too
    filled.session("monday", "anna").clear()
    assert told(filled, topic="guitar") == []
    assert [one.session for one in filled.conversations("anna")] == ["friday"]
    session.undo(hidden)
    assert told(filled) == ["friday/m3", "friday/m1"]
    assert all(proof.ok for proof in filled.verify().values())


def test_nobody_sees_another_users_turns(filled: Memory) -> None:
    assert [turn.question for turn in filled.turns("ben")] == ["My guitar broke."]
    assert [one.session for one in filled.conversations("ben")] == ["monday"]
    for namespace in ("an", ("anna", "anna"), "Anna"):
        assert filled.turns(namespace) == filled.conversations(namespace) == []
        assert filled.interests(namespace).turns == 0
    for verb in (filled.turns, filled.conversations, filled.interests):
        with pytest.raises(MissingNamespace):
            verb("default")


def test_without_a_namespace_a_session_stands_for_itself(store: Open) -> None:
    memory = store()
    memory.session("a").add(["guitar lessons", "guitar lessons again"])
    assert memory.session("a").topic() == "guitar lessons"


@pytest.mark.parametrize(
    "wish", [{"limit": -1}, {"limit": True}, {"topic": "the"}, {"topic": 3}, {"since": "monday"}, {"before": "m3"}]
)
def test_what_is_no_wish_is_refused(store: Open, wish: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        store().turns("anna", **wish)
    with pytest.raises(InvalidMessage):
        store().session("s", "anna").keywords("five")  # type: ignore[arg-type]


def test_clocks_of_several_zones_are_one_time(store: Open) -> None:
    memory = store()
    east = timezone(timedelta(hours=8))
    memory.session("east", "anna").add(Message(role="user", content="east", created_at=START.astimezone(east)))
    memory.session("utc", "anna").add(Message(role="user", content="utc", created_at=START + HOUR))
    for _ in range(2):
        assert [turn.question for turn in memory.turns("anna")] == ["utc", "east"]
        assert memory.turns("anna", limit=1, before=START + HOUR)[0].question == "east"
        assert memory.conversations("anna", timezone="Asia/Shanghai")[1].last == START
        memory.session("east", "anna").index()
        memory.session("utc", "anna").index()


def test_sync_and_async_give_the_same(store: Open) -> None:
    memory = store()
    say(memory, "monday", MONDAY, START)

    async def asked() -> list[Any]:
        from tiermem import AsyncMemory

        other = AsyncMemory(*memory.wiring)
        session = memory.session("monday", "anna").as_async()
        return [
            await other.turns("anna"),
            await other.conversations("anna"),
            await other.interests("anna"),
            await session.keywords(),
            await session.topic(),
        ]

    session = memory.session("monday", "anna")
    assert asyncio.run(asked()) == [
        memory.turns("anna"),
        memory.conversations("anna"),
        memory.interests("anna"),
        session.keywords(),
        session.topic(),
    ]
