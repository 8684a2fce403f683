"""What leaves an agent's state: taken out, trimmed by other middleware, or gone with its thread."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import after_model, before_model
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, trim_messages
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from langchain_tiered_memory import TieredMemoryMiddleware
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, ask, call, read_page, thread, tiered
from tiermem.errors import InvalidSettings
from tiermem.events import Event

CODE = "The door code is 4711."


# --- trimmed


@before_model
def keeps_five(state: Any, runtime: Any) -> Any:
    messages = state["messages"]
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *messages[-5:]]} if len(messages) > 5 else None


@before_model
def keeps_the_first_and_three(state: Any, runtime: Any) -> Any:
    messages = state["messages"]
    if len(messages) <= 4:
        return None
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), messages[0], *messages[-3:]]}


@after_model
def deletes_the_earliest(state: Any, runtime: Any) -> Any:
    messages = state["messages"]
    return {"messages": [RemoveMessage(id=one.id) for one in messages[:2]]} if len(messages) > 2 else None


@before_model
def keeps_the_question(state: Any, runtime: Any) -> Any:
    kept = trim_messages(state["messages"], max_tokens=1, token_counter=len, start_on="human")
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *kept]}


def small_talk(one: Any, turns: int = 10, later: bool = False) -> None:
    for text in (CODE, *[f"Small talk {n} about tea." for n in range(turns)], "What is the door code?"):
        given = {"messages": [HumanMessage(text)]}
        if later:
            asyncio.run(one.ainvoke(given, thread()))
        else:
            one.invoke(given, thread())


@pytest.mark.sampled(4)
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("session_id", [None, "ann"])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("trims", [keeps_five, keeps_the_first_and_three, deletes_the_earliest, keeps_the_question])
def test_what_is_trimmed_stays_in_view_and_is_found(
    tmp_path: Path, trims: Any, first: bool, session_id: str | None, later: bool
) -> None:
    model, middleware = Scripted(), tiered(tmp_path, tools=False, session_id=session_id)
    both = (trims, middleware) if first else (middleware, trims)
    small_talk(agent(model, *both, tools=[], checkpointer=InMemorySaver()), later=later)
    session = middleware.session(thread_id=session_id or "t")
    assert [m.text for m in model.prompts[-1]][::2] == [m.text for m in session.messages() if m.role == "user"]
    assert model.prompts[-1][0].text == CODE
    assert session.search("door code")[0].message.text == CODE
    assert (session.stats().messages, session.stats().hidden) == (24, 0)
    assert session.verify().ok


def test_what_is_trimmed_in_a_long_run_stays_with_its_calls(tmp_path: Path) -> None:
    def script(messages: Sequence[Any], turn: int) -> AIMessage | None:
        return call(turn) if turn <= 6 else None

    model, middleware = Scripted(script=script), tiered(tmp_path, tools=False)
    one = agent(model, keeps_the_first_and_three, middleware, tools=[read_page], checkpointer=InMemorySaver())
    ask(one, CODE)
    session = middleware.session(thread_id="t")
    assert [m.role for m in session.messages()] == ["user", *["assistant", "tool"] * 6, "assistant"]
    assert session.stats().hidden == 0


def test_who_wants_it_hides_what_is_trimmed(tmp_path: Path) -> None:
    model, middleware = Scripted(), tiered(tmp_path, tools=False, removed="hide")
    small_talk(agent(model, keeps_five, middleware, tools=[], checkpointer=InMemorySaver()))
    assert model.prompts[-1][0].text != CODE
    assert middleware.session(thread_id="t").stats().hidden > 10


# --- taken out


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("trims", [[], [keeps_the_first_and_three]])
def test_a_message_that_a_person_takes_out_is_hidden_also_beside_trimming(
    tmp_path: Path, place: int, trims: list[Any]
) -> None:
    model, middleware = Scripted(), tiered(tmp_path, tools=False)
    one = agent(model, *trims, middleware, tools=[], checkpointer=InMemorySaver())
    for text in ("one", "two", "three", "four"):
        state = ask(one, text)
    taken = state["messages"][place]
    one.update_state(thread(), {"messages": [RemoveMessage(id=taken.id)]})
    ask(one, "five")
    assert taken.text not in [m.text for m in model.prompts[-1]]
    assert middleware.session(thread_id="t").stats().hidden == 1
    ask(one, "six")
    assert taken.text not in [m.text for m in model.prompts[-1]]
    assert middleware.session(thread_id="t").stats().hidden == 1


def test_a_message_that_a_middleware_takes_out_of_the_middle_is_hidden(tmp_path: Path) -> None:
    @before_model
    def moderates(state: Any, runtime: Any) -> Any:
        bad = [one for one in state["messages"] if "pin" in one.text and one is not state["messages"][-1]]
        return {"messages": [RemoveMessage(id=one.id) for one in bad]} if bad else None

    model, middleware = Scripted(), tiered(tmp_path, tools=False)
    one = agent(model, moderates, middleware, tools=[], checkpointer=InMemorySaver())
    for text in ("one", "two", "My pin is 1234.", "four"):
        ask(one, text)
    assert [m.text for m in model.prompts[-1]] == ["one", "answer 1", "two", "answer 2", "answer 3", "four"]
    assert not middleware.session(thread_id="t").search("pin")


def test_who_wants_it_hides_nothing(tmp_path: Path) -> None:
    model, middleware = Scripted(), tiered(tmp_path, tools=False, removed="keep")
    one = agent(model, middleware, tools=[], checkpointer=InMemorySaver())
    state = ask(one, CODE)
    one.update_state(thread(), {"messages": [RemoveMessage(id=state["messages"][0].id)]})
    ask(one, "And now?")
    assert model.prompts[-1][0].text == CODE


@pytest.mark.parametrize("wrong", [{"removed": "never"}, {"removed": "hide", "session_id": "ann"}])
def test_wishes_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings, match="removed"):
        TieredMemoryMiddleware(**wrong)
    TieredMemoryMiddleware(removed="hide", session_id=lambda runtime: "ann")


# --- threads that are gone


class KeptSaver(BaseCheckpointSaver[str]):
    """A checkpointer whose threads outlive it, as those of a database do: another one of the same *kept* has them."""

    def __init__(self, kept: InMemorySaver) -> None:
        super().__init__()
        self.kept = kept

    def get_tuple(self, config: Any) -> Any:
        return self.kept.get_tuple(config)

    def list(self, config: Any, **options: Any) -> Iterator[Any]:
        return self.kept.list(config, **options)

    def put(self, *given: Any) -> Any:
        return self.kept.put(*given)

    def put_writes(self, *given: Any) -> None:
        self.kept.put_writes(*given)

    def delete_thread(self, thread_id: str) -> None:
        self.kept.delete_thread(thread_id)

    async def aget_tuple(self, config: Any) -> Any:
        return self.kept.get_tuple(config)

    async def alist(self, config: Any, **options: Any) -> AsyncIterator[Any]:
        for one in self.kept.list(config, **options):
            yield one

    async def aput(self, *given: Any) -> Any:
        return self.kept.put(*given)

    async def aput_writes(self, *given: Any) -> None:
        self.kept.put_writes(*given)


def told(tmp_path: Path, saver: Any, *texts: str, later: bool = False, **options: Any) -> list[str]:
    """What the model of a new agent, in a new process as far as it knows, is sent for the last of *texts*."""
    model = Scripted()
    one = agent(model, tiered(tmp_path, tools=False, **options), tools=[], checkpointer=saver)
    for text in texts:
        given = {"messages": [HumanMessage(text)]}
        if later:
            asyncio.run(one.ainvoke(given, thread()))
        else:
            one.invoke(given, thread())
    return [message.text for message in model.prompts[-1]]


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("turns", [1, 2])
@pytest.mark.parametrize("kept", [False, True])
def test_a_thread_that_was_deleted_begins_anew(tmp_path: Path, kept: bool, turns: int, later: bool) -> None:
    store = InMemorySaver()
    saver: Any = KeptSaver(store) if kept else store
    told(tmp_path, saver, *[CODE, "Good."][:turns], later=later)
    saver.delete_thread("t")
    again: Any = KeptSaver(store) if kept else saver  # a database is the same after a restart
    assert told(tmp_path, again, "Hello.", later=later) == ["Hello."]
    assert told(tmp_path, again, "And now?", later=later) == ["Hello.", "answer 1", "And now?"]
    session = tiered(tmp_path).session(thread_id="t")
    assert [m.text for m in session.messages()][::2] == ["Hello.", "And now?"]
    assert not session.search("door code")
    (decision,) = session.journal()
    assert (decision.kind, decision.reason) == ("hide", "the thread was deleted")
    session.undo(decision)
    assert session.search("door code")[0].message.text == CODE
    assert session.verify().ok


def test_that_a_thread_was_deleted_is_told(tmp_path: Path) -> None:
    saver, middleware, events = InMemorySaver(), tiered(tmp_path, tools=False), list[Event]()
    one = agent(Scripted(), middleware, tools=[], checkpointer=saver)
    ask(one, CODE)
    middleware.memory.subscribe(events.append)
    saver.delete_thread("t")
    ask(one, "Hello.")
    assert "the thread was deleted" in [event.fields.get("reason") for event in events]
    saver.delete_thread("t")
    ask(one, "Hello again.")
    assert [m.text for m in middleware.session(thread_id="t").messages()] == ["Hello again.", "answer 3"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (InMemorySaver, InMemorySaver),  # a restart
        (lambda: None, lambda: None),
        (lambda: None, InMemorySaver),
        (InMemorySaver, lambda: KeptSaver(InMemorySaver())),  # a checkpointer that is new
        (lambda: KeptSaver(InMemorySaver()), InMemorySaver),
    ],
)
def test_a_checkpointer_that_never_had_the_thread_says_nothing(tmp_path: Path, before: Any, after: Any) -> None:
    told(tmp_path, before(), CODE)
    assert told(tmp_path, after(), "What is the door code?") == [CODE, "answer 1", "What is the door code?"]


@pytest.mark.parametrize("options", [{"session_id": "t"}, {"removed": "keep"}, {"session_id": lambda runtime: "t"}])
def test_a_session_that_outlives_threads_goes_on(tmp_path: Path, options: dict[str, Any]) -> None:
    saver = InMemorySaver()
    told(tmp_path, saver, CODE, **options)
    saver.delete_thread("t")
    assert told(tmp_path, saver, "Hello.", **options) == [CODE, "answer 1", "Hello."]


def test_an_agent_inside_of_a_graph_that_is_handed_the_newest_message_goes_on(tmp_path: Path) -> None:
    model = Scripted()
    inner = agent(model, tiered(tmp_path, tools=False), tools=[])
    built = StateGraph(MessagesState)
    built.add_node("inner", lambda state: {"messages": inner.invoke({"messages": state["messages"][-1:]})["messages"]})
    built.add_edge(START, "inner")
    graph = built.compile(checkpointer=InMemorySaver())
    for text in (CODE, "Good.", "What is the door code?"):
        graph.invoke({"messages": [HumanMessage(text)]}, thread())
    assert [m.text for m in model.prompts[-1]][::2] == [CODE, "Good.", "What is the door code?"]


def test_a_client_that_hands_over_what_was_said_in_a_deleted_thread_goes_on(tmp_path: Path) -> None:
    saver, model, middleware = InMemorySaver(), Scripted(), tiered(tmp_path, tools=False)
    one = agent(model, middleware, tools=[], checkpointer=saver)
    ask(one, CODE)
    saver.delete_thread("t")
    one.invoke({"messages": [HumanMessage(CODE), AIMessage("answer 1"), HumanMessage("Go on.")]}, thread())
    assert [m.text for m in model.prompts[-1]] == [CODE, "answer 1", "Go on."]
    assert middleware.session(thread_id="t").stats().hidden == 0


def test_a_run_that_failed_and_is_asked_again_hides_nothing(tmp_path: Path) -> None:
    def script(messages: Sequence[Any], turn: int) -> None:
        if turn == 1:
            raise ConnectionError

    model, middleware = Scripted(script=script), tiered(tmp_path, tools=False)
    one = agent(model, middleware, tools=[], checkpointer=InMemorySaver())
    with pytest.raises(ConnectionError):
        one.invoke({"messages": [HumanMessage(CODE)]}, thread(), durability="exit")
    ask(one, "What is the door code?")
    assert [m.text for m in model.prompts[-1]] == [CODE, "What is the door code?"]


def test_a_thread_that_was_deleted_and_erased_leaves_nothing_and_begins_anew(tmp_path: Path) -> None:
    saver, middleware = InMemorySaver(), tiered(tmp_path, tools=False)
    one = agent(Scripted(), middleware, tools=[], checkpointer=saver)
    ask(one, CODE)
    saver.delete_thread("t")
    receipt = middleware.session(thread_id="t").erase(reason="request 17")
    ask(one, "Hello.")
    session = middleware.session(thread_id="t")
    assert session.messages()[0].text == "Hello."
    assert session.search("door code") == []
    assert (session.verify().ok, middleware.memory.verify_erased(receipt).ok) == (True, True)


def test_what_was_erased_and_stands_in_the_thread_is_not_stored_again(tmp_path: Path) -> None:
    middleware = tiered(tmp_path, tools=False)
    one = agent(Scripted(), middleware, tools=[], checkpointer=InMemorySaver())
    ask(one, CODE)
    session = middleware.session(thread_id="t")
    receipt = session.erase("m1")
    ask(one, "Hello.")
    ask(one, "And now?")
    assert session.search("door code") == []
    assert [m.text for m in session.messages()][1::2] == ["Hello.", "And now?"]
    assert (session.verify().ok, middleware.memory.verify_erased(receipt).ok) == (True, True)
