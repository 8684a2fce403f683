"""Messages that are shown again are not converted again, and nobody who was shown one can change it for others."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage, messages_to_dict

from langchain_tiered_memory import ConversationTieredMemory, TieredChatMessageHistory, converted
from tiermem import Memory, Message
from tiermem.settings import Thresholds

CALL = {"name": "query", "args": {"sql": ["select 1"]}, "id": "c1", "type": "tool_call"}
EVERY_KIND: list[BaseMessage] = [
    SystemMessage("be brief"),
    HumanMessage("how many?", id="h", additional_kwargs={"seen": ["by Anna"]}, own_field={"mine": [1]}),
    AIMessage("", tool_calls=[CALL], response_metadata={"stop": {"why": "call"}}),
    ToolMessage("12 rows", tool_call_id="c1", artifact={"rows": [1, 2]}),
    ToolMessage("and a file", tool_call_id="c1", artifact={"bytes": b"\x00", "set": {1, 2}}),
    AIMessage([{"type": "text", "text": "twelve"}, "and one more"], usage_metadata=None),
]


def said(start: int, count: int) -> list[BaseMessage]:
    kinds = (HumanMessage, AIMessage)
    return [kinds[number % 2](f"message {number} of the talk") for number in range(start, start + count)]


@pytest.fixture
def converted_messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of the messages that were converted, in order."""
    texts: list[str] = []

    def counting(convert: Callable[[Message], Any]) -> Callable[[Message], Any]:
        def counted(message: Message) -> Any:
            texts.append(message.text)
            return convert(message)

        return counted

    for name in ("all_langchain", "to_langchain"):
        monkeypatch.setattr(converted, name, counting(getattr(converted, name)))
    return texts


def test_a_history_converts_only_what_is_new(tmp_path: Path, converted_messages: list[str]) -> None:
    with Memory.open(tmp_path / "a.db") as memory:
        TieredChatMessageHistory("s", memory=memory).add_messages(said(0, 40))
        for number in range(40, 60, 2):
            history = TieredChatMessageHistory("s", memory=memory)  # a new one for every call, as factories make them
            assert history.messages == said(0, number)
            converted_messages.clear()
            history.add_messages(said(number, 2))
            assert history.messages == history.messages == said(0, number + 2)
            assert converted_messages == [f"message {number} of the talk", f"message {number + 1} of the talk"]


def test_after_a_decision_only_what_is_shown_otherwise_is_converted(
    tmp_path: Path, converted_messages: list[str]
) -> None:
    with Memory.open(tmp_path / "a.db") as memory:
        history = TieredChatMessageHistory("s", memory=memory)
        history.add_messages(said(0, 20))
        assert len(history.messages) == 20
        converted_messages.clear()
        history.session.forget("m3", "m4")
        assert history.messages == [*said(0, 2), *said(4, 16)]
        assert converted_messages == []
        history.session.restore("m3")
        assert history.messages == [*said(0, 3), *said(4, 16)]
        assert converted_messages == ["message 2 of the talk"]


def test_a_chain_converts_only_what_it_was_not_shown_before(tmp_path: Path, converted_messages: list[str]) -> None:
    chat = ConversationTieredMemory("s", path=tmp_path / "a.db", recall=False)
    for number in range(20):
        asked = {"question": f"and number {number}?"}
        chat.load_memory_variables(asked)
        chat.save_context(asked, {"answer": f"it is {number}"})
        assert len(converted_messages) <= 2 * number
    converted_messages.clear()
    chat.load_memory_variables({"question": "and now?"})
    assert converted_messages == ["and number 19?", "it is 19"]


