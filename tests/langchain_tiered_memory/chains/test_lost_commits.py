"""A turn whose commit lost its answer is stored once, whoever brought it: a history, a classic memory, an agent."""

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import ConversationTieredMemory, TieredChatMessageHistory, TieredMemoryMiddleware
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, ask
from tests.memory.crowd import length
from tests.storage.connecting.proxy import Proxy, proxied
from tiermem import Memory
from tiermem.errors import OutcomeUnknown
from tiermem.storage.connecting import server


@pytest.fixture
def proxy(opened_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(server, "FINDING_OUT", 0.2)
    with proxied(opened_url) as before:
        yield before


@pytest.fixture
def memory(proxy: Proxy) -> Iterator[Memory]:
    with Memory.open(proxy.url, counter=length, busy_timeout=0.2) as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield opened


def by_history(memory: Memory) -> Callable[[str], Any]:
    history = TieredChatMessageHistory("s", memory=memory)
    answer = RunnableLambda(lambda messages: AIMessage(f"answer to {messages[-1].content}"))
    chain = RunnableWithMessageHistory(answer, lambda session_id: history)
    return lambda words: chain.invoke([HumanMessage(words)], {"configurable": {"session_id": "s"}})


def by_classic(memory: Memory) -> Callable[[str], Any]:
    classic = ConversationTieredMemory(chat_memory=TieredChatMessageHistory("s", memory=memory))
    return lambda words: classic.save_context({"q": words}, {"a": f"answer to {words}"})


def by_agent(memory: Memory) -> Callable[[str], Any]:
    model = Scripted(script=lambda messages, _: AIMessage(f"answer to {messages[-1].text}"))
    made = agent(model, TieredMemoryMiddleware(memory=memory, session_id="s"), tools=(), checkpointer=InMemorySaver())
    return lambda words: ask(made, words)


TURNS = {"history": by_history, "classic": by_classic, "agent": by_agent}


def stored(memory: Memory) -> list[str]:
    return [message.text for message in memory.session("s").messages()]


def turns(count: int) -> list[str]:
    return list(itertools.chain.from_iterable((f"q{number}", f"answer to q{number}") for number in range(count)))


@pytest.mark.parametrize("cut", ["after", "before"])
@pytest.mark.parametrize("face", TURNS)
def test_a_commit_that_lost_its_answer_is_found_out(memory: Memory, proxy: Proxy, face: str, cut: str) -> None:
    turn = TURNS[face](memory)
    for number in range(3):
        proxy.cuts = [cut] if number == 1 else []
        turn(f"q{number}")
        assert proxy.cuts == []
    assert stored(memory) == turns(3)


@pytest.mark.parametrize("face", ["history", "classic"])
def test_where_nobody_can_say_the_next_turn_stores_what_was_not(memory: Memory, proxy: Proxy, face: str) -> None:
    turn = TURNS[face](memory)
    turn("q0")
    proxy.cuts = ["shut"]  # LangChain hides the error of a history, a classic memory its own
    turn("q1")
    proxy.open = True
    turn("q2")
    assert stored(memory) == turns(3)


def test_an_agent_whose_server_is_gone_goes_on_and_stores_what_was_said_meanwhile(memory: Memory, proxy: Proxy) -> None:
    turn = by_agent(memory)
    turn("q0")
    proxy.cuts = ["shut"]
    turn("q1")
    proxy.open = True
    turn("q2")
    assert [text for text in stored(memory) if text.startswith("q")] == ["q0", "q1", "q2"]


def test_who_adds_by_hand_is_told_and_may_add_messages_with_ids_again(memory: Memory, proxy: Proxy) -> None:
    history = TieredChatMessageHistory("s", memory=memory)
    history.add_messages([HumanMessage("hello")])
    proxy.cuts = ["shut"]
    said = [HumanMessage("one", id="a"), AIMessage("two", id="b")]
    with pytest.raises(OutcomeUnknown) as caught:
        history.add_messages(said)
    assert caught.value.ids == ("a", "b")
    proxy.open = True
    history.add_messages(said)
    assert stored(memory) == ["hello", "one", "two"]
