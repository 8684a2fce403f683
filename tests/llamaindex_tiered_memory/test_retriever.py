import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ToolCallBlock
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer

from llamaindex_tiered_memory import TieredArchiveRetriever
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM
from tests.llamaindex_tiered_memory.helpers import FACT, QUESTION, assistant, filled, fresh, user


async def test_it_finds_what_was_said_with_its_neighbours_sync_and_async():
    memory = filled(session_id="s", namespace="ann")
    retriever = TieredArchiveRetriever(memory, k=4)
    found = retriever.retrieve(QUESTION)
    assert FACT in found[0].text
    assert "\nAssistant: Noted." in found[0].text
    assert [node.score for node in found] == sorted((node.score for node in found), reverse=True)
    metadata = found[0].metadata
    assert (metadata["ref"], metadata["role"], metadata["session"], metadata["namespace"]) == ("m1", "user", "s", "ann")
    assert metadata["created_at"]
    assert memory.session.expand(metadata["ref"]).messages[0].text == FACT
    again = await TieredArchiveRetriever(memory.session, k=4).aretrieve(QUESTION)
    assert [node.node_id for node in again] == [node.node_id for node in found]


def test_hits_next_to_each_other_are_one_node():
    memory = fresh()
    memory.put_messages([user("falcon one"), assistant("falcon two"), user("falcon three")])
    memory.put_messages([user(f"topic {n}") for n in range(10)])
    found = TieredArchiveRetriever(memory, k=3, neighbours=0).retrieve("falcon")
    assert [(node.metadata["first"], node.metadata["last"]) for node in found] == [(1, 3)]


def test_an_empty_session_and_wrong_numbers():
    memory = fresh()
    assert TieredArchiveRetriever(memory).retrieve("anything") == []
    for wrong in ({"k": 0}, {"neighbours": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            TieredArchiveRetriever(memory, **wrong)


def test_messages_without_text_do_not_break_a_passage():
    memory = fresh()
    call = ChatMessage(role="assistant", blocks=[ToolCallBlock(tool_call_id="c", tool_name="f", tool_kwargs={})])
    result = ChatMessage(role="tool", blocks=[TextBlock(text="ok")], additional_kwargs={"tool_call_id": "c"})
    memory.put_messages([user("the falcon password"), call, result])
    text = TieredArchiveRetriever(memory).retrieve("falcon password")[0].text
    assert text.splitlines()[1:] == ["User: the falcon password", "Assistant: [calls f({})]", "Tool f: ok", "</quoted>"]


def test_reset_takes_it_away_and_nothing_else_is_found():
    memory = filled()
    memory.reset()
    assert TieredArchiveRetriever(memory).retrieve(QUESTION) == []


def test_it_serves_a_query_engine_and_a_chat_engine():
    llm = ScriptedLLM("every 17 days")
    retriever = TieredArchiveRetriever(filled(), k=3)
    synthesizer = get_response_synthesizer(llm=llm)
    assert "17" in str(RetrieverQueryEngine(retriever, synthesizer).query(QUESTION))
    assert "17 days on host" in llm.seen[-1]
    CondensePlusContextChatEngine.from_defaults(retriever, llm=llm, memory=fresh()).chat(QUESTION)
    assert "17 days on host" in llm.seen[-1]


async def test_within_a_token_limit_the_best_passages_are_one_node():
    memory = filled(session_id="s")
    retriever = TieredArchiveRetriever(memory, max_token_limit=300)
    recalled = memory.session.recall(QUESTION, 300)
    for found in (retriever.retrieve(QUESTION), await retriever.aretrieve(QUESTION)):
        assert [one.node.get_content() for one in found] == [recalled.text]
        assert found[0].node.metadata["refs"] == [hit.ref for hit in recalled.hits]
    assert retriever.retrieve("xylophone quasar") == []
