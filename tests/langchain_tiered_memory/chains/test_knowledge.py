"""TieredKnowledgeRetriever: documents beside the conversation, through real chains."""

import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_classic.chains import ConversationalRetrievalChain, create_retrieval_chain
from langchain_classic.chains.combine_documents import create_stuff_documents_chain
from langchain_classic.chains.qa_with_sources.retrieval import RetrievalQAWithSourcesChain
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_text_splitters import CharacterTextSplitter

from langchain_tiered_memory import TieredArchiveRetriever, TieredChatMessageHistory, TieredKnowledgeRetriever
from tests.langchain_tiered_memory.langchain_fakes import Listening, memory
from tiermem import Memory
from tiermem.errors import InvalidMessage, InvalidSettings

PUMP = "The cooling pump of hall 3 is checked every Monday by Petra Lang."
FILLER = "The fence is painted green. The paint is stored in the shed behind the canteen. "
QUESTION = "Who checks the cooling pump of hall 3?"


def documents() -> list[Document]:
    return [
        Document(FILLER * 20 + PUMP + " " + FILLER * 20, metadata={"source": "docs/hall.md", "page": 3}),
        Document("The canteen opens at eleven.", metadata={"source": "docs/canteen.md"}),
    ]


@pytest.fixture
def knowledge(tmp_path: Path) -> TieredKnowledgeRetriever:
    made = TieredKnowledgeRetriever(path=tmp_path / "chat.db", namespace="anna", k=2)
    made.add_documents(documents())
    return made


def test_it_finds_a_passage_with_its_source_place_and_score(knowledge: TieredKnowledgeRetriever) -> None:
    best = knowledge.invoke(QUESTION)[0]
    metadata = best.metadata
    assert PUMP in best.page_content
    assert (metadata["source"], metadata["page"], metadata["title"]) == ("docs/hall.md", 3, "hall.md")
    assert documents()[0].page_content[metadata["start"] : metadata["end"]] == best.page_content
    assert metadata["score"] > 0
    assert best.id
    assert len(knowledge.invoke(QUESTION, k=1)) == 1


async def test_sync_and_async_are_the_same(tmp_path: Path, knowledge: TieredKnowledgeRetriever) -> None:
    fresh = TieredKnowledgeRetriever(path=tmp_path / "other.db", namespace="anna", k=2)
    ids = await fresh.aadd_documents(documents())
    assert ids == knowledge.add_documents(documents())
    assert await fresh.ainvoke(QUESTION) == knowledge.invoke(QUESTION)
    assert len(await fresh.ainvoke(QUESTION, k=1)) == 1


def test_adding_twice_is_adding_once_and_a_changed_document_replaces(knowledge: TieredKnowledgeRetriever) -> None:
    before = knowledge.knowledge.stats()
    knowledge.add_documents(documents())
    assert knowledge.knowledge.stats() == before
    knowledge.add_documents([Document("The pump is checked by Ben now.", metadata={"source": "docs/hall.md"})])
    found = [one.page_content for one in knowledge.invoke("Who checks the pump?")]
    assert found[0] == "The pump is checked by Ben now."
    assert not any(PUMP in text for text in found)
    assert knowledge.knowledge.verify().ok


@pytest.mark.parametrize("garbage", [Document(" "), Document("x", metadata={"n": float("inf")}), "", None, 3])
def test_garbage_is_refused_and_nothing_kept(tmp_path: Path, garbage: Any) -> None:
    knowledge = TieredKnowledgeRetriever(path=tmp_path / "chat.db")
    with pytest.raises(InvalidMessage):
        knowledge.add_documents([*documents(), garbage])
    assert knowledge.knowledge.sources() == []


def test_chinese_is_cut_at_sentences_by_default(tmp_path: Path) -> None:
    knowledge = TieredKnowledgeRetriever(path=tmp_path / "chat.db", chunk_size=100, chunk_overlap=0)
    text = "".join(f"第{n}号水泵每周一由李娜检查，记录保存在档案室。" for n in range(40))
    knowledge.add_documents([Document(text, metadata={"source": "手册"})])
    chunks = knowledge.knowledge.chunks("手册")
    assert len(chunks) > 5
    assert all(one.text.endswith("。") and len(one.text) <= 100 for one in chunks)
    assert "".join(one.text for one in chunks) == text
    assert "第17号" in knowledge.invoke("谁检查第17号水泵？", k=1)[0].page_content


@pytest.mark.parametrize(
    "splitter", [CharacterTextSplitter(separator="|", chunk_size=5, chunk_overlap=0), lambda t: t.split("|")]
)
def test_a_splitter_of_the_callers_is_used(tmp_path: Path, splitter: Any) -> None:
    knowledge = TieredKnowledgeRetriever(path=tmp_path / "chat.db", text_splitter=splitter)
    knowledge.add_documents([Document("alpha|beta|gamma", metadata={"source": "s"})])
    assert [one.text for one in knowledge.knowledge.chunks("s")] == ["alpha", "beta", "gamma"]


