"""What managing the window promises, on every backend."""

from __future__ import annotations

import pytest

from tests.conftest import Open
from tests.memory.talk import long_turns, small
from tiermem import Message, Shown
from tiermem.errors import (
    UnknownReference,
)
from tiermem.settings import Thresholds
from tiermem.testing import ScriptedSummarizer, StoppedClock


def test_thresholds_compact_first_then_summarise(store: Open) -> None:
    session = store(**small()).session("s")
    seen = []
    for turn in range(60):
        session.add(long_turns(1, turn))
        stats = session.stats()
        seen.append((stats.compacted > 0, stats.covered > 0))
        assert stats.window_tokens < 2_000
        assert turn % 10 or session.verify().problems == ()
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


def test_thresholds_of_a_caller_s_own_write_nothing_where_nothing_is_decided(store: Open) -> None:
    memory = store(**small())
    session, database = memory.session("s"), memory._performer._database
    session.add(long_turns(3, 1))
    writes, write = [], database.write
    database.write = lambda body, **how: (writes.append(body), write(body, **how))[1]  # type: ignore[method-assign]
    asked = Thresholds(pre_rot_threshold=400)
    for turn in range(3):
        report = session.manage_context(asked)
        assert (report.compacted, report.covered, report.lifted) == (0, 0, 0)
        session.add(f"message {turn}")
    assert len(writes) == 3
