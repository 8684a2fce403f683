"""TieredChatMessageHistory as LangChain's chat message history: exact, durable, managed, shared."""

import copy
import os
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from langchain_core.chat_history import InMemoryChatMessageHistory
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    messages_to_dict,
)

from langchain_tiered_memory import TieredChatMessageHistory
from tiermem import Memory
from tiermem.errors import InvalidMessage, InvalidSettings, StorageError, StorageFull

CALL = {"name": "query", "args": {"sql": "select 1"}, "id": "c1", "type": "tool_call"}
TURN: list[BaseMessage] = [
    HumanMessage("how many?", id="h"),
    AIMessage("", tool_calls=[CALL], usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
    ToolMessage("12 rows", tool_call_id="c1", artifact={"rows": 12}),
    AIMessage([{"type": "text", "text": "twelve"}], id="lc_run--1"),
]


def history(tmp_path: Path, session_id: str = "s", **options: Any) -> TieredChatMessageHistory:
    return TieredChatMessageHistory(session_id, path=tmp_path / "chat.db", **options)


def test_messages_come_back_equal_after_a_restart(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "chat.db") as memory:
        TieredChatMessageHistory("s", memory=memory).add_messages(TURN)
    with Memory.open(tmp_path / "chat.db") as memory:
        again = TieredChatMessageHistory("s", memory=memory)
        assert again.messages == TURN
        assert messages_to_dict(again.originals()) == messages_to_dict(TURN)


async def test_the_async_verbs_do_what_the_sync_ones_do(tmp_path: Path) -> None:
    one = history(tmp_path)
    await one.aadd_messages(TURN)
    assert await one.aget_messages() == one.messages == await one.aoriginals() == TURN
    await one.aclear()
    assert await one.aget_messages() == one.messages == []


def test_convenience_verbs_and_text(tmp_path: Path) -> None:
    one = history(tmp_path)
    one.add_user_message("hi")
    one.add_ai_message("hello")
    one.add_message(SystemMessage("note"))
    assert str(one) == "Human: hi\nAI: hello\nSystem: note"


def test_the_callers_objects_are_left_alone(tmp_path: Path) -> None:
    mine = copy.deepcopy(TURN)
    one = history(tmp_path)
    one.add_messages(mine)
    assert mine == TURN
    one.messages[0].content = "changed"
    assert one.messages == TURN


def test_objects_of_one_session_see_each_other_at_once(tmp_path: Path) -> None:
    first, second = history(tmp_path), history(tmp_path)
    assert first.messages == []
    second.add_user_message("hi")
    assert first.messages == [HumanMessage("hi")]
    assert history(tmp_path, "other").messages == []
    assert history(tmp_path, namespace="somebody else").messages == []


def test_histories_compare_by_content_with_any_history(tmp_path: Path) -> None:
    one, stock = history(tmp_path), InMemoryChatMessageHistory(messages=list(TURN))
    assert one != stock
    one.add_messages(TURN)
    assert one == stock
    assert stock == one
    assert one != "text"


def test_setting_a_longer_list_adds_only_the_tail(tmp_path: Path) -> None:
    one = history(tmp_path)
    one.add_messages(TURN)
    one.messages = [*one.messages, HumanMessage("more")]
    assert one.messages == [*TURN, HumanMessage("more")]
    assert len(one.originals()) == 5


def test_setting_another_list_replaces_and_keeps_the_old_ones_restorable(tmp_path: Path) -> None:
    one = history(tmp_path)
    one.add_messages(TURN)
    one.messages = [HumanMessage("how many?", id="h"), AIMessage("fresh")]
    assert one.messages == [HumanMessage("how many?", id="h"), AIMessage("fresh")]
    hide = next(decision for decision in one.session.journal() if decision.kind == "hide")
    one.session.undo(hide.number)
    assert [m.content for m in one.originals()][:4] == [m.content for m in TURN]


def test_what_is_said_again_after_a_clear_is_seen_again_once(tmp_path: Path) -> None:
    one = history(tmp_path)
    for _ in range(3):
        one.add_messages(TURN)
        one.add_messages(TURN[:1])
        assert one.messages == TURN
        one.clear()
        assert one.messages == []


def test_a_redelivered_message_is_stored_once_and_a_changed_one_beside_it(tmp_path: Path) -> None:
    one = history(tmp_path)
    one.add_messages([HumanMessage("q", id="1"), AIMessage("draft", id="2")])
    one.add_messages([HumanMessage("q", id="1"), AIMessage("draft", id="2")])
    assert one.messages == [HumanMessage("q", id="1"), AIMessage("draft", id="2")]
    for _ in range(3):
        one.add_messages([HumanMessage("q", id="1"), AIMessage("final", id="2"), AIMessage("more", id="2")])
    assert one.messages[2:] == [AIMessage("final", id="2"), AIMessage("more", id="2")]
    assert one.session.verify().ok


def test_what_is_no_message_of_langchains_stores_nothing_and_says_what(tmp_path: Path) -> None:
    one = history(tmp_path)
    with pytest.raises(InvalidMessage, match="name must be text"):
        one.add_messages([HumanMessage("fine"), HumanMessage.model_construct(content="bad", name=5)])
    assert one.messages == []
    assert isinstance(one.last_error, InvalidMessage)
    one.add_user_message("next")
    assert one.last_error is None


def test_a_long_history_is_shown_within_the_thresholds_and_kept_whole(tmp_path: Path) -> None:
    one = history(tmp_path, pre_rot_threshold=2000, keep_recent_count=4)
    given: list[BaseMessage] = [SystemMessage("You are a database expert.")]
    for i in range(60):
        call = {"name": "explain", "args": {"query": f"q{i}"}, "id": f"c{i}", "type": "tool_call"}
        given += [
            HumanMessage(f"Why is query {i} slow? We decided to raise the pool to {i}. " + "The plan is odd. " * 8),
            AIMessage("", tool_calls=[call]),
            ToolMessage(f"Seq Scan on orders_{i} cost={i}.00 rows=10000\n" * 12, tool_call_id=f"c{i}"),
            AIMessage(f"Query {i} scans the table orders_{i}; an index helps."),
        ]
    for i in range(0, len(given), 5):
        one.add_messages(given[i : i + 5])
    shown = one.messages
    stats = one.session.stats()
    assert stats.window_tokens <= 2000
    assert stats.summaries > 0
    assert shown[0] == given[0]
    assert isinstance(shown[1], HumanMessage)
    assert 'least-trusted="tools or others"' in shown[1].text
    assert shown[1].additional_kwargs == {"lc_source": "summarization"}
    assert not any(isinstance(message, SystemMessage) for message in shown[1:])
    assert shown[-4:] == given[-4:]
    asked = {call["id"] for m in shown if isinstance(m, AIMessage) for call in m.tool_calls}
    assert asked == {m.tool_call_id for m in shown if isinstance(m, ToolMessage)}
    assert messages_to_dict(one.originals()) == messages_to_dict(given)


def test_a_stub_is_a_message_of_the_same_class_and_call(tmp_path: Path) -> None:
    one = history(tmp_path, pre_rot_threshold=3000, keep_recent_count=2)
    call = {"name": "read", "args": {}, "id": "c", "type": "tool_call"}
    output = ToolMessage("line of a log file with error 500\n" * 200, tool_call_id="c", id="t")
    one.add_messages([HumanMessage("read it"), AIMessage("", tool_calls=[call]), output, AIMessage("it has errors")])
    one.add_messages([HumanMessage("word " * 900), AIMessage("ok")])
    stub = next(message for message in one.messages if isinstance(message, ToolMessage))
    assert stub.text.startswith("[COMPACTED:")
    assert stub.tool_call_id == "c"
    assert next(m for m in one.originals() if isinstance(m, ToolMessage)) == output


def test_arguments_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="pre_rot_treshold"):
        history(tmp_path, pre_rot_treshold=1)
    with Memory.open(tmp_path / "chat.db") as memory, pytest.raises(InvalidSettings, match="memory="):
        TieredChatMessageHistory("s", memory=memory, path="x.db")
    with pytest.raises(ValueError, match="session"):
        history(tmp_path, "")


