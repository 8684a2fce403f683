"""The profile of a user: what stands in it, where it is from, and that what was decided about it holds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from tests.conftest import Open
from tests.flows.indexing.test_analysers import version
from tiermem import AsyncMemory, Memory, Message
from tiermem.errors import InvalidMessage, MissingNamespace, UnknownReference
from tiermem.profiles.lines.line import COUNTED, ProfileLine

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def say(memory: Memory, session: str, *texts: str, user: str = "anna", role: str = "user", **more: Any) -> None:
    """*texts*, one a day."""
    messages = [
        Message(role=role, content=text, created_at=START + day * DAY, **more) for day, text in enumerate(texts)
    ]
    memory.session(session, user).add(messages)


def told(memory: Memory, user: str = "anna") -> list[ProfileLine]:
    """The lines that rest on messages; the others are counted."""
    return [line for line in memory.profile(user).lines() if line.section not in COUNTED]


def texts(memory: Memory, user: str = "anna") -> list[str]:
    return [line.text for line in told(memory, user)]


def test_lines_of_all_conversations_the_most_valuable_first_each_with_its_source(store: Open) -> None:
    memory = store()
    say(memory, "monday", "My name is Anna and I live in Oslo.", "I really like climbing.", "I'm allergic to peanuts.")
    say(memory, "friday", "My sister's name is Eva.", "I moved to Bergen.", "I'm a nurse.", "I don't drink coffee.")
    say(memory, "周一", "我对芒果过敏。", "我喜欢爬山。", "我妹妹叫小红。")
    profile = memory.profile("anna")
    assert texts(memory) == [
        "name: Anna",
        "home: Bergen (as of 2026-03)",
        "job: nurse (as of 2026-03)",
        "allergic to peanuts",
        "对芒果过敏",
        "does not drink coffee",
        "喜欢爬山",
        "likes climbing",
        "妹妹的名字: 小红",
        "sister's name: Eva",
    ]
    for line in told(memory):
        (ref,) = line.sources
        (message,) = profile.expand(ref).messages
        assert line.value in {"yes", "no"} or line.value in message.text
        assert memory.session("friday", "anna").expand(ref).messages == (message,)
    assert profile.summary() == (
        "Anna, nurse, lives in Bergen; allergic to peanuts, 对芒果过敏; "
        "does not drink coffee, 喜欢爬山, likes climbing."
    )
    assert [line.key for line in profile.lines("constraint")] == ["allergic to peanuts", "allergic to 芒果"]


def test_what_was_laid_down_for_good_stands_in_its_own_words_until_it_is_taken_back(store: Open) -> None:
    memory = store()
    say(memory, "a", "Always answer in English, please.", "My son is allergic to eggs.", "I prefer short answers.")
    say(memory, "b", "What a day.", "From now on, never use emojis.", "请叫我小安。", "Fix the build by Friday.")
    profile = memory.profile("anna")
    wishes = [line.text for line in profile.lines("wish")]
    assert wishes == [
        "请叫我小安。",
        "From now on, never use emojis.",
        "Always answer in English, please.",
        "I prefer short answers.",
    ]
    correction = profile.correct("Always answer in English, please.", "Answer in German.")
    profile.forget("请叫我小安。")
    memory.session("c", "anna").add("From now on, you can use emojis again.")
    assert [line.text for line in profile.lines("wish")] == ["Answer in German.", "I prefer short answers."]
    assert [line.text for line in profile.lines("person")] == ["son: allergic to eggs"]  # and not the sentence as well
    profile.undo(correction)
    assert [line.text for line in profile.lines("wish")] == wishes[2:]
    (hidden,) = memory.session("a", "anna").forget("m3")
    assert [line.text for line in profile.lines("wish")] == wishes[2:3]
    assert hidden.kind == "hide"


def test_what_is_said_again_is_one_line_with_several_sources(store: Open) -> None:
    memory = store()
    say(memory, "a", "I live in Oslo.", "Hello.", "I live in Oslo.")
    say(memory, "b", *["I live in Oslo."] * 9)
    (line,) = told(memory)
    assert (line.confirmed, len(line.sources), line.said_at) == (11, 5, START)
    first = memory.profile("anna").text()
    memory.session("c", "anna").add("I live in Oslo.")
    assert memory.profile("anna").text() == first  # the reference beside it is that of the first time
    assert memory.profile("anna").lines()[0].sources[:2] == ("a/m1", "c/m1")


def test_only_a_users_own_visible_words_make_lines(store: Open) -> None:
    memory = store()
    say(memory, "a", "I live in Oslo.", role="assistant")
    say(memory, "a", "I'm a nurse.", role="tool")
    say(memory, "a", "I'm a pilot.", name="Ben")
    say(memory, "b", "I'm allergic to nuts.")
    say(memory, "a", "I live in Lima.", user="ben")
    assert texts(memory) == ["allergic to nuts"]
    (decision,) = memory.session("b", "anna").forget("m1")
    assert texts(memory) == []
    memory.session("b", "anna").undo(decision)
    assert texts(memory) == ["allergic to nuts"]
    memory.session("b", "anna").clear()
    assert (texts(memory), memory.profile("anna").text(), memory.profile("anna").summary()) == ([], "", "")
    assert texts(memory, "ben") == ["home: Lima (as of 2026-03)"]


def test_what_was_forgotten_stays_away_and_another_value_shows(store: Open) -> None:
    memory = store()
    say(memory, "a", "I live in Berlin.")
    profile = memory.profile("anna")
    decision = profile.forget("home")
    say(memory, "b", "I live in Berlin.")
    assert told(memory) == []
    say(memory, "c", "I moved to Rome.")
    assert [line.value for line in told(memory)] == ["Rome"]
    profile.forget("home")
    assert told(memory) == []
    profile.undo(decision)
    assert told(memory) == []  # Rome is still forgotten


def test_an_order_beside_an_allergy_is_kept_and_an_example_is_no_line(store: Open) -> None:
    memory = store()
    say(memory, "a", "I'm allergic to peanuts, never suggest nuts.", "Example: I'm allergic to cats.")
    say(
        memory,
        "b",
        "Hi, I'm Anna and I love maps.",
        "Hello, I'm German.",
        "我对猫过敏，别推荐猫咖。",
        "例如：我对虾过敏。",
    )
    assert {line.value for line in told(memory)} >= {
        "Anna",
        "I'm allergic to peanuts, never suggest nuts.",
        "我对猫过敏，别推荐猫咖。",
    }
    assert not any("cats" in line or "German" in line or "虾" in line for line in texts(memory))


def decided(memory: Memory) -> list[ProfileLine]:
    """Lines of which one was corrected, one forgotten, one pinned and one written by hand."""
    say(memory, "a", "I live in Oslo.", "I'm a nurse.", "I'm allergic to nuts.", "I speak Spanish.", "My dog is Rex.")
    profile = memory.profile("anna")
    profile.correct("home", "Bergen")
    profile.forget("job", reason="asked to")
    profile.pin("allergic to nuts")
    profile.pin("Prefers short answers.")
    return told(memory)


@pytest.fixture(params=["file", "postgres"])
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that can be opened again."""
    return str(tmp_path / "memory.db") if request.param == "file" else str(request.getfixturevalue("opened_url"))


