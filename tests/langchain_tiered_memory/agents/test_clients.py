"""Clients that hand over what they show, in their own forms: everything is stored once, and shown to the model once."""

from collections.abc import Callable
from operator import add
from pathlib import Path
from typing import Annotated, Any

import pytest
from langchain.agents import AgentState
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, call, thread, tiered

TURNS = 4
Form = Callable[[list[BaseMessage]], list[BaseMessage]]


def looking(messages: list[BaseMessage], turn: int) -> AIMessage | None:
    """Looks something up for each question, and answers."""
    if isinstance(messages[-1], HumanMessage):
        return call(turn)
    return AIMessage(f"answer {turn // 2}", response_metadata={"turn": turn})


def visible(talk: list[BaseMessage]) -> list[BaseMessage]:
    """The texts of questions and answers, as messages that say nothing else."""
    shown = [
        message for message in talk if isinstance(message, HumanMessage) or (message.type == "ai" and message.text)
    ]
    return [type(message)(message.text) for message in shown]


def with_ids(talk: list[BaseMessage]) -> list[BaseMessage]:
    shown = [
        message for message in talk if isinstance(message, HumanMessage) or (message.type == "ai" and message.text)
    ]
    return [type(message)(message.text, id=message.id) for message in shown]


def everything(talk: list[BaseMessage]) -> list[BaseMessage]:
    return list(talk)


def without_ids(talk: list[BaseMessage]) -> list[BaseMessage]:
    return [message.model_copy(update={"id": None}) for message in talk]


def other_call_ids(talk: list[BaseMessage]) -> list[BaseMessage]:
    made: list[BaseMessage] = []
    for message in without_ids(talk):
        if isinstance(message, AIMessage) and message.tool_calls:
            calls = [{**one, "id": f"ui-{one['id']}"} for one in message.tool_calls]
            made.append(AIMessage(message.content, tool_calls=calls))
        elif isinstance(message, ToolMessage):
            made.append(ToolMessage(message.content, tool_call_id=f"ui-{message.tool_call_id}", name=message.name))
        else:
            made.append(message)
    return made


def calls_as_text(talk: list[BaseMessage]) -> list[BaseMessage]:
    return [
        AIMessage(f"(called {message.tool_calls[0]['name']})") if getattr(message, "tool_calls", None) else message
        for message in without_ids(talk)
        if not isinstance(message, ToolMessage)
    ]


def questions(talk: list[BaseMessage]) -> list[BaseMessage]:
    return [message for message in visible(talk) if isinstance(message, HumanMessage)]


def trimmed(talk: list[BaseMessage]) -> list[BaseMessage]:
    return [type(message)("  ".join(message.text.split()) + "\n") for message in visible(talk)]


def blocks(talk: list[BaseMessage]) -> list[BaseMessage]:
    return [type(message)([{"type": "text", "text": message.text}]) for message in visible(talk)]


FORMS = [visible, with_ids, everything, without_ids, other_call_ids, calls_as_text, questions, trimmed, blocks]


@pytest.mark.parametrize("form", FORMS)
def test_what_a_client_hands_over_again_is_stored_and_shown_once(tmp_path: Path, form: Form) -> None:
    model, middleware = Scripted(script=looking), tiered(tmp_path, tools=False)
    one, talk = agent(model, middleware), list[BaseMessage]()
    for turn in range(TURNS):
        question = HumanMessage(f"Question {turn}, please?")
        given = [*form(talk), question]
        out = one.invoke({"messages": given}, thread())["messages"]
        talk = [*talk, question, *out[len(given) :]]
    session = middleware.memory.session("t")
    assert [message.role for message in session.messages()] == ["user", "assistant", "tool", "assistant"] * TURNS
    assert session.stats().hidden == 0
    assert [message.type for message in model.prompts[-1]] == [*["human", "ai", "tool", "ai"] * TURNS][:-1]
    shown = [message.text for message in model.prompts[-1] if isinstance(message, HumanMessage)]
    assert [" ".join(text.split()) for text in shown] == [f"Question {turn}, please?" for turn in range(TURNS)]


