"""TieredKnowledgeRetriever: documents beside the conversation, through real engines."""

import pytest
from llama_index.core import SimpleDirectoryReader
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.node_parser import MarkdownNodeParser, SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine, RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import Document, NodeWithScore, TextNode

from llamaindex_tiered_memory import TieredArchiveRetriever, TieredKnowledgeRetriever
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM
from tests.llamaindex_tiered_memory.helpers import fresh, user
from tiermem import Memory
from tiermem.errors import InvalidMessage, InvalidSettings, UnknownReference

PUMP = "The cooling pump of hall 3 is checked every Monday by Petra Lang."
FILLER = "The fence is painted green. The paint is stored in the shed behind the canteen. "
QUESTION = "Who checks the cooling pump of hall 3?"


def hall() -> Document:
    text = FILLER * 20 + PUMP + " " + FILLER * 20
    return Document(text=text, metadata={"file_path": "docs/hall.md", "page": 3})


@pytest.fixture
def knowledge():
    made = TieredKnowledgeRetriever(fresh(), k=2)
    made.insert(hall())
    made.insert(Document(text="The canteen opens at eleven.", id_="canteen"))
    return made


async def test_it_finds_a_passage_with_its_source_sync_and_async(knowledge):
    best = knowledge.retrieve(QUESTION)[0]
    assert PUMP in best.text
    assert best.metadata == {"file_path": "docs/hall.md", "page": 3, "source": "docs/hall.md"}
    assert best.node.ref_doc_id == "docs/hall.md"
    assert hall().text[best.node.start_char_idx : best.node.end_char_idx] == best.text
    assert best.score > 0
    assert await knowledge.aretrieve(QUESTION) == knowledge.retrieve(QUESTION)
    assert [one.source for one in knowledge.knowledge.sources()] == ["docs/hall.md", "canteen"]


async def test_async_inserts_are_the_sync_ones(knowledge):
    other = TieredKnowledgeRetriever(fresh(), k=2)
    assert await other.ainsert(hall()) == knowledge.insert(hall())
    assert await other.ainsert_nodes([TextNode(text="A note.", id_="note")])
    assert await other.adelete_ref_doc("note")
    assert [one.source for one in other.knowledge.sources()] == ["docs/hall.md"]


def test_chunks_are_1000_characters_of_whole_sentences_by_default(knowledge):
    chunks = knowledge.knowledge.chunks("docs/hall.md")
    assert 3 < len(chunks) < 8
    assert all(len(one.text) <= 1000 and one.text.rstrip().endswith(".") for one in chunks)


def test_chinese_is_cut_at_sentences():
    knowledge = TieredKnowledgeRetriever(fresh())
    text = "".join(f"第{n}号水泵每周一由李娜检查，记录保存在档案室。" for n in range(200))
    knowledge.insert(Document(text=text, id_="手册"))
    chunks = knowledge.knowledge.chunks("手册")
    assert len(chunks) > 3
    assert all(one.text[-1] in "。，" for one in chunks)
    assert "第17号" in knowledge.retrieve("谁检查第17号水泵？")[0].text


def test_inserting_twice_is_once_and_a_changed_document_replaces(knowledge):
    before = knowledge.knowledge.stats()
    knowledge.insert(hall())
    assert knowledge.knowledge.stats() == before
    knowledge.insert(Document(text="The pump is checked by Ben now.", metadata={"file_path": "docs/hall.md"}))
    found = [one.text for one in knowledge.retrieve("Who checks the pump?")]
    assert found[0] == "The pump is checked by Ben now."
    assert not any(PUMP in text for text in found)
    assert knowledge.knowledge.verify().ok


def test_a_source_is_deleted_and_comes_back(knowledge):
    made = knowledge.delete_ref_doc("docs/hall.md")
    assert all(one.node.ref_doc_id != "docs/hall.md" for one in knowledge.retrieve(QUESTION))
    for number in made:
        knowledge.knowledge.undo(number)
    assert PUMP in knowledge.retrieve(QUESTION)[0].text
    with pytest.raises(UnknownReference):
        knowledge.delete_ref_doc("unknown")


def test_nodes_are_kept_as_they_are_with_the_source_of_their_document():
    knowledge = TieredKnowledgeRetriever(fresh())
    nodes = SentenceSplitter(chunk_size=64, chunk_overlap=0).get_nodes_from_documents([hall()])
    assert len(knowledge.insert_nodes(nodes)) == len({one.text for one in nodes}) > 3
    assert {one.text for one in knowledge.knowledge.chunks("docs/hall.md")} == {one.text for one in nodes}
    knowledge.insert_nodes([NodeWithScore(node=TextNode(text=PUMP, id_="mine"), score=0.5)])
    assert knowledge.knowledge.chunks("mine")[0].text == PUMP


def test_a_parser_that_makes_nodes_is_used():
    knowledge = TieredKnowledgeRetriever(fresh(), splitter=MarkdownNodeParser())
    knowledge.insert(Document(text=f"# Pump\n\n{PUMP}\n\n# Fence\n\n{FILLER}", id_="md"))
    assert len(knowledge.knowledge.chunks("md")) == 2
    assert PUMP in knowledge.retrieve(QUESTION)[0].text