def test_what_was_decided_holds_after_a_reindex_and_gives_way_to_what_is_said_later(lasting: str) -> None:
    with Memory.open(lasting) as memory:
        lines = decided(memory)
        memory.session("a", "anna").index()
    assert [line.text for line in lines[:4]] == [
        "Prefers short answers.",
        "allergic to nuts",
        f"home: Bergen (as of {lines[2].said_at:%Y-%m})",
        "speaks Spanish",
    ]
    with version(9999), Memory.open(lasting) as memory:  # its index is emptied, and derived again
        assert told(memory) == lines
        memory.session("a", "anna").index()
        say(memory, "b", "I'm a nurse.", "I live in Oslo.")  # said before the correction
        assert told(memory) == lines
        memory.session("c", "anna").add("I moved to Lima. I'm a nurse.")
        assert [line.value for line in memory.profile("anna").lines("identity")] == ["Lima"]
        assert all(proved.ok for proved in memory.verify().values())
    with version(9999), Memory.open(lasting, read_only=True) as memory:
        assert [line.value for line in memory.profile("anna").lines("identity")] == ["Lima"]


def test_each_decision_is_in_the_journal_and_undone(store: Open) -> None:
    memory = store()
    decided(memory)
    profile = memory.profile("anna")
    journal = profile.journal()
    assert [(one.kind, one.reason) for one in journal] == [
        ("state", "corrected"),
        ("forget", "asked to"),
        ("pin", "pinned"),
        ("pin", "pinned"),
    ]
    assert memory.facts("anna").journal() == journal
    assert [fact.value for fact in memory.facts("anna").current("user", "home")] == ["Bergen"]
    for decision in journal:
        profile.undo(decision)
    assert [line.text for line in profile.lines()][:3] == [
        "home: Oslo (as of 2026-03)",
        "job: nurse (as of 2026-03)",
        "allergic to nuts",
    ]
    assert not any(line.pinned for line in profile.lines())
    with pytest.raises(UnknownReference):
        profile.undo(journal[0])


