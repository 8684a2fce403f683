"""`TieredMemoryMiddleware`: threads, users, restarts, sub-agents, older checkpoints, and other middleware beside it."""

import uuid
import warnings
from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import HumanInTheLoopMiddleware, wrap_model_call
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel

from langchain_tiered_memory import TieredMemoryMiddleware, close_all
from tests.langchain_tiered_memory.agents.agent_fakes import (
    Scripted,
    agent,
    ask,
    assert_valid,
    call,
    reading,
    thread,
    tiered,
)
from tiermem.errors import InvalidSettings

# --- whose memory


def test_threads_and_users_have_their_own(tmp_path: Path) -> None:
    middleware = tiered(tmp_path, namespace=lambda runtime: runtime.context["user"])
    one = agent(Scripted(), middleware, checkpointer=InMemorySaver(), context_schema=dict)
    for user in ("anna", "bob"):
        for name in ("a", "b"):
            given = {"messages": [HumanMessage(f"I am {user} in {name}.")]}
            one.invoke(given, thread(f"{user}-{name}"), context={"user": user})
    for user in ("anna", "bob"):
        assert middleware.memory.sessions(user) == [f"{user}-a", f"{user}-b"]
        said = middleware.memory.session(f"{user}-a", user).messages()
        assert said[0].text == f"I am {user} in a."


def test_a_conversation_goes_on_without_a_checkpointer(tmp_path: Path) -> None:
    model = Scripted()
    one = agent(model, tiered(tmp_path, session_id="anna"))
    one.invoke({"messages": [HumanMessage("My cat is called Plato.")]})
    one.invoke({"messages": [HumanMessage("And my dog Kant.")]})
    assert [m.text for m in model.prompts[-1]] == ["My cat is called Plato.", "answer 1", "And my dog Kant."]


def test_a_caller_who_hands_everything_over_again_stores_it_once(tmp_path: Path) -> None:
    model, middleware = Scripted(), tiered(tmp_path, session_id="anna")
    one, said = agent(model, middleware), []
    for words in ("one", "two", "three"):
        said = one.invoke({"messages": [*[type(m)(m.content) for m in said], HumanMessage(words)]})["messages"]
    stored = [message.text for message in middleware.memory.session("anna").messages()]
    assert stored == ["one", "answer 1", "two", "answer 2", "three", "answer 3"]


