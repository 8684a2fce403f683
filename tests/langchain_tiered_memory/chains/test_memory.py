"""ConversationTieredMemory: which keys it picks, that it loses no turn and kills no answer, and how it copies."""

import asyncio
import copy
import logging
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_classic.chains import ConversationalRetrievalChain, ConversationChain
from langchain_classic.memory.chat_memory import BaseChatMemory
from langchain_core.documents import Document
from langchain_core.language_models import FakeListLLM
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from langchain_tiered_memory import ConversationTieredMemory, TieredChatMessageHistory
from langchain_tiered_memory.rendering import BufferMessages
from tests.langchain_tiered_memory.langchain_fakes import Listening, Pages, memory, shown  # type: ignore[import-not-found]  # found by pytest, beside this file
from tiermem import Memory
from tiermem.errors import BudgetTooSmall, InvalidSettings, StorageFull


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The chains under test are deprecated themselves; that ours add no warning is shown in test_warnings.py."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        yield


# --- keys


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ({"q": "Q"}, {"a": "A"}),
        ({"question": "Q", "filter": "f", "stop": ["x"]}, {"answer": "A", "source_documents": []}),
        ({"query": "Q", "context": "c", "chat_history": []}, {"result": "A", "source_documents": [Document("d")]}),
        ({"human_input": "Q", "tone": "t"}, {"text": "A"}),
        ({"anything": "Q", "numbers": [1, 2]}, {"final": "A", "intermediate_steps": []}),
        ({"input": "Q"}, {"answer": "A", "generated_question": "G", "source_documents": []}),
        ({"input": "Q"}, {"sources": "S", "answer": "A"}),
    ],
)
async def test_the_question_and_the_answer_are_found(tmp_path: Path, inputs: Any, outputs: Any) -> None:
    one = memory(tmp_path)
    one.save_context(inputs, outputs)
    await one.asave_context(inputs, outputs)
    assert [m.content for m in shown(one)] == ["Q", "A", "Q", "A"]


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ({"foo": "a", "bar": "b"}, {"x": "y"}, r"One input key expected got \['foo', 'bar'\].*input_key="),
        ({"chat_history": "a"}, {"x": "y"}, r"One input key expected got \[\]"),
        ({"q": "a"}, {"foo": "a", "bar": "b"}, r"Got multiple output keys: \['foo', 'bar'\].*output_key="),
        ({"q": "a"}, {}, "Got multiple output keys"),
    ],
)
def test_what_is_ambiguous_is_refused_with_its_names(tmp_path: Path, inputs: Any, outputs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        memory(tmp_path).save_context(inputs, outputs)
    memory(tmp_path).load_memory_variables(inputs)


def test_values_that_are_no_text_are_kept(tmp_path: Path) -> None:
    one = memory(tmp_path, text_only=False)
    blocks = [{"type": "text", "text": "blocks"}]
    for question, answer in [
        (HumanMessage("m", id="1"), AIMessage("n")),
        (blocks, {"rows": 3}),
        ("", [1, 2]),
        (7, None),
    ]:
        one.save_context({"q": question}, {"a": answer})
    contents = ["m", "n", blocks, '{"rows": 3}', "", "[1, 2]", "7", "null"]
    assert [message.content for message in one.chat_memory.messages] == contents
    assert one.chat_memory.messages[0].id == "1"


# --- never lose a turn, never kill an answer


async def test_a_storage_error_costs_neither_the_answer_nor_the_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = memory(tmp_path)
    chain = ConversationalRetrievalChain.from_llm(Listening(), retriever=Pages(), memory=one)
    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        for face in (type(one.chat_memory.session), type(one.chat_memory.session.as_async())):
            patched.setattr(face, "add", refuse)
        assert chain.invoke({"question": "q1"})["answer"] == "answer 1"
        assert isinstance(one.last_error, StorageFull)
        assert [m.content for m in shown(one)] == ["q1", "answer 1"], "what waits is shown"
        assert (await chain.ainvoke({"question": "q2"}))["answer"] == "answer 3"
    assert "StorageFull" in caplog.text
    assert "q1" not in caplog.text, "no words of the user in a log"
    assert one.chat_memory.originals() == []
    assert [m.content for m in memory(tmp_path).load_memory_variables({})["chat_history"]] == [
        "q1", "answer 1", "q2", "answer 3",
    ]  # fmt: skip
    assert len(one.chat_memory.originals()) == 4
    chain.invoke({"question": "q3"})
    assert one.last_error is None


def refuse(*_: object) -> None:
    raise StorageFull("no room")


def test_any_error_of_any_part_spares_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = memory(tmp_path)

    def broken(*_: object) -> None:
        raise RuntimeError("a part of somebody else")

    with monkeypatch.context() as patched:
        patched.setattr(type(one.chat_memory.session), "add", broken)
        one.save_context({"q": "kept"}, {"a": "too"})
    assert isinstance(one.last_error, RuntimeError)
    assert [m.content for m in shown(one)] == ["kept", "too"]
    assert len(one.chat_memory.originals()) == 2


def test_a_summariser_that_fails_is_no_business_of_the_chain(tmp_path: Path) -> None:
    def failing(_: object) -> None:
        raise TimeoutError("no model")

    one = memory(tmp_path, pre_rot_threshold=600, keep_recent_count=2, summarizer=failing)
    for turn in range(30):
        one.save_context({"q": f"question {turn} " * 9}, {"a": f"answer {turn} " * 9})
    stats = one.chat_memory.session.stats()
    assert stats.messages == 60
    assert stats.summarizer_failures > 0
    assert stats.summaries > 0


async def test_parallel_turns_complete_their_own_lists(tmp_path: Path) -> None:
    one = memory(tmp_path)
    chain = ConversationChain(llm=FakeListLLM(responses=["a"]), memory=memory(tmp_path, memory_key="history"))
    results = await asyncio.gather(*(chain.ainvoke({"input": f"q{n}"}) for n in range(8)))
    for number, result in enumerate(results):
        assert [m.content for m in result["history"]][-2:] == [f"q{number}", "a"]
    assert sorted(m.text for m in one.chat_memory.originals()[::2]) == [f"q{n}" for n in range(8)]


def test_a_budget_that_cannot_hold_anything_says_both_numbers(tmp_path: Path) -> None:
    one = memory(tmp_path, max_token_limit=3)
    one.save_context({"q": "word " * 100}, {"a": "word " * 100})
    with pytest.raises(BudgetTooSmall, match="3"):
        one.load_memory_variables({"q": "x"})


@pytest.mark.parametrize("limit", [60, 120, 300, 1000])
def test_the_budget_holds_for_the_words_that_are_shown(tmp_path: Path, limit: int) -> None:
    one = memory(tmp_path, max_token_limit=limit)
    for number in range(12):
        call = {"name": "run_a_query_with_a_long_name", "args": {"n": number}, "id": f"c{number}"}
        one.chat_memory.add_messages(
            [
                HumanMessage(
                    [{"type": "text", "text": f"ask {number}"}, {"type": "image", "base64": "QUJD"}], name="Al"
                ),
                AIMessage("", tool_calls=[call]),
                ToolMessage("ok", tool_call_id=f"c{number}", name="run_a_query_with_a_long_name"),
                AIMessage("done"),
            ]
        )
    got = shown(one, question="what was query 3?")
    count = one.chat_memory.memory.counter
    spent = sum(count(message.text) + 4 + (count(message.name) if message.name else 0) for message in got)
    assert 0 < spent <= limit


# --- as a value


async def test_sync_and_async_agree(tmp_path: Path) -> None:
    one = memory(tmp_path)
    await one.asave_context({"q": "a"}, {"r": "b"})
    assert await one.aload_memory_variables({"q": "x"}) == one.load_memory_variables({"q": "x"})
    assert await one.abuffer() == one.buffer == one.buffer_as_messages == [HumanMessage("a"), AIMessage("b")]
    assert one.buffer_as_str == "Human: a\nAI: b"
    await one.aclear()
    assert one.buffer == []
    assert await one.aload_memory_variables({"q": "x"}) == {"chat_history": []}


def test_pickle_deepcopy_and_dumps_carry_the_configuration(tmp_path: Path) -> None:
    one = memory(tmp_path, max_token_limit=500, memory_key="history", keep_recent_count=3)
    one.save_context({"q": "secret"}, {"a": "b"})
    for twin in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one), one.model_copy()):
        assert (twin.max_token_limit, twin.memory_key) == (500, "history")
        assert twin.chat_memory.session.scope == one.chat_memory.session.scope
        assert twin.buffer == one.buffer
    for printed in (pickle.dumps(one), dumps(one).encode(), repr(one).encode()):
        assert b"secret" not in printed
    assert '"not_implemented"' in dumps(one)