def test_without_text_splitters_installed_the_core_cuts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain_tiered_memory.chains.knowledge.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "langchain_text_splitters", None)
    knowledge = TieredKnowledgeRetriever(path=tmp_path / "chat.db")
    assert len(knowledge.add_documents(documents())) > 4
    assert PUMP in knowledge.invoke(QUESTION)[0].page_content


def test_other_users_never_see_it(tmp_path: Path, knowledge: TieredKnowledgeRetriever) -> None:
    assert TieredKnowledgeRetriever(path=tmp_path / "chat.db", namespace="ben").invoke(QUESTION) == []
    assert TieredKnowledgeRetriever(path=tmp_path / "chat.db", namespace=("anna", "anna")).invoke(QUESTION) == []
    assert TieredArchiveRetriever("-", path=tmp_path / "chat.db", namespace="anna").invoke(QUESTION) == []
    assert knowledge.history.memory.sessions("anna") == []


async def test_documents_and_conversation_are_searched_together(tmp_path: Path) -> None:
    history = TieredChatMessageHistory("s", path=tmp_path / "chat.db", namespace="anna")
    history.add_user_message("I saw Petra at the cooling pump of hall 3 with a broken valve.")
    both = TieredKnowledgeRetriever(history=history, conversation=True)
    both.add_documents(documents())
    for found in (both.invoke(QUESTION), await both.ainvoke(QUESTION)):
        assert [one.metadata["source"] for one in found[:2]] == ["docs/hall.md", "tiermem"]
        assert "broken valve" in found[1].page_content
    other_way = TieredArchiveRetriever(history=history, retriever=TieredKnowledgeRetriever(history=history))
    assert [one.metadata["source"] for one in other_way.invoke(QUESTION)[:2]] == ["docs/hall.md", "tiermem"]


def test_arguments_that_contradict_are_refused(tmp_path: Path) -> None:
    history = TieredChatMessageHistory("s", path=tmp_path / "chat.db")
    for wrong in (
        {"conversation": True},
        {"history": history, "path": tmp_path / "x.db"},
        {"history": history, "session_id": "s"},
        {"no_such_setting": 1},
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # InvalidSettings or pydantic's own
            TieredKnowledgeRetriever(**wrong)
    with pytest.raises(InvalidSettings):
        TieredKnowledgeRetriever(history=history, chunk_size=10).add_documents(documents())


def test_a_retrieval_chain_reads_it_and_returns_its_sources(knowledge: TieredKnowledgeRetriever) -> None:
    llm = Listening()
    prompt = ChatPromptTemplate.from_template("Answer from:\n{context}\n\nQuestion: {input}")
    page = PromptTemplate.from_template("[{source}] {page_content}")
    chain = create_retrieval_chain(knowledge, create_stuff_documents_chain(llm, prompt, document_prompt=page))
    answer = chain.invoke({"input": QUESTION})
    assert answer["answer"] == "answer 1"
    assert "[docs/hall.md]" in llm.prompts[0]
    assert PUMP in llm.prompts[0]
    assert answer["context"][0].metadata["source"] == "docs/hall.md"


def test_a_chain_with_sources_names_them(knowledge: TieredKnowledgeRetriever) -> None:
    llm = Listening(says="Petra Lang.\nSOURCES: docs/hall.md")
    chain = RetrievalQAWithSourcesChain.from_chain_type(llm, retriever=knowledge)
    answer = chain.invoke({"question": QUESTION})
    assert "Source: docs/hall.md" in llm.prompts[0]
    assert answer["sources"].startswith("docs/hall.md")


def test_a_conversational_chain_reads_documents_and_what_was_said(tmp_path: Path) -> None:
    chat, llm = memory(tmp_path), Listening(says=QUESTION)
    knowledge = TieredKnowledgeRetriever.from_memory(chat, conversation=True, k=3)
    knowledge.add_documents(documents())
    chat.save_context({"input": "The valve of the cooling pump broke on Friday."}, {"output": "Noted."})
    chain = ConversationalRetrievalChain.from_llm(llm, retriever=knowledge, memory=chat)
    chain.invoke({"question": QUESTION})
    assert PUMP in llm.prompts[-1]
    assert "broke on Friday" in llm.prompts[-1]
    assert chat.chat_memory.session.stats().messages == 4
    assert knowledge.knowledge.sources()[0].source == "docs/hall.md"


def test_it_survives_reopening(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "own.db") as one:
        TieredKnowledgeRetriever(memory=one, namespace="anna").add_documents(documents())
    with Memory.open(tmp_path / "own.db") as one:
        assert PUMP in TieredKnowledgeRetriever(memory=one, namespace="anna").invoke(QUESTION)[0].page_content
