"""Notes of a kind, kept: found with everything else, counted, replaced, hidden, erased, on every backend."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tiermem import AsyncMemory, Memory
from tiermem.errors import InvalidMessage, UnknownReference
from tiermem.notes import Concept, Episode, Notes, PlainNote, Procedure
from tiermem.tools import memory_tools

Open = Callable[..., Memory]
DEPLOY = Procedure("deploy", ["run the tests", "push the tag"], preconditions=["CI is green"])
SHIP = Procedure("发布网关", ["运行测试", "推送标签"], preconditions=["构建成功"])
KEPT = [
    Episode("Launch of Kestrel", context="at night", feeling="relieved", when=datetime(2026, 3, 1, tzinfo=UTC)),
    Concept("Kestrel", "the rewrite of billing", related=["Atlas"]),
    DEPLOY,
    SHIP,
    PlainNote("Anna parks in cellar 14."),
]


def filled(memory: Memory, user: str = "anna") -> Notes:
    notes = memory.notes(user)
    for note in KEPT:
        notes.keep(note.text if isinstance(note, PlainNote) else note)
    return notes


def test_notes_are_there_for_their_user_alone_and_after_a_restart(store: Open, target: str) -> None:
    notes = filled(store())
    assert notes.all() == KEPT[::-1]
    assert notes.all("procedure") == [SHIP, DEPLOY]
    assert notes.get("procedure", " DEPLOY") == DEPLOY
    assert notes.get("episode", "launch of kestrel") == KEPT[0]
    assert notes.get("note", "Anna parks in cellar 14.") == KEPT[4]
    assert notes.get("concept", "deploy") is None
    assert store().notes("ben").all() == [] if target != ":memory:" else notes.memory.notes("ben").all() == []  # type: ignore[attr-defined]
    if target != ":memory:":
        assert store().notes("anna").all() == KEPT[::-1]
    assert all(found.ok for found in notes.memory.verify().values())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How do we deploy?", "1. run the tests"),
        ("怎么发布网关？", "1. 运行测试"),
        ("What is Kestrel?", "rewrite of billing"),
    ],
)
def test_notes_come_up_with_everything_else(store: Open, question: str, words: str) -> None:
    memory = store()
    notes, session = filled(memory), memory.session("s", "anna")
    session.add([{"role": "user", "content": question}])
    assert words in session.recall(question, 500, within="everything").text
    assert words in session.context(question, 900, within="notes").messages[-2].text
    assert words in memory_tools(session)["search_memory"].call(query=question)
    assert words.removeprefix("1. ") in str(notes.search(question, 2))
    assert words.removeprefix("1. ") in notes.text(300, question)


def test_the_same_name_takes_the_place_of_what_was_there(store: Open) -> None:
    memory = store()
    notes = filled(memory)
    notes.report("deploy", True)
    notes.keep(Procedure("Deploy", ["push the tag"]))
    now = notes.get("procedure", "deploy")
    assert isinstance(now, Procedure)
    assert (now.steps, now.outcomes.tried) == (("push the tag",), 0), "what was reported is of the former steps"
    assert len(notes.all("procedure")) == 2
    assert len(memory.knowledge("anna").chunks(DEPLOY.source)) == 1
    notes.keep(DEPLOY)
    again = notes.get("procedure", "deploy")
    assert again == DEPLOY, "the former one kept again"
    assert isinstance(again, Procedure)
    assert again.outcomes.worked == 1
    hide = next(one for one in reversed(memory.knowledge("anna").journal()) if one.kind == "hide")
    memory.knowledge("anna").undo(hide)
    assert len(notes.all("procedure")) == 2, "what an undo shows beside it is no second one"


def test_remember_and_keep_are_one_note(store: Open) -> None:
    memory = store()
    notes, tools = filled(memory), memory_tools(memory.session("s", "anna"))
    assert "already" in tools["remember"].call(note="Anna parks in cellar 14.")
    assert len(notes.all("note")) == 1


def test_a_procedure_that_fails_more_than_it_works_says_so_wherever_it_is_shown(store: Open) -> None:
    memory = store()
    notes, session = filled(memory), memory.session("s", "anna")
    standing = [
        notes.report("Deploy", ok, step="" if ok else "push the tag").outcomes.standing for ok in (True, False, False)
    ]
    assert standing == ["promising", "mixed", "failing"]
    for shown in (
        session.recall("How do we deploy?", 500, within="notes").text,
        memory_tools(session)["search_memory"].call(query="deploy"),
        notes.text(400, "deploy"),
    ):
        assert "Failed more often than it worked" in shown
        assert "Failed last at: push the tag" in shown
    notes.undo(notes.journal()[-1])
    assert "Works sometimes" in session.recall("How do we deploy?", 500, within="notes").text
    found = notes.get("procedure", "deploy")
    assert isinstance(found, Procedure)
    assert (found.outcomes.worked, found.outcomes.failed) == (1, 1)
    with pytest.raises(UnknownReference):
        notes.undo(99)
    with pytest.raises(UnknownReference, match="reported how a procedure went"):  # its words would go on saying so
        memory.facts("anna").undo(notes.journal()[0])
    with pytest.raises(UnknownReference):
        notes.report("never learned", True)
    for wrong in ({"worked": "yes"}, {"worked": True, "step": "push"}):
        with pytest.raises(InvalidMessage):
            notes.report("deploy", **wrong)  # type: ignore[arg-type]


def test_outcomes_write_a_procedure_anew_only_where_its_words_change(file: Path) -> None:
    with Memory.open(file) as memory:
        notes = filled(memory)
        for _ in range(12):
            notes.report("deploy", True)
        versions = [c for c in memory.knowledge("anna").journal() if c.kind == "hide"]
        found = notes.get("procedure", "deploy")
        assert isinstance(found, Procedure)
        assert (found.outcomes.worked, len(versions)) == (12, 2), "untried → promising → reliable"


def test_nothing_is_lost_where_many_report_and_somebody_changes_the_steps(file: Path) -> None:
    with Memory.open(file) as memory:
        filled(memory)

        def reports(number: int) -> None:
            with Memory.open(file) as mine:
                for _ in range(6):
                    mine.notes("anna").report("deploy", number % 2 == 0)

        threads = [threading.Thread(target=reports, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        memory.notes("anna").keep(Procedure("deploy", ["one new step"]))
        for thread in threads:
            thread.join()
        (shown,) = memory.knowledge("anna").chunks(DEPLOY.source)
        assert "one new step" in shown.text
        old, new = memory.notes("anna").keep(DEPLOY), memory.notes("anna").get("procedure", "deploy")
        assert old == new == DEPLOY
        memory.notes("anna").keep(Procedure("deploy", ["one new step"]))
        found = memory.notes("anna").report("deploy", False)
        assert isinstance(old, Procedure)
        assert old.outcomes.tried + found.outcomes.tried == 25
        assert found.steps == ("one new step",)


def test_what_is_removed_is_found_no_more_and_what_is_erased_is_gone(store: Open) -> None:
    memory = store()
    notes = filled(memory)
    notes.report("deploy", False, step="push the violet tag")
    (deploy, kestrel) = notes.get("procedure", "deploy"), notes.get("concept", "Kestrel")
    assert deploy is not None
    assert kestrel is not None
    taken = notes.remove(kestrel)
    assert notes.get("concept", "Kestrel") is None
    memory.knowledge("anna").undo(taken[0])
    assert notes.get("concept", "Kestrel") == kestrel
    receipt = notes.erase(deploy)
    assert memory.verify_erased(receipt).ok
    assert notes.get("procedure", "deploy") is None
    with pytest.raises(UnknownReference):
        notes.erase(deploy)
    notes.undo(notes.journal()[0])  # of what was erased, nothing is left to say
    again = notes.keep(DEPLOY)
    assert isinstance(again, Procedure)
    assert again.outcomes.tried == 0, "what was reported went with it"
    assert all(found.ok for found in memory.verify().values())
    with pytest.raises(InvalidMessage):
        notes.remove("deploy")  # type: ignore[arg-type]


def test_what_is_in_play_is_derived_of_the_newest_talk(store: Open) -> None:
    memory = store()
    memory.session("friday", "anna").add(
        [
            {"role": "user", "content": "Please look at docs/plan.md with Maja Lund before the meeting."},
            {"role": "assistant", "content": "I will. Does Zhang Wei come too?"},
            {"role": "user", "content": "也请看一下 config/网关.yaml，好吗？"},
        ]
    )
    found = memory.notes("anna").working("friday", 20)
    assert {("file", "docs/plan.md", "m1"), ("name", "Maja Lund", "m1"), ("name", "Zhang Wei", "m2")} <= {
        (one.kind, one.text, one.ref) for one in found
    }
    assert [int(one.ref[1:]) for one in found] == sorted((int(one.ref[1:]) for one in found), reverse=True)
    assert len(memory.notes("anna").working("friday")) <= 7
    assert memory.notes("anna").working("never") == []


def test_async_says_the_same(target: str) -> None:
    async def main() -> list[Any]:
        async with await AsyncMemory.open(target) as memory:
            notes = memory.notes("anna")
            for note in KEPT:
                await notes.keep(note)
            done = await notes.report("deploy", True)
            await memory.session("s", "anna").add([{"role": "user", "content": "Look at a/b.py"}])
            await notes.undo((await notes.journal())[0])
            found = await notes.get("procedure", "deploy")
            text, hits = await notes.text(200), await notes.search("deploy", 1)
            play = await notes.working("s")
            await notes.remove(KEPT[4])
            receipt = await notes.erase(DEPLOY)
            return [
                done.outcomes.worked,
                found.outcomes.tried,
                "deploy" in text,
                hits,
                play[0].text,
                receipt.removed,
                await notes.all(),
            ]  # type: ignore[union-attr]

    worked, tried, shown, hits, play, removed, left = asyncio.run(main())
    assert (worked, tried, shown, hits, play) == (1, 0, True, [DEPLOY], "a/b.py")
    assert removed
    assert left == [SHIP, KEPT[1], KEPT[0]]


@pytest.mark.parametrize(
    ("said", "name", "question"),
    [
        ("Anna moved to Rome in May.", "Anna", "Where did Anna move?"),
        ("The last deploy failed because the disk was full.", "deploy", "Why did the last deploy fail?"),
        ("安娜的生日是五月十二日。", "安娜", "安娜的生日是哪天？"),
        ("我的车停在火车站后面。", "车", "我的车停在哪里？"),
    ],
)
def test_a_name_in_a_question_about_something_else_lends_nothing(said: str, name: str, question: str) -> None:
    with Memory.open(":memory:") as memory:
        memory.notes("anna").keep(Concept(name, "somebody or something else, 另一件事"))
        session = memory.session("s", "anna")
        session.add(said)
        hits = session.search(question, within="everything")
        assert hits[0].message.text == said
        assert all("name" not in hit.why for hit in hits)