def test_objects_on_one_file_share_one_open_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = history(tmp_path), history(tmp_path, "other")
    assert one.memory is two.memory
    monkeypatch.chdir(tmp_path)
    assert TieredChatMessageHistory("s", path="chat.db").memory is one.memory
    assert history(tmp_path, keep_recent_count=3).memory is not one.memory
    kept = one.memory
    del one, two
    assert history(tmp_path).memory is kept


def test_a_memory_of_its_own_for_every_history_in_memory() -> None:
    one, two = (TieredChatMessageHistory("s", path=":memory:") for _ in range(2))
    one.add_user_message("hi")
    assert two.messages == []
    assert one.session_factory("s").messages == [HumanMessage("hi")]


def test_many_databases_do_not_stay_open(tmp_path: Path) -> None:
    from langchain_tiered_memory.memories import MAX_HELD, _shelf

    for number in range(MAX_HELD + 4):
        TieredChatMessageHistory("s", path=tmp_path / f"{number}.db").add_user_message(f"hi {number}")
    assert len(_shelf.held) <= MAX_HELD
    kept = TieredChatMessageHistory("s", path=tmp_path / "0.db")
    for number in range(1, MAX_HELD + 4):
        assert TieredChatMessageHistory("s", path=tmp_path / f"{number}.db").messages == [HumanMessage(f"hi {number}")]
    assert kept.messages == [HumanMessage("hi 0")]