def test_a_system_message_that_a_client_puts_in_front_is_kept_once(tmp_path: Path) -> None:
    model, middleware = Scripted(script=looking), tiered(tmp_path, tools=False)
    one, talk = agent(model, middleware), list[BaseMessage]()
    for turn in range(TURNS):
        rules = [SystemMessage("Be brief.")] if turn else []
        given = [*rules, *visible(talk), HumanMessage(f"Question {turn}?")]
        out = one.invoke({"messages": given}, thread())["messages"]
        talk = [*talk, given[-1], *out[len(given) :]]
    said = [message.text for message in middleware.memory.session("t").messages()]
    assert said.count("Be brief.") == 1
    assert len(said) == 4 * TURNS + 1


class Bare(AgentState[Any]):
    """A state whose reducer gives no ids."""

    messages: Annotated[list[Any], add]  # type: ignore[misc]


@pytest.mark.parametrize("kind", ["deepagents", "a reducer that adds"])
def test_messages_without_ids_are_stored_once(tmp_path: Path, kind: str) -> None:
    model, middleware = Scripted(), tiered(tmp_path, tools=False)
    if kind == "deepagents":
        create_deep_agent = pytest.importorskip("deepagents", reason="one of the peers").create_deep_agent
        one = create_deep_agent(model=model, middleware=[middleware], checkpointer=InMemorySaver())
    else:
        one = agent(model, middleware, tools=[], state_schema=Bare, checkpointer=InMemorySaver())
    for turn in range(TURNS):
        text = f"Question {turn}?"
        given: Any = [("user", text)] if kind == "deepagents" else [HumanMessage(text)]
        one.invoke({"messages": given}, thread())
    said = [message.text for message in middleware.memory.session("t").messages()]
    assert said == [text for turn in range(TURNS) for text in (f"Question {turn}?", f"answer {turn + 1}")]
    assert [message.text for message in model.prompts[-1] if message.type != "system"] == said[:-1]


@pytest.mark.parametrize("calls", [1, 3], ids=["one", "parallel"])
def test_calls_without_an_id_have_their_results(tmp_path: Path, calls: int) -> None:
    """As local servers and Gemini's OpenAI API make them; the run ends as it does without us."""

    def script(messages: list[BaseMessage], turn: int) -> AIMessage | None:
        if isinstance(messages[-1], HumanMessage):
            made = [{"name": "read_page", "args": {"number": number}, "id": ""} for number in range(calls)]
            return AIMessage("", tool_calls=made)
        return None

    model, middleware = Scripted(script=script), tiered(tmp_path, tools=False)
    one = agent(model, middleware, checkpointer=InMemorySaver())
    for turn in range(TURNS):
        one.invoke({"messages": [HumanMessage(f"Look {turn}.")]}, thread())
    assert len(model.prompts) == 2 * TURNS
    assert [message.type for message in model.prompts[-1]] == [*["human", "ai", *["tool"] * calls, "ai"] * TURNS][:-1]
    for number, message in enumerate(model.prompts[-1][-calls:]):
        assert f"secret figure of page {number} is {7000 + number}" in message.text


@pytest.mark.parametrize("again", [["hello", "Question 2?"], ["Question 1?", "hello", "Question 2?"]])
def test_several_messages_at_once_are_new_even_where_their_words_were_said_before(
    tmp_path: Path, again: list[str]
) -> None:
    model, middleware = Scripted(), tiered(tmp_path, tools=False)
    one = agent(model, middleware, tools=[], checkpointer=InMemorySaver())
    for text in ("hello", "Question 0?", "Question 1?"):
        one.invoke({"messages": [HumanMessage(text)]}, thread())
    one.invoke({"messages": [HumanMessage(text) for text in again]}, thread())
    said = [message.text for message in middleware.memory.session("t").messages() if message.role == "user"]
    assert said == ["hello", "Question 0?", "Question 1?", *again]
