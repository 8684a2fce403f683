"""What a session promises, on every backend."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import Open
from tiermem import Memory, Message, Shown, ToolCall
from tiermem.errors import (
    BudgetTooSmall,
    Closed,
    IdConflict,
    InvalidMessage,
    InvalidNamespace,
    MissingNamespace,
    UnknownReference,
)
from tiermem.testing import ScriptedSummarizer, StoppedClock

HOSTILE = [
    "",
    "   \n\t",
    "lone \ud800 surrogate",
    "nul \x00 inside",
    "<|endoftext|><|im_start|>system",
    "'; DROP TABLE tiermem_message; --",
    "نص \u202e مقلوب 👩‍👩‍👧 e\u0301",
    "好的，数据库连接池从10改成50。" * 3,
    'NEAR("a" OR b*) AND (c:d) ^ "',
]


def long_turns(count: int, start: int = 0) -> list[Message]:
    turns: list[Message] = []
    for number in range(start, start + count):
        turns.append(Message(role="user", content=f"Question {number}: why does service{number} time out?"))
        text = (
            f"Service{number} waits for the pool. We decided to raise the pool of service{number} from 10 to {number}. "
        )
        turns.append(Message(role="assistant", content=text + "The log says nothing else of interest here. " * 6))
    return turns


def small(**more: object) -> dict[str, object]:
    return {"pre_rot_threshold": 2_000, "keep_recent_count": 4, **more}


def test_what_is_added_comes_back_equal_and_in_order(store: Open) -> None:
    session = store().session("s")
    sent = [
        Message(role="user", content="hello", name="Ann", state={"user_goal": "x", "n": [1, 2.5, None, True]}),
        Message(role="assistant", content=None, tool_calls=(ToolCall("c1", "run", {"q": "select 1"}),)),
        Message(role="tool", content=[{"type": "text", "text": "1 row"}], tool_call_id="c1", pinned=True),
        Message(role="developer", content="odd role", created_at=datetime(1970, 4, 11, tzinfo=UTC), raw={"lc": 1}),
    ]
    assert session.add(sent) == sent
    assert session.messages() == sent
    assert [one.sequence for one in session.messages()] == [1, 2, 3, 4]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_byte_for_byte(store: Open, text: str) -> None:
    session = store().session("s")
    sent = session.add([Message(role="user", content=text, id=text or "empty")])
    assert session.messages()[0].canonical == sent[0].canonical
    session.index()
    session.search(text)
    assert session.context(text or None).messages[-1].content == text
    assert session.verify().ok


def test_adding_twice_is_adding_once(store: Open) -> None:
    session = store().session("s")
    one = Message(role="user", content="once", id="a")
    first, second = session.add(one), session.add([one, Message(role="user", content="new", id="b"), one])
    assert [m.sequence for m in second] == [1, 2, 1]
    assert first == [one]
    assert len(session.messages()) == 2


def test_an_id_with_other_content_is_refused_and_nothing_of_the_batch_is_kept(store: Open) -> None:
    session = store().session("s")
    session.add(Message(role="user", content="one", id="a"))
    with pytest.raises(IdConflict):
        session.add([Message(role="user", content="new", id="n"), Message(role="user", content="two", id="a")])
    assert [m.content for m in session.messages()] == ["one"]
    assert session.verify().ok


def test_nothing_added_is_nothing_done(store: Open) -> None:
    session = store().session("s")
    assert session.add([]) == []
    assert session.stats().messages == 0
    assert session.messages() == [] == session.search("x") == session.restore()
    assert session.context("x").pieces == ()
    assert session.view().messages == ()
    session.clear()
    assert session.verify().ok


def test_no_session_sees_another(store: Open) -> None:
    memory = store()
    names = ["a", "ab", "a%", "a_", "A", "a b", "a.b", "'", "a\x00", "á", "a\u0301", "../../etc", "x" * 255]
    for owner in names:
        memory.session("s", owner).add(f"canary of {names.index(owner)}")
        memory.session(owner).add(f"session canary {names.index(owner)}")
    for number, owner in enumerate(names):
        assert [m.content for m in memory.session("s", owner).messages()] == [f"canary of {number}"]
        assert {h.message.content for h in memory.session("s", owner).search("canary")} == {f"canary of {number}"}
        assert [m.content for m in memory.session(owner).messages()] == [f"session canary {number}"]
    assert memory.session("s", ("tenant", "a")).messages() == []
    assert memory.sessions("ab") == ["s"]


@pytest.mark.parametrize("name", ["", "x" * 256, 5])
def test_a_name_that_names_nobody_is_refused(store: Open, name: object) -> None:
    memory = store()
    with pytest.raises(InvalidNamespace):
        memory.session(name)  # type: ignore[arg-type]
    with pytest.raises(InvalidNamespace):
        memory.session("s", name)  # type: ignore[arg-type]


def test_no_namespace_is_never_everybody(store: Open) -> None:
    memory = store()
    with pytest.raises(MissingNamespace):
        memory.session("s", None)  # type: ignore[arg-type]
    with pytest.raises(MissingNamespace):
        memory.session("s", ("t", None))  # type: ignore[arg-type]


def test_thresholds_compact_first_then_summarise(store: Open) -> None:
    session = store(**small()).session("s")
    seen = []
    for turn in range(60):
        session.add(long_turns(1, turn))
        stats = session.stats()
        seen.append((stats.compacted > 0, stats.covered > 0))
        assert stats.window_tokens < 2_000
        assert session.verify().problems == ()
    assert seen.index((True, False)) < [covered for _, covered in seen].index(True)
    assert session.stats().summaries >= 1


def test_the_recent_messages_stay_verbatim(store: Open) -> None:
    session = store(**small()).session("s")
    for turn in range(40):
        session.add(long_turns(1, turn))
        assert [m.content for m in session.view().messages[-4:]] == [m.content for m in session.messages()[-4:]]


def test_a_compacted_message_says_what_it_was_and_carries_the_original(store: Open) -> None:
    session = store(**small(summarization_trigger=1.0)).session("s")
    originals = session.add([Message(role="user", content="look " * 150, state={"user_goal": "g"}) for _ in range(12)])
    stubs = [m for m in session.view().messages if "__compaction__" in m.state]
    assert stubs
    for one in stubs:
        original = originals[one.sequence - 1]
        kept = one.state["__compaction__"]
        assert str(one.content).startswith("[COMPACTED: ")
        assert kept["original_content"] == original.content
        assert set(kept) == {"original_content", "tokens_saved", "compacted_at", "strategy"}
        assert 0 < kept["tokens_saved"] < original.tokens
        assert one.state["user_goal"] == "g"
        assert session.expand(f"m{one.sequence}").messages == (original,)


def test_restore_gives_everything_back_byte_for_byte(store: Open) -> None:
    session = store(**small()).session("s")
    sent = [m for turn in range(50) for m in session.add(long_turns(1, turn))]
    assert session.stats().covered > 0
    restored = session.restore()
    assert [m.canonical for m in restored] == [m.canonical for m in sent]
    assert list(session.view().messages) == sent
    assert session.stats().window_tokens == session.stats().tokens
    assert session.verify().ok


def test_one_message_can_be_restored_out_of_a_summary(store: Open) -> None:
    session = store(**small()).session("s")
    for turn in range(50):
        session.add(long_turns(1, turn))
    assert session.explain("m4").shown is Shown.COVERED
    assert session.restore("m4")[0].content == session.messages(4, 4)[0].content
    assert session.explain("m4").shown is Shown.VERBATIM
    assert session.messages(4, 4)[0] in session.view().messages
    assert session.verify().ok
    for turn in range(50, 60):
        session.add(long_turns(1, turn))
        assert session.verify().problems == ()


def test_every_decision_can_be_undone(store: Open) -> None:
    session = store(**small()).session("s")
    for turn in range(60):
        session.add(long_turns(1, turn))
    made = [d for d in session.journal() if d.kind != "undo"]
    assert {"compact", "cover"} <= {d.kind for d in made}
    for decision in reversed(made):
        session.undo(decision.number)
        assert session.verify().problems == ()
    assert list(session.view().messages) == session.messages()
    with pytest.raises(UnknownReference):
        session.undo(made[0].number)


def test_managing_again_without_news_changes_nothing(store: Open) -> None:
    session = store(**small()).session("s")
    session.add([m for turn in range(40) for m in long_turns(1, turn)])
    before = session.journal(), session.view()
    for _ in range(3):
        session.manage_context()
    assert (session.journal(), session.view()) == before


def test_management_waits_to_be_called_when_it_is_switched_off(store: Open) -> None:
    memory = store(**small(enable_context_management=False))
    session = memory.session("s")
    session.add([m for turn in range(80) for m in long_turns(1, turn)])
    assert session.journal() == []
    report = memory.manage_context("s")
    assert report.covered
    assert report.tokens_after < report.tokens_before
    assert session.verify().ok


def test_a_summary_opens_its_sources_at_every_level(store: Open) -> None:
    session = store(**small(pre_rot_threshold=1_500)).session("s")
    for turn in range(150):
        session.add(long_turns(1, turn))
    assert session.verify().problems == ()
    assert len(session.journal()) < 150
    live = session.view().summaries
    assert max(one.level for one in live) >= 2
    top = next(one for one in live if one.level >= 2)
    opened = session.expand(top.ref)
    assert [m.sequence for m in opened.messages] == list(range(top.first, top.last + 1))
    assert {one.number for one in opened.summaries[1:]} == set(top.children)
    assert all(top.first <= s <= top.last for sources in top.structure.sources.values() for s in sources)


def test_explain_says_the_decision_its_numbers_and_when(store: Open) -> None:
    clock = StoppedClock()
    session = store(**small(), clock=clock).session("s")
    session.add([m for turn in range(40) for m in long_turns(1, turn)])
    told = session.explain("m2")
    assert told.decision is not None
    assert told.decision.decided_at == clock.now
    assert "tokens" in str(told)
    assert session.explain(f"m{len(session.messages())}").decision is None
    for ref in ("m0", "m999", "s999", "nonsense", ""):
        with pytest.raises(UnknownReference):
            session.explain(ref)


def test_clear_hides_everything_and_undo_brings_it_back(store: Open) -> None:
    session = store(**small()).session("s")
    sent = session.add([*long_turns(20), Message(role="system", content="You are kind.")])
    session.clear()
    assert session.messages() == [] == session.search("service3 pool")
    assert session.view().messages == () == session.view().summaries
    assert session.context("service3 pool").pieces == ()
    session.add("a new start")
    assert [m.content for m in session.messages()] == ["a new start"]
    assert session.verify().ok
    session.undo(next(d.number for d in session.journal() if d.kind == "hide"))
    assert session.messages()[: len(sent)] == sent
    assert session.verify().ok


def test_system_prompts_and_pinned_messages_stay_for_ever(store: Open) -> None:
    session = store(**small()).session("s")
    kept = [
        Message(role="system", content="You are kind."),
        Message(role="user", content="My name is Ann.", pinned=True),
    ]
    session.add(kept)
    for turn in range(60):
        session.add(long_turns(1, turn))
    assert list(session.view().messages[:2]) == kept
    assert session.context("x", 600).messages[:2] == kept
    assert session.verify().ok


def test_the_archive_finds_what_left_the_window(store: Open) -> None:
    session = store(**small()).session("s")
    session.add("My locker code is zebra-4471, remember it.")
    session.add("我最喜欢的咖啡是燕麦拿铁。")
    for turn in range(60):
        session.add(long_turns(1, turn))
    assert session.search("locker code")[0].message.sequence == 1
    assert session.search("喜欢喝什么拿铁")[0].message.sequence == 2
    context = session.context("What was my locker code?", 700)
    assert "zebra-4471" in "\n".join(m.text for m in context.messages)
    assert any(line.startswith("L3 recalled") for line in context.trace)


def test_a_question_about_nothing_recalls_nothing(store: Open) -> None:
    session = store(**small()).session("s")
    for turn in range(60):
        session.add(long_turns(1, turn))
    assert session.search("xylophone quartet rehearsal") == []


@pytest.mark.parametrize("budget", [150, 400, 1_000, 5_000])
def test_a_context_stays_within_its_budget_by_the_callers_own_counter(store: Open, budget: int) -> None:
    session = store(**small()).session("s")
    for turn in range(40):
        session.add(long_turns(1, turn))
    for counter in (None, len, lambda text: 2 * len(text.split()), lambda text: text.split()):
        context = session.context("service7", budget if counter is not len else 6 * budget, counter=counter)
        assert context.tokens <= context.budget
        assert context.messages[-1].role == "assistant"


def test_a_message_larger_than_the_budget_is_shown_clipped_with_a_pointer_to_the_whole(store: Open) -> None:
    session = store().session("s")
    session.add("word " * 5_000 + "the end")
    context = session.context(budget=300)
    assert context.tokens <= 300
    assert context.pieces[-1].clipped
    assert "m1" in context.messages[-1].text
    assert context.messages[-1].text.endswith("the end")
    assert session.expand("m1").messages[0].text.count("word") == 5_000


def test_what_must_be_shown_and_does_not_fit_is_an_error_with_both_numbers(store: Open) -> None:
    session = store().session("s")
    session.add(Message(role="system", content="rule " * 400))
    session.add("hi")
    with pytest.raises(BudgetTooSmall) as caught:
        session.context(budget=100)
    assert caught.value.budget == 100 < caught.value.needed
    with pytest.raises(BudgetTooSmall):
        session.context(budget=0)
    with pytest.raises(BudgetTooSmall):
        store().session("t").context(budget=100, reserved=200)


def test_tool_pairs_are_whole_in_every_context(store: Open) -> None:
    session = store(**small()).session("s")
    for number in range(40):
        calls = tuple(ToolCall(f"c{number}-{i}", "run", {"n": i}) for i in range(number % 3 + 1))
        session.add(Message(role="user", content=f"run {number}"))
        session.add(Message(role="assistant", content="", tool_calls=calls))
        for call in reversed(calls):
            session.add(Message(role="tool", content=f"row {number} " * 30, tool_call_id=call.id, name="run"))
        for budget in (120, 300, 900):
            assert_paired(session.context("row 3", budget).messages)


def assert_paired(messages: list[Message]) -> None:
    waiting: set[str] = set()
    for position, message in enumerate(messages):
        if message.role == "tool":
            assert message.tool_call_id in waiting
            waiting.discard(message.tool_call_id or "")
            continue
        assert not waiting
        waiting = {call.id for call in message.tool_calls}
        assert position == len(messages) - 1 or not waiting or messages[position + 1].role == "tool"


def test_a_late_result_a_missing_one_and_an_orphan_still_give_a_valid_context(store: Open) -> None:
    session = store().session("s")
    session.add([
        Message(role="tool", content="orphan", tool_call_id="gone"),
        Message(role="assistant", content="", tool_calls=(ToolCall("a", "x"), ToolCall("b", "y"))),
        Message(role="user", content="hurry up"),
        Message(role="tool", content="late", tool_call_id="b"),
        Message(role="assistant", content="done"),
    ])  # fmt: skip
    messages = session.context().messages
    assert_paired(messages)
    assert [m.text for m in messages if m.role == "tool"] == ["[no result was recorded for this call]", "late"]
    assert "orphan" in messages[0].text
    assert messages[0].role == "user"


def test_a_bad_message_in_a_batch_refuses_the_batch(store: Open) -> None:
    session = store(max_message_bytes=1_000).session("s")
    with pytest.raises(InvalidMessage):
        session.add([Message(role="user", content="ok"), Message(role="user", content="x" * 2_000)])
    for bad in (float("nan"), b"x", (1,), {1: 2}, object()):
        with pytest.raises(InvalidMessage):
            session.add({"role": "user", "content": "x", "state": {"bad": bad}})
    with pytest.raises(InvalidMessage):
        session.add({"role": "user", "text": "no such field"})
    assert session.messages() == []


def test_the_order_is_the_order_of_adding_whatever_the_clock_does(store: Open) -> None:
    clock = StoppedClock()
    session = store(clock=clock).session("s")
    for number in range(20):
        session.add(f"number {number}")
        clock.tick(-3_600 if number % 2 else 86_400 * 400)
    assert [m.content for m in session.messages()] == [f"number {n}" for n in range(20)]


def test_a_closed_memory_says_so(store: Open) -> None:
    memory = store()
    session = memory.session("s")
    session.add("x")
    memory.close()
    with pytest.raises(Closed):
        session.add("y")
    with pytest.raises(Closed):
        session.messages()


def test_a_custom_compactor_decides_what_is_shown(store: Open) -> None:
    def compactor(message: Message) -> str | None:
        return "[COMPACTED: secret of mine]" if "secret" in message.text else None

    session = store(**small(summarization_trigger=1.0), compactor=compactor).session("s")
    session.add([Message(role="user", content="secret " * 200), *long_turns(24)])
    assert session.view().messages[0].content == "[COMPACTED: secret of mine]"
    assert session.view().messages[0].state["__compaction__"]["strategy"] == "custom"


def test_a_custom_summarizer_writes_the_summary_and_sees_every_original(store: Open) -> None:
    summarizer = ScriptedSummarizer({"user_goal": "find service3", "key_decisions": ["raise the pool of service3"]})
    session = store(**small(), summarizer=summarizer).session("s")
    for turn in range(60):
        session.add(long_turns(1, turn))
    summary = session.view().summaries[0]
    assert summary.structure.user_goal == "find service3"
    asked = [m.sequence for call in summarizer.asked for m in call]
    assert asked == sorted(set(asked))
    assert {m.sequence for m in session.messages()} >= set(asked)
    covered = session.stats().covered
    assert len(asked) == covered


def test_reopening_gives_the_same_view(file: object) -> None:
    with Memory.open(str(file), **small()) as memory:  # type: ignore[arg-type]
        for turn in range(40):
            memory.session("s").add(long_turns(1, turn))
        before = memory.session("s").view(), memory.session("s").context("service9", 800)
    with Memory.open(str(file), **small()) as memory:  # type: ignore[arg-type]
        assert (memory.session("s").view(), memory.session("s").context("service9", 800)) == before
        assert all(one.ok for one in memory.verify().values())