def test_a_deleted_database_starts_afresh_for_new_histories(tmp_path: Path) -> None:
    old = history(tmp_path)
    old.add_user_message("hi")
    for file in tmp_path.iterdir():
        file.unlink()
    new = history(tmp_path)
    assert new.messages == []
    new.add_user_message("again")
    assert new.messages == [HumanMessage("again")]


def test_pickle_and_copies_open_the_same_session(tmp_path: Path) -> None:
    one = history(tmp_path, namespace=("acme", "anna"), keep_recent_count=3)
    one.add_messages(TURN)
    for twin in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert twin == one
        assert twin.session.scope == one.session.scope
        assert twin.memory.settings.keep_recent_count == 3
    with Memory.open(tmp_path / "other.db") as memory, pytest.raises(TypeError, match="path="):
        pickle.dumps(TieredChatMessageHistory("s", memory=memory))


def test_repr_shows_no_word_that_was_said(tmp_path: Path) -> None:
    one = history(tmp_path)
    one.add_user_message("secret")
    assert repr(one) == "TieredChatMessageHistory(session_id='s', namespace='default')"


def test_sixteen_threads_lose_nothing(tmp_path: Path) -> None:
    def say(number: int) -> None:
        mine = history(tmp_path)
        for turn in range(5):
            mine.add_messages([HumanMessage(f"{number}.{turn}?"), AIMessage(f"{number}.{turn}!")])

    threads = [threading.Thread(target=say, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = [str(message.content) for message in history(tmp_path).originals()]
    assert sorted(said) == sorted(f"{n}.{t}{end}" for n in range(16) for t in range(5) for end in "?!")
    assert all(question[:-1] == answer[:-1] for question, answer in zip(said[::2], said[1::2], strict=True))


def test_a_turn_that_could_not_be_stored_is_delivered_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = history(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(type(one.session), "add", refuse)
        with pytest.raises(StorageError):
            one.deliver([HumanMessage("q1")])
        with pytest.raises(StorageError):
            history(tmp_path).deliver([HumanMessage("q2")])
        with pytest.raises(InvalidMessage):
            one.deliver([HumanMessage.model_construct(content="bad", name=5)])
    assert len(one.undelivered()) == 2
    one.memory.close()
    one = history(tmp_path)
    history(tmp_path).add_messages([HumanMessage("q3")])
    assert [m.content for m in one.messages] == ["q1", "q2", "q3"]
    assert one.undelivered() == []


def refuse(*_: object) -> None:
    raise StorageFull("no room")


def test_an_error_that_the_caller_sees_is_not_retried_behind_its_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = history(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(type(one.session), "add", refuse)
        with pytest.raises(StorageError):
            one.add_user_message("q1")
    one.add_user_message("q1")
    assert [m.content for m in one.messages] == ["q1"]


async def test_a_database_server_serves_as_well_as_a_file(postgres_url: str) -> None:
    one, two = (TieredChatMessageHistory("s", path=postgres_url) for _ in range(2))
    assert one.memory is two.memory
    one.add_messages(TURN)
    await two.aadd_messages([*TURN, HumanMessage("more")])
    assert one.messages[:1] == TURN[:1]
    assert [m.text for m in one.messages][-1] == "more"
    one.memory.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_process_goes_on_with_the_session(tmp_path: Path) -> None:
    one = history(tmp_path)
    one.add_user_message("parent")
    child = os.fork()
    if not child:
        try:
            history(tmp_path, "other").add_user_message("child elsewhere")
            one.add_ai_message("child")
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    one.add_user_message("parent again")
    assert [m.text for m in one.messages] == ["parent", "child", "parent again"]
    assert history(tmp_path, "other").messages == [HumanMessage("child elsewhere")]


def test_a_summary_of_which_nothing_is_left_is_not_shown(tmp_path: Path) -> None:
    def goal_alone(messages: Any) -> dict[str, Any]:
        return {"user_goal": messages[0].text, "sources": {"user_goal": [messages[0].sequence]}}

    one = history(tmp_path, pre_rot_threshold=400, keep_recent_count=2, summarizer=goal_alone)
    session = one.session
    one.add_messages([HumanMessage("Plan the trip to Lisbon.")])
    while not session.stats().summaries:
        one.add_messages([HumanMessage("And what is the weather like there in the second week of May?")])
    assert "Goal: Plan the trip" in one.messages[0].text
    session.forget("m1")
    assert not any("Summary s1" in message.text for message in one.messages)
