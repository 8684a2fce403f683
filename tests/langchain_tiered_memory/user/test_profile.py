"""What is known of a user in every prompt, through the classes for LangChain that take the option."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_tiered_memory import ConversationTieredMemory, TieredChatMessageHistory, TieredMemoryMiddleware
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, ask, call, thread
from tiermem import Memory
from tiermem.errors import InvalidSettings, MissingNamespace
from tiermem.window.quotation import PROFILE


@pytest.fixture
def place(tmp_path: Path) -> dict[str, Any]:
    """Where a user spoke on Monday, in a namespace of their own."""
    given: dict[str, Any] = {"path": tmp_path / "chat.db", "namespace": "anna"}
    TieredChatMessageHistory("monday", **given).add_messages([HumanMessage("I live in Lisbon. 我对花生过敏。")])
    TieredChatMessageHistory("monday", path=given["path"], namespace="ben").add_user_message("I live in Bonn.")
    return given


def test_a_memory_of_a_chain_shows_it_first_on_the_first_turn_too(place: dict[str, Any]) -> None:
    memory = ConversationTieredMemory(session_id="today", profile=200, **place)
    first = memory.load_memory_variables({"input": "Hello."})["chat_history"]
    assert [message.type for message in first] == ["human"]
    assert first[0].content.startswith(PROFILE)
    assert first[0].additional_kwargs["lc_source"] == "profile"
    memory.save_context({"input": "Hello."}, {"output": "Hello, Anna."})
    second = memory.load_memory_variables({"input": "And now?"})["chat_history"]
    assert second[0].content == first[0].content
    assert "Lisbon" in second[0].content
    assert "花生" in second[0].content
    assert "Bonn" not in str(second)
    assert "Lisbon" not in str(ConversationTieredMemory(session_id="today", **place).load_memory_variables({}))


def test_each_prompt_of_an_agent_begins_with_it_until_it_changes(place: dict[str, Any]) -> None:
    script = lambda messages, turn: call(1, "search_memory", query="home") if turn == 1 else None  # noqa: E731
    model = Scripted(script=script)
    middleware = TieredMemoryMiddleware(**place, profile=200)
    one = agent(model, middleware, tools=[], system_prompt="You are kind.")
    ask(one, "What is the weather like?", "today")
    ask(one, "And tomorrow?", "today")
    ask(one, "By the way, I moved to Porto.", "tomorrow")
    ask(one, "Thank you.", "tomorrow")
    blocks = [prompt[1].content for prompt in model.prompts]
    assert {prompt[0].type for prompt in model.prompts} == {"system"}
    assert all(block.startswith(PROFILE) for block in blocks)
    assert len(set(blocks[:3])) == 1
    assert "Lisbon" in blocks[0]
    assert "Porto" in blocks[-1]
    assert "Lisbon" not in blocks[-1]
    stored = middleware.session(thread_id="today").messages()
    assert not any(PROFILE in message.text for message in stored)  # it is shown, and never said


def test_who_has_no_user_and_what_is_no_number_is_refused_when_the_object_is_made(tmp_path: Path) -> None:
    for make in (ConversationTieredMemory, TieredMemoryMiddleware):
        with pytest.raises(MissingNamespace, match="profile= needs a user"):
            make(path=tmp_path / "chat.db", profile=300)
        for wrong in (-1, True, "300"):
            with pytest.raises(InvalidSettings, match="profile"):
                make(path=tmp_path / "chat.db", namespace="anna", profile=wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "chat.db").exists()


def test_a_user_that_a_function_names_is_asked_for_at_each_run(place: dict[str, Any]) -> None:
    middleware = TieredMemoryMiddleware(
        place["path"], namespace=lambda runtime: runtime.context["user"], profile=200, tools=False
    )
    model = Scripted()
    one = agent(model, middleware, tools=[], context_schema=dict)
    for user, town in (("anna", "Lisbon"), ("ben", "Bonn")):
        one.invoke({"messages": [HumanMessage("Hello.")]}, thread("today"), context={"user": user})
        assert town in str(model.prompts[-1])
    with pytest.raises(MissingNamespace):
        one.invoke({"messages": [HumanMessage("Hello.")]}, thread("today"), context={"user": "default"})


def test_a_small_limit_leaves_room_for_the_question(place: dict[str, Any]) -> None:
    with Memory.open(place["path"]) as memory:
        for number in range(40):
            memory.profile("anna").pin(f"Wish {number}: " + "please answer in short words " * 4)
    model = Scripted()
    one = agent(model, TieredMemoryMiddleware(**place, profile=300, max_tokens=700, tools=False), tools=[])
    for number in range(6):
        ask(one, f"Question {number}: " + "what is the largest harbour? " * 20, "today")
        assert f"Question {number}" in str(model.prompts[-1])
        assert str(model.prompts[-1][0].content).startswith(PROFILE)