@pytest.mark.parametrize("again", [False, True])
def test_what_a_caller_does_to_messages_changes_none_that_others_are_shown(tmp_path: Path, again: bool) -> None:
    with Memory.open(tmp_path / "a.db") as memory:
        history = TieredChatMessageHistory("s", memory=memory)
        history.add_messages(EVERY_KIND)
        if again:
            _ = history.messages
        expected = messages_to_dict(EVERY_KIND)
        one, other = history.messages, history.messages
        spoil(one)
        assert messages_to_dict(one) != expected
        assert messages_to_dict(other) == messages_to_dict(history.messages) == expected
        assert messages_to_dict(history.originals()) == expected
        names = [message.model_fields_set for message in other]
        assert names == [message.model_fields_set for message in history.messages]
    with Memory.open(tmp_path / "a.db") as memory:
        assert messages_to_dict(TieredChatMessageHistory("s", memory=memory).messages) == expected


def spoil(messages: list[BaseMessage]) -> None:
    """Changes everything that can be changed, in place."""
    for message in messages:
        for value in (*vars(message).values(), *(message.model_extra or {}).values()):
            spoil_value(value)
        message.content = "spoilt"
        message.name = "Mallory"
        message.another_field = 1  # type: ignore[attr-defined]
    messages.append(HumanMessage("spoilt"))


def spoil_value(value: Any) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            spoil_value(inner)
        value["spoilt"] = True
    elif isinstance(value, list):
        for inner in value:
            spoil_value(inner)
        value.append("spoilt")
    elif isinstance(value, set):
        value.add("spoilt")


def test_stubs_and_summaries_are_copies_too(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "a.db", enable_context_management=False) as memory:
        history = TieredChatMessageHistory("s", memory=memory)
        result = ToolMessage("a row of the table\n" * 200, tool_call_id="c1", additional_kwargs={"deep": {"er": []}})
        history.add_messages([HumanMessage("rows?"), AIMessage("", tool_calls=[CALL]), result, *said(0, 30)])
        history.session.manage_context(Thresholds(pre_rot_threshold=300, keep_recent_count=4))
        assert {decision.kind for decision in history.session.journal()} >= {"cover"}
        expected = messages_to_dict(history.messages)
        spoil(history.messages)
        assert messages_to_dict(history.messages) == expected


OTHER = """
import sys
from langchain_core.messages import HumanMessage
from langchain_tiered_memory import TieredChatMessageHistory
history = TieredChatMessageHistory("s", path=sys.argv[1])
history.add_messages([HumanMessage("from elsewhere")])
history.session.forget("m1")
"""


def test_what_another_process_adds_and_decides_is_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    with Memory.open(file) as memory:
        history = TieredChatMessageHistory("s", memory=memory)
        history.add_messages(said(0, 6))
        assert history.messages == said(0, 6)
        subprocess.run([sys.executable, "-c", OTHER, str(file)], check=True)
        assert history.messages == [*said(1, 5), HumanMessage("from elsewhere")]


def test_threads_that_read_and_add_are_all_shown_a_beginning_of_the_talk(tmp_path: Path) -> None:
    wrong: list[list[str]] = []
    with Memory.open(tmp_path / "a.db") as memory:
        TieredChatMessageHistory("s", memory=memory).add_messages(said(0, 10))

        def read() -> None:
            history = TieredChatMessageHistory("s", memory=memory)
            for _ in range(30):
                texts = [message.text for message in history.messages]
                if texts != [message.text for message in said(0, len(texts))]:
                    wrong.append(texts)
                spoil(history.messages)

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(10, 40, 2):
            TieredChatMessageHistory("s", memory=memory).add_messages(said(number, 2))
        for thread in threads:
            thread.join()
        assert wrong == []
        assert len(TieredChatMessageHistory("s", memory=memory).messages) == 40


def test_what_is_kept_is_bounded() -> None:
    kept = converted.Converted(most=10 * converted.FORM)
    talk = [Message(role="user", content=str(number)) for number in range(12)]
    for start in range(6):
        kept.forms(start, talk[start : start + 6], converted.all_langchain)
    assert kept.weight <= 10 * converted.FORM