def test_a_line_is_named_by_itself_its_key_or_its_text_and_a_wrong_one_is_told_its_neighbour(store: Open) -> None:
    memory = store()
    say(memory, "a", "I live in Oslo.", "I don't smoke.")
    profile = memory.profile("anna")
    profile.correct(profile.lines()[0], "Rome")
    profile.correct(f"home: Rome (as of {profile.lines()[0].said_at:%Y-%m})", "Lima")
    profile.correct("smoke", True)
    assert [line.value for line in profile.lines()] == ["Lima", "yes"]
    with pytest.raises(UnknownReference, match="'home'"):
        profile.forget("hom")
    for wrong in (("smoke", "Camel"), ("home", True), ("home", ""), ("home", 3)):
        with pytest.raises(InvalidMessage):
            profile.correct(*wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidMessage):
        profile.pin("x" * 301)
    with pytest.raises(InvalidMessage):
        profile.forget(3)  # type: ignore[arg-type]
    with pytest.raises(InvalidMessage):
        profile.text(-1)
    with pytest.raises(InvalidMessage):
        profile.lines("sections")  # type: ignore[arg-type]


def test_of_several_that_hold_beside_each_other_one_is_corrected(store: Open) -> None:
    memory = store()
    say(memory, "a", "I have a dog named Rex and a dog named Max.", "My dog's name is Max.", "My dog is called Bo.")
    profile = memory.profile("anna")
    names = [line.value for line in profile.lines("person")]
    assert len(names) > 1
    profile.correct(next(line for line in profile.lines("person") if line.value == "Max"), "Moritz")
    assert sorted(line.value for line in profile.lines("person")) == sorted({*names, "Moritz"} - {"Max"})


def test_a_text_written_by_hand_is_corrected_and_forgotten_too(store: Open) -> None:
    profile = store().profile("anna")
    profile.pin("Likes tea.")
    profile.pin("Likes tea.")
    (line,) = profile.lines()
    assert profile.expand(line.sources[0]).messages[0].text == "pin · Likes tea."
    correction = profile.correct(line, "Likes green tea.")
    assert [one.text for one in profile.lines()] == ["Likes green tea."]
    with pytest.raises(InvalidMessage):
        profile.correct(line, value=True)
    profile.undo(correction)
    profile.forget("Likes tea.")
    assert profile.lines() == []
    profile.pin("Likes tea.")
    assert [one.text for one in profile.lines()] == ["Likes tea."]


class Traveller(BaseModel):
    """What somebody wants to know."""

    name: str | None = None
    age: int | None = None
    town: str | None = Field(None, alias="home")
    smoke: bool | None = None
    allergic_to: list[str] = []
    budget: float


def test_a_model_is_filled_from_lines_and_left_empty_where_nothing_was_said(store: Open) -> None:
    memory = store()
    say(memory, "a", "My name is Anna.", "I'm allergic to nuts.", "I'm allergic to eggs.", "I don't smoke.")
    with pytest.raises(InvalidMessage, match="budget"):
        memory.profile("anna").fill(Traveller)

    class Planner(Traveller):
        budget: float | None  # type: ignore[assignment]

    filled = memory.profile("anna").fill(Planner)
    assert (filled.name, filled.age, filled.town, filled.smoke, filled.budget) == ("Anna", None, None, False, None)
    assert sorted(filled.allergic_to) == ["eggs", "nuts"]
    memory.profile("anna").pin("age")  # a text: there is no such line
    memory.facts("anna").state("age", "old enough")  # no number
    assert memory.profile("anna").fill(Planner).age is None
    with pytest.raises(InvalidMessage):
        memory.profile("anna").fill(dict)  # type: ignore[type-var]


class Town(BaseModel):
    """What is always known, or empty."""

    home: str | None = None


def test_nobody_has_no_profile(store: Open) -> None:
    memory = store()
    with pytest.raises(MissingNamespace):
        memory.profile("default")
    with pytest.raises(MissingNamespace):
        memory.session("s").context("?", profile=100)
    assert memory.profile("anna").lines() == []


def test_async_has_the_same(tmp_path: Path) -> None:
    async def run() -> list[Any]:
        async with await AsyncMemory.open(tmp_path / "a.db") as memory:
            await memory.session("a", "anna").add("I live in Oslo. I'm a nurse.")
            profile = memory.profile("anna")
            await profile.correct("home", "Lima")
            made = await profile.pin("Tall.")
            await profile.forget("job")
            lines = await profile.lines()
            shown = [await profile.text(), await profile.summary(), await profile.expand("f1"), await profile.journal()]
            context = await memory.session("a", "anna").context(profile=100)
            await profile.undo(made)
            filled = await profile.fill(Town)
            return [lines, *shown, context.pieces[0].message.text, filled.home, repr(profile)]

    lines, text, summary, original, journal, first, home, name = asyncio.run(run())
    with Memory.open(tmp_path / "a.db") as memory:
        profile = memory.profile("anna")
        assert profile.as_async().scope == profile.scope
        assert [one.kind for one in profile.journal()] == [*(one.kind for one in journal), "undo"]
        assert (repr(profile), name) == ("<Profile of 'anna'>", "<AsyncProfile of 'anna'>")
        profile.pin("Tall.")
        assert [line.text for line in profile.lines()] == [line.text for line in lines]
        assert (profile.summary(), original.messages[0].text) == (summary, "user · home: Lima")
    assert (first, home) == (text, "Lima")
