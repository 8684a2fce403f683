"""What a user talks about, how they felt and how much, as lines: coarse, so that prompts stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.conversations.records import Interests, Mood
from tiermem.profiles.lines.talked import talked_about

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAID = (
    "I went running in the park today, it was wonderful.",
    "How do I bake sourdough bread?",
    "Running is great fun, I love running!",
    "I love the smell of sourdough!",
)


def talked(memory: Memory, sessions: int, said: tuple[str, ...] = SAID) -> None:
    for number in range(sessions):
        messages = [
            Message(role="user", content=text, created_at=START + timedelta(days=number, minutes=place))
            for place, text in enumerate(said)
        ]
        memory.session(f"s{number}", "anna").add(messages)


def test_interests_mood_and_conversations_are_lines_behind_the_facts(store: Open) -> None:
    memory = store()
    talked(memory, 6)
    memory.session("s0", "anna").add("I live in Oslo.")
    profile = memory.profile("anna")
    interests = profile.lines("interest")
    assert {"bread", "sourdough"} <= {line.value.lower() for line in interests}
    assert all(line.confirmed >= 2 and profile.expand(line.sources[0]).messages for line in interests)
    (mood,), (much,) = profile.lines("mood"), profile.lines("conversations")
    assert (mood.key, mood.text) == ("mood/2026-03", "mood in 2026-03: good")
    assert (much.text, much.value) == ("5+ conversations since 2026-03", "6")
    text = profile.text(300)
    assert [line.split(":")[0] for line in text.split("\n")[1:4:2]] == ["home", "talks about"]
    assert "bread" in profile.summary()
    assert profile.summary().endswith("5+ conversations since 2026-03.")


def test_months_that_felt_alike_are_one_line() -> None:
    felt = [("2026-01", 0.5), ("2026-02", 0.4), ("2026-03", 0.0), ("2026-04", 0.6)]
    moods = tuple(Mood(month=month, value=value, turns=4) for month, value in felt)

    def told(count: int) -> list[str]:
        found = Interests(topics=(), keywords=(), moods=moods[:count], conversations=1, turns=4, first=None, last=None)
        return [line.text for line in talked_about(found)]

    assert told(2) == ["mood in 2026-01 to 2026-02: good"]
    assert told(4) == ["mood in 2026-04: good", "mood in 2026-03: mixed", "mood in 2026-02: good"]


def test_one_more_turn_about_the_same_leaves_the_text_as_it_is(store: Open) -> None:
    memory = store()
    talked(memory, 6)
    profile = memory.profile("anna")
    first = profile.text(300)
    for text in SAID[:3]:
        memory.session("s5", "anna").add([Message(role="user", content=text, created_at=START + timedelta(days=6))])
        assert profile.text(300) == first


def test_what_is_hidden_or_forgotten_is_no_interest(store: Open) -> None:
    memory = store()
    talked(memory, 6)
    profile = memory.profile("anna")
    (bread,) = [line for line in profile.lines("interest") if line.value.lower() == "sourdough"]
    decision = profile.forget(bread)
    memory.session("s1", "anna").add("Sourdough again, and sourdough is fun.")
    assert bread.key not in {line.key for line in profile.lines()}
    profile.undo(decision)
    assert bread.key in {line.key for line in profile.lines()}
    for number in range(6):
        memory.session(f"s{number}", "anna").clear()
    assert profile.lines() == []


def test_chinese_talk_has_chinese_lines(store: Open) -> None:
    memory = store()
    talked(memory, 6, ("我今天去跑步了，很开心。", "跑步鞋坏了。", "明天还去跑步，太棒了！"))
    profile = memory.profile("anna")
    assert "跑步" in {line.value for line in profile.lines("interest")}
    assert "常聊: " in profile.text()
    assert [line.text for line in profile.lines("conversations")] == ["至少 5 次对话，自 2026-03"]
    assert all("的心情" in line.text for line in profile.lines("mood"))