def test_arguments(tmp_path: Path) -> None:
    assert isinstance(memory(tmp_path), BaseChatMemory)
    with pytest.raises(InvalidSettings, match="max_tokens"):
        memory(tmp_path, max_tokens=3)
    history = TieredChatMessageHistory("s", path=tmp_path / "chat.db")
    assert ConversationTieredMemory(chat_memory=history).chat_memory is history
    with pytest.raises(InvalidSettings, match="chat_memory="):
        ConversationTieredMemory("s", chat_memory=history)
    with Memory.open(tmp_path / "other.db") as opened:
        first, second = (ConversationTieredMemory(memory=opened) for _ in range(2))
        assert first.chat_memory.session_id != second.chat_memory.session_id


def test_the_list_is_a_list_and_a_transcript() -> None:
    one = BufferMessages([HumanMessage("hi")], "Me", "You")
    assert isinstance(one, list)
    assert f"{one}" == str(one) == "Me: hi"


async def test_a_cancelled_save_is_stored_once(tmp_path: Path) -> None:
    for number in range(20):
        one = memory(tmp_path, str(number))
        task = asyncio.create_task(one.asave_context({"q": "a"}, {"r": "b"}))
        await asyncio.sleep(number / 10_000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await one.asave_context({"q": "c"}, {"r": "d"})
        said = [m.text for m in one.chat_memory.originals()]
        assert said in (["a", "b", "c", "d"], ["c", "d"])