def test_files_read_twice_are_inserted_once_and_pages_of_one_file_together(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"{PUMP} File {name}.")
    knowledge = TieredKnowledgeRetriever(fresh())
    for _ in range(2):
        knowledge.insert_documents(SimpleDirectoryReader(str(tmp_path)).load_data())
    assert knowledge.knowledge.stats().messages == 2
    assert [one.title for one in knowledge.knowledge.sources()] == ["a.txt", "b.txt"]
    pages = [Document(text=f"Page {n} of it.", metadata={"file_path": "p.pdf", "page": n}) for n in range(3)]
    knowledge.insert_documents(pages)
    for page in pages:
        knowledge.insert_documents([page], replace=False)
    assert knowledge.knowledge.sources()[2].chunks == 3


@pytest.mark.parametrize(
    "garbage", [Document(text=" "), "text", None, 3, Document(text="x", metadata={"n": float("inf")})]
)
def test_garbage_is_refused_and_nothing_kept(garbage):
    knowledge = TieredKnowledgeRetriever(fresh())
    for insert in (knowledge.insert_documents, knowledge.insert_nodes):
        with pytest.raises(InvalidMessage):
            insert([hall(), garbage])
    assert knowledge.knowledge.sources() == []


def test_arguments_that_make_no_sense_are_refused():
    memory = fresh()
    with pytest.raises(InvalidSettings):
        TieredKnowledgeRetriever(memory, k=0)
    with pytest.raises(InvalidSettings):
        TieredKnowledgeRetriever(memory.session.memory.knowledge(), conversation=True)
    with pytest.raises(InvalidMessage):
        TieredKnowledgeRetriever(memory).insert_nodes(hall())


def test_other_users_never_see_it(tmp_path):
    path = str(tmp_path / "chat.db")
    TieredKnowledgeRetriever(fresh(path=path, namespace="anna")).insert(hall())
    assert TieredKnowledgeRetriever(fresh(path=path, namespace="ben")).retrieve(QUESTION) == []
    assert TieredArchiveRetriever(fresh(path=path, namespace="anna")).retrieve(QUESTION) == []
    assert PUMP in TieredKnowledgeRetriever(fresh(path=path, namespace="anna")).retrieve(QUESTION)[0].text


async def test_documents_and_conversation_are_searched_together():
    memory = fresh()
    memory.put_messages([user("I saw Petra at the cooling pump of hall 3 with a broken valve.")])
    both = TieredKnowledgeRetriever(memory, conversation=True)
    both.insert(hall())
    for found in (both.retrieve(QUESTION), await both.aretrieve(QUESTION)):
        assert PUMP in found[0].text
        assert "broken valve" in found[1].text
    assert len(TieredKnowledgeRetriever(memory.session).retrieve("broken valve")) <= 8


def test_it_serves_a_query_engine_a_citing_engine_and_a_chat_engine(knowledge):
    llm = ScriptedLLM("Petra Lang")
    synthesizer = get_response_synthesizer(llm=llm)
    answer = RetrieverQueryEngine(knowledge, synthesizer).query(QUESTION)
    assert str(answer) == "Petra Lang"
    assert PUMP in llm.seen[-1]
    assert "source: docs/hall.md" in llm.seen[-1]
    assert answer.source_nodes[0].metadata["source"] == "docs/hall.md"
    cited = CitationQueryEngine(knowledge, llm=llm).query(QUESTION)
    assert "Source 1:" in llm.seen[-1]
    assert cited.source_nodes[0].metadata["source"] == "docs/hall.md"
    CondensePlusContextChatEngine.from_defaults(knowledge, llm=llm, memory=fresh()).chat(QUESTION)
    assert PUMP in llm.seen[-1]


def test_it_survives_reopening(tmp_path):
    with Memory.open(tmp_path / "own.db") as one:
        TieredKnowledgeRetriever(one.knowledge("anna")).insert(hall())
    with Memory.open(tmp_path / "own.db") as one:
        assert PUMP in TieredKnowledgeRetriever(one.knowledge("anna")).retrieve(QUESTION)[0].text


async def test_within_ranks_documents_and_conversation_in_one_list():
    memory = fresh()
    memory.put_messages([user("I saw Petra at the cooling pump of hall 3 with a broken valve.")])
    TieredKnowledgeRetriever(memory).insert(hall())
    for make in (TieredArchiveRetriever, TieredKnowledgeRetriever):
        for within, known, said in (
            ("conversation", False, True),
            ("knowledge", True, False),
            ("everything", True, True),
        ):
            retriever = make(memory, within=within)
            found = retriever.retrieve(QUESTION)
            texts = [one.text for one in found]
            assert any(PUMP in text for text in texts) == known
            assert any("broken valve" in text for text in texts) == said
            assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
            assert [one.node_id for one in await retriever.aretrieve(QUESTION)] == [one.node_id for one in found]
    for within in ("conversation", "everything"):
        with pytest.raises(InvalidSettings):
            TieredKnowledgeRetriever(memory.session.memory.knowledge(), within=within)