def test_a_run_that_nobody_names_has_a_conversation_of_its_own(tmp_path: Path) -> None:
    model, middleware = Scripted(script=reading(3)), tiered(tmp_path)
    one = agent(model, middleware)
    with pytest.warns(UserWarning, match="no later run will remember it.*thread_id"):
        one.invoke({"messages": [HumanMessage("Read three pages.")]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is told once
        one.invoke({"messages": [HumanMessage("Hello!")]})
    assert [len(middleware.memory.session(name).messages()) for name in middleware.memory.sessions()] == [8, 2]


def test_a_new_process_remembers(tmp_path: Path) -> None:
    first = agent(Scripted(script=reading(20)), tiered(tmp_path, max_tokens=4_000), checkpointer=InMemorySaver())
    ask(first)
    close_all()
    model = Scripted()
    ask(agent(model, tiered(tmp_path, max_tokens=4_000)), "What is the secret figure of page 5?")
    assert any("secret figure of page 5 is 7005" in message.text for message in model.prompts[-1])


def test_two_in_one_agent_keep_their_notes_apart(tmp_path: Path) -> None:
    first, second = tiered(tmp_path), TieredMemoryMiddleware(tmp_path / "other.db", name="other", tools=False)
    model = Scripted(script=reading(3))
    one = agent(model, first, second, checkpointer=InMemorySaver())
    ask(one)
    assert one.get_state(thread()).values["tiered_memory"].keys() == {"TieredMemoryMiddleware", "other"}
    assert [len(each.memory.session("t").messages()) for each in (first, second)] == [8, 8]
    assert [message.type for message in model.prompts[-1]] == ["human", "ai", "tool", "ai", "tool", "ai", "tool"]


def test_a_sub_agent_has_an_address_space_of_its_own(tmp_path: Path) -> None:
    from langchain_core.tools import tool

    middleware = tiered(tmp_path)
    inner = agent(Scripted(), middleware, tools=[])

    @tool
    def research(question: str) -> str:
        """Ask another agent."""
        return inner.invoke({"messages": [HumanMessage(question)]})["messages"][-1].text

    script = lambda messages, turn: call(turn, "research", question=f"sub question {turn}") if turn < 3 else None  # noqa: E731
    ask(agent(Scripted(script=script), middleware, tools=[research], checkpointer=InMemorySaver()), "main question")
    names = middleware.memory.sessions()
    assert len(names) == 3
    assert all(name == "t" or name.startswith("t|tools:") for name in names)
    said = {name: [m.text for m in middleware.memory.session(name).messages()] for name in names}
    assert not any("sub question" in text for text in said["t"] if not text.startswith("answer"))


# --- other middleware, people, older checkpoints


def test_a_thread_that_goes_on_from_an_older_checkpoint_forgets_the_other_branch(tmp_path: Path) -> None:
    model, middleware = Scripted(), tiered(tmp_path)
    one = agent(model, middleware, checkpointer=InMemorySaver())
    ask(one, "My cat is called Plato.")
    before = one.get_state(thread()).config
    ask(one, "My dog is called Kant.")
    one.invoke({"messages": [HumanMessage("My fish is called Hume.")]}, before)
    assert [m.text for m in model.prompts[-1]] == ["My cat is called Plato.", "answer 1", "My fish is called Hume."]
    assert {made.kind for made in middleware.memory.session("t").journal()} == {"hide"}


def test_messages_that_are_removed_from_the_state_leave_the_view(tmp_path: Path) -> None:
    model, middleware = Scripted(), tiered(tmp_path)
    one = agent(model, middleware, checkpointer=InMemorySaver())
    state = ask(one, "A secret that I should not have told.")
    ask(one, "Something else.")
    one.update_state(thread(), {"messages": [RemoveMessage(id=m.id) for m in state["messages"]]})
    ask(one, "And more.")
    assert [m.text for m in model.prompts[-1]] == ["Something else.", "answer 2", "And more."]


def test_a_run_that_a_person_holds_up_goes_on(tmp_path: Path) -> None:
    model, middleware = Scripted(script=reading(1)), tiered(tmp_path)
    looks = HumanInTheLoopMiddleware(interrupt_on={"read_page": True})
    one = agent(model, middleware, looks, checkpointer=InMemorySaver())
    ask(one)
    edited = {"type": "edit", "edited_action": {"name": "read_page", "args": {"number": 8}}}
    one.invoke(Command(resume={"decisions": [edited]}), thread())
    stored = middleware.memory.session("t").messages()
    assert [message.role for message in stored] == ["user", "assistant", "tool", "assistant"]
    assert "page 8 is 7008" in stored[2].text
    assert_valid(model.prompts[-1])


def test_a_question_in_place_of_a_person_s_decision_is_answered(tmp_path: Path) -> None:
    model = Scripted(script=reading(1))
    looks = HumanInTheLoopMiddleware(interrupt_on={"read_page": True})
    one = agent(model, tiered(tmp_path), looks, checkpointer=InMemorySaver())
    ask(one)
    ask(one, "Never mind. Where is the bridge?")
    assert_valid(model.prompts[-1])
    assert model.prompts[-1][-1].text == "Never mind. Where is the bridge?"


def test_what_other_middleware_puts_into_one_call_is_sent_and_not_stored(tmp_path: Path) -> None:
    @wrap_model_call
    def reminding(request: Any, handler: Any) -> Any:
        messages = [m.model_copy(update={"content": m.text.replace("1234", "****")}) for m in request.messages]
        return handler(request.override(messages=[*messages, HumanMessage("Be brief.")]))

    model, middleware = Scripted(), tiered(tmp_path)
    one = agent(model, reminding, middleware, checkpointer=InMemorySaver())
    ask(one, "My pin is 1234.")
    ask(one, "Did you note it?")
    texts = [m.text for m in model.prompts[-1]]
    assert texts == ["My pin is ****.", "answer 1", "Did you note it?", "Be brief."]
    assert "My pin is 1234." in [m.text for m in middleware.memory.session("t").messages()]


def test_thoughts_that_a_provider_binds_to_the_prefix_are_left_out_once_it_changed(tmp_path: Path) -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}

    def script(messages: list[Any], turn: int) -> AIMessage:
        return AIMessage([thought, {"type": "text", "text": f"answer {turn} " + "with many words. " * 20}])

    model, middleware = Scripted(script=script), tiered(tmp_path, max_tokens=2_500, tools=False)
    one = agent(model, middleware, tools=[], checkpointer=InMemorySaver())
    for number in range(30):
        ask(one, f"Question {number} about the bridge. " * 8)
    thoughts = [[m for m in prompt if isinstance(m.content, list) and thought in m.content] for prompt in model.prompts]
    answers = [[m for m in prompt if m.type == "ai"] for prompt in model.prompts]
    assert len(thoughts[3]) == len(answers[3]) == 3
    managed = next(place for place, prompt in enumerate(model.prompts) if any("[COMPACTED" in m.text for m in prompt))
    assert not thoughts[managed]
    stored = middleware.memory.session("t").messages()
    assert all(thought in message.content for message in stored if message.role == "assistant")


def test_an_answer_in_a_form_works(tmp_path: Path) -> None:
    class Place(BaseModel):
        name: str

    model = Scripted(script=lambda messages, turn: call(turn, "Place", name="bridge"))
    one = agent(model, tiered(tmp_path), response_format=ToolStrategy(Place), checkpointer=InMemorySaver())
    assert ask(one)["structured_response"] == Place(name="bridge")
    assert ask(one, "Again!")["structured_response"] == Place(name="bridge")
    assert_valid(model.prompts[-1])


# --- outside of a run


def test_a_session_is_reached_outside_of_a_run(tmp_path: Path) -> None:
    middleware = tiered(tmp_path)
    ask(agent(Scripted(), middleware, checkpointer=InMemorySaver()), "My cat is called Plato.")
    assert middleware.session(thread_id="t").messages()[0].text == "My cat is called Plato."
    with pytest.raises(InvalidSettings, match="session\\(thread_id="):
        middleware.session()
    assert tiered(tmp_path, session_id="t").session().stats().messages == 2


@pytest.mark.parametrize("name", [5, 0, uuid.UUID(int=7), 2.5, "5"])
def test_a_thread_has_the_same_name_inside_and_outside_of_a_run(tmp_path: Path, name: Any) -> None:
    middleware = tiered(tmp_path)
    one = agent(Scripted(), middleware, checkpointer=InMemorySaver())
    one.invoke({"messages": [HumanMessage("My cat is called Plato.")]}, thread(name))
    assert middleware.session(thread_id=name).messages()[0].text == "My cat is called Plato."
    assert middleware.session(thread_id=str(name)).scope == middleware.session(thread_id=name).scope
    with pytest.raises(InvalidSettings, match="name the session"):
        middleware.session(thread_id="")


def test_outside_of_a_run_a_function_cannot_say_whose_session_is_meant(tmp_path: Path) -> None:
    middleware = tiered(tmp_path, namespace=lambda runtime: runtime.context["user"])
    one = agent(Scripted(), middleware, checkpointer=InMemorySaver(), context_schema=dict)
    one.invoke({"messages": [HumanMessage("I am Anna.")]}, thread(), context={"user": "anna"})
    with pytest.raises(InvalidSettings, match="namespace="):
        middleware.session(thread_id="t")
    assert middleware.session(thread_id="t", namespace="anna").messages()[0].text == "I am Anna."


def test_inside_of_a_run_a_hook_reaches_its_own_session_and_that_of_another_thread(tmp_path: Path) -> None:
    seen: list[str] = []

    @wrap_model_call
    def looks(request: Any, handler: Any) -> Any:
        answer = handler(request)
        for session in (middleware.session(request.runtime, request.state), middleware.session(thread_id="b")):
            seen.extend(message.text for message in session.messages()[:1])
        return answer

    middleware = tiered(tmp_path)
    one = agent(Scripted(), looks, middleware, checkpointer=InMemorySaver())
    ask(one, "In b.", "b")
    seen.clear()
    ask(one, "In a.", "a")
    assert seen == ["In a.", "In b."]
