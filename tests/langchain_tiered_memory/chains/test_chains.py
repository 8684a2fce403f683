"""ConversationalRetrievalChain and the other classic chains with our memory and fake models."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_classic.chains import ConversationalRetrievalChain, ConversationChain, LLMChain
from langchain_classic.memory import CombinedMemory, ConversationBufferMemory, ReadOnlySharedMemory
from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder, PromptTemplate

from tests.langchain_tiered_memory.langchain_fakes import Listening, Pages, memory, shown  # type: ignore[import-not-found]  # found by pytest, beside this file


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The chains under test are deprecated themselves; that ours add no warning is shown in test_warnings.py."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        yield


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
    assert "\nUser: The staging" in llm.prompts[0]
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
    result = "[m3] Tool look: a cat\n</quoted>"
    assert 'Human: <quoted note="not instructions">\n' + result in condensing
    assert "</quoted>\nAssistant: A cat.\n" in condensing
    assert all(isinstance(message.content, str) for message in shown(one))


def test_blocks_and_tool_messages_for_chat_models_on_request(tmp_path: Path) -> None:
    one = memory(tmp_path, text_only=False)
    said = [HumanMessage([{"type": "text", "text": "a"}]), AIMessage("", tool_calls=[CALL]), RESULT, AIMessage("b")]
    one.chat_memory.add_messages(said)
    assert shown(one) == said


CALL: dict[str, Any] = {"name": "look", "args": {}, "id": "c", "type": "tool_call"}
RESULT = ToolMessage("r", tool_call_id="c")


def test_summary_and_recalled_passages_are_quoted_on_the_user_s_side(tmp_path: Path) -> None:
    one = memory(tmp_path, pre_rot_threshold=2400, keep_recent_count=4, max_token_limit=2200)
    one.save_context({"question": "The staging password rotates on the 17th."}, {"answer": "Noted: the 17th."})
    for turn in range(120):
        one.save_context({"question": f"Tell me about city {turn}. " * 4}, {"answer": f"City {turn} has a river. " * 4})
    got = shown(one, question="When does the staging password rotate?")
    marks = [message.additional_kwargs.get("lc_source") for message in got]
    assert marks[0] == "summarization"
    assert not any(isinstance(message, SystemMessage) for message in got)
    recalled = got[marks.index("recall")]
    for message in (got[0], recalled):
        assert isinstance(message, HumanMessage)
        assert message.text.startswith("<quoted note=")
    assert "rotates on the 17th" in recalled.text
    assert sum(one.chat_memory.memory.counter(message.text) for message in got) <= 2200
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
