"""ConversationTieredMemory in LangChain's classic chains, with fake models and no key arguments."""

import asyncio
import copy
import logging
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_classic.chains import ConversationalRetrievalChain, ConversationChain, LLMChain
from langchain_classic.memory import CombinedMemory, ConversationBufferMemory, ReadOnlySharedMemory
from langchain_classic.memory.chat_memory import BaseChatMemory
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import LLM, FakeListChatModel, FakeListLLM
from langchain_core.load import dumps
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder, PromptTemplate
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from langchain_tiered_memory import ConversationTieredMemory, TieredChatMessageHistory
from langchain_tiered_memory.shown import Shown
from tiermem import Memory
from tiermem.errors import BudgetTooSmall, InvalidSettings, StorageFull


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The chains under test are deprecated themselves; that ours add no warning is shown in test_warnings.py."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        yield


class Listening(LLM):
    """A model that keeps the prompts it was given."""

    prompts: list[str] = Field(default_factory=list)
    says: str = "answer"

    @property
    def _llm_type(self) -> str:
        return "listening"

    def _call(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
        self.prompts.append(prompt)
        return f"{self.says} {len(self.prompts)}"


class Pages(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document(f"a page about {query}")]


def memory(tmp_path: Path, session_id: str = "s", **values: Any) -> ConversationTieredMemory:
    return ConversationTieredMemory(session_id, path=tmp_path / "chat.db", **values)


def shown(one: ConversationTieredMemory, **inputs: Any) -> list[BaseMessage]:
    return list(one.load_memory_variables(inputs)[one.memory_key])


# --- ConversationalRetrievalChain


@pytest.mark.parametrize("sources", [False, True])
@pytest.mark.parametrize("generated", [False, True])
async def test_the_retrieval_chain_needs_no_keys(tmp_path: Path, sources: bool, generated: bool) -> None:
    llm = Listening()
    one = memory(tmp_path)
    chain = ConversationalRetrievalChain.from_llm(
        llm, retriever=Pages(), memory=one, return_source_documents=sources, return_generated_question=generated
    )
    first = chain.invoke({"question": "what is a pool?"})
    assert len(llm.prompts) == 1, "no condensing call while there is no history"
    second = await chain.ainvoke({"question": "and its size?", "extra": "input"})
    assert len(llm.prompts) == 3
    assert "Human: what is a pool?\nAssistant: answer 1" in llm.prompts[1]
    assert [m.content for m in one.buffer_as_messages] == ["what is a pool?", "answer 1", "and its size?", "answer 3"]
    assert [m.content for m in first["chat_history"]] == ["what is a pool?", "answer 1"]
    assert [m.content for m in second["chat_history"]] == [m.content for m in one.buffer_as_messages]


def test_the_archive_reaches_the_prompt_that_answers(tmp_path: Path) -> None:
    llm = Listening()
    one = memory(tmp_path, pre_rot_threshold=1200, keep_recent_count=4, max_token_limit=600)
    one.save_context({"question": "The staging password rotates on the 17th."}, {"answer": "Noted: the 17th."})
    for turn in range(40):
        one.save_context({"question": f"Tell me about city {turn}. " * 4}, {"answer": f"City {turn} has a river. " * 4})
    assert one.chat_memory.session.stats().summaries > 0
    chain = ConversationalRetrievalChain.from_llm(
        llm, retriever=one.as_retriever(Pages()), memory=one, return_source_documents=True, rephrase_question=False,
        condense_question_llm=FakeListLLM(responses=["When does the staging password rotate?"]),
    )  # fmt: skip
    result = chain.invoke({"question": "When does the staging password rotate?"})
    assert "> user" in llm.prompts[0]
    assert "rotates on the 17th" in llm.prompts[0]
    assert "a page about When does" in llm.prompts[0]
    assert {"tiermem", None} == {document.metadata.get("source") for document in result["source_documents"]}


def test_the_chain_sees_text_only(tmp_path: Path) -> None:
    one = memory(tmp_path)
    one.chat_memory.add_messages(
        [
            HumanMessage([{"type": "text", "text": "what is this?"}, {"type": "image", "base64": "QUJD" * 99}]),
            AIMessage("", tool_calls=[{"name": "look", "args": {"zoom": 2}, "id": "c"}]),
            ToolMessage("a cat", tool_call_id="c", name="look"),
            AIMessage([{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "A cat."}]),
        ]
    )
    llm = Listening()
    ConversationalRetrievalChain.from_llm(llm, retriever=Pages(), memory=one).invoke({"question": "sure?"})
    condensing = llm.prompts[0]
    assert "QUJD" not in condensing
    assert 'Human: what is this?\n[image]\nAssistant: [calls look with {"zoom": 2}]\n' in condensing
    assert "Assistant: [result of look] a cat\nAssistant: A cat.\n" in condensing
    assert all(isinstance(message.content, str) for message in shown(one))


def test_blocks_and_tool_messages_for_chat_models_on_request(tmp_path: Path) -> None:
    one = memory(tmp_path, text_only=False)
    said = [HumanMessage([{"type": "text", "text": "a"}]), AIMessage("", tool_calls=[CALL]), RESULT, AIMessage("b")]
    one.chat_memory.add_messages(said)
    assert shown(one) == said


CALL: dict[str, Any] = {"name": "look", "args": {}, "id": "c", "type": "tool_call"}
RESULT = ToolMessage("r", tool_call_id="c")


def test_a_summary_is_a_system_message_at_the_front_and_recalled_passages_are_not(tmp_path: Path) -> None:
    one = memory(tmp_path, pre_rot_threshold=1200, keep_recent_count=4, max_token_limit=700)
    one.save_context({"question": "The staging password rotates on the 17th."}, {"answer": "Noted: the 17th."})
    for turn in range(40):
        one.save_context({"question": f"Tell me about city {turn}. " * 4}, {"answer": f"City {turn} has a river. " * 4})
    got = shown(one, question="When does the staging password rotate?")
    marks = [message.additional_kwargs.get("lc_source") for message in got]
    assert marks[0] == "summarization"
    assert isinstance(got[0], SystemMessage)
    assert not any(isinstance(message, SystemMessage) for message in got[1:])
    recalled = got[marks.index("recall")]
    assert isinstance(recalled, HumanMessage)
    assert "rotates on the 17th" in recalled.text
    assert sum(one.chat_memory.memory.counter(message.text) for message in got) <= 700
    assert "recall" not in [m.additional_kwargs.get("lc_source") for m in shown(memory(tmp_path, recall=False))]


# --- the other classic chains


def test_conversation_chain_by_text_and_by_messages(tmp_path: Path) -> None:
    llm = Listening()
    chain = ConversationChain(llm=llm, memory=memory(tmp_path, memory_key="history"))
    chain.invoke({"input": "hi"})
    chain.invoke({"input": "more"})
    assert "Current conversation:\nHuman: hi\nAI: answer 1\nHuman: more\nAI:" in llm.prompts[1]
    prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("history"), ("human", "{input}")])
    model = FakeListChatModel(responses=["one", "two"])
    chain = ConversationChain(llm=model, prompt=prompt, memory=memory(tmp_path, "t", memory_key="history"))
    assert chain.invoke({"input": "hi"})["response"] == "one"
    assert [m.content for m in chain.invoke({"input": "ho"})["history"]] == ["hi", "one", "ho", "two"]


def test_llm_chain_with_names_and_prefixes_of_the_users_own(tmp_path: Path) -> None:
    llm = Listening()
    one = memory(tmp_path, return_messages=False, human_prefix="Anna", ai_prefix="Bot", input_key="wish")
    prompt = PromptTemplate.from_template("{chat_history}|{wish}|{tone}")
    chain = LLMChain(llm=llm, prompt=prompt, memory=one)
    chain.invoke({"wish": "tea", "tone": "warm"})
    chain.invoke({"wish": "milk", "tone": "warm"})
    assert llm.prompts == ["|tea|warm", "Anna: tea\nBot: answer 1|milk|warm"]


async def test_combined_and_read_only(tmp_path: Path) -> None:
    one = memory(tmp_path, input_key="input")
    other = ConversationBufferMemory(memory_key="other", input_key="input")
    both = CombinedMemory(memories=[one, other])
    assert both.memory_variables == ["chat_history", "other"]
    both.save_context({"input": "hi"}, {"output": "hello"})
    assert both.load_memory_variables({"input": "x"}) == {
        "chat_history": [HumanMessage("hi"), AIMessage("hello")],
        "other": "Human: hi\nAI: hello",
    }
    shared = ReadOnlySharedMemory(memory=one)
    shared.save_context({"input": "no"}, {"output": "no"})
    shared.clear()
    assert await shared.aload_memory_variables({}) == {"chat_history": [HumanMessage("hi"), AIMessage("hello")]}


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
    one = Shown([HumanMessage("hi")], "Me", "You")
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
