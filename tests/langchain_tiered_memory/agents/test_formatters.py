"""300 views of talks full of parallel, dangling, orphan and interrupted calls, as three providers would get them."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from langchain_tiered_memory.agents.listing import roster_of
from langchain_tiered_memory.agents.view import prompt_of
from langchain_tiered_memory.procedures import run
from tests.langchain_tiered_memory.agents.agent_fakes import PLACES, assert_valid
from tiermem import Memory
from tiermem.agents.note import Note
from tiermem.agents.storing import storing
from tiermem.agents.view import ViewRequest, viewing

VIEWS, STEPS = 300, 25
MANY = 10_000  # in one run of `make soak`
NAMES = ("anthropic", "openai", "openai responses", "google")


def formatter(name: str) -> Callable[[list[BaseMessage]], Any]:
    """What a provider's own class would send; nothing is sent. Their clients take seconds to import."""
    if name == "anthropic":
        from langchain_anthropic import ChatAnthropic

        return ChatAnthropic(model="claude-sonnet-4-5", api_key="none")._get_request_payload
    if name == "google":
        from langchain_google_genai import ChatGoogleGenerativeAI

        return ChatGoogleGenerativeAI(model="gemini-3-flash", api_key="none")._prepare_request
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="gpt-5", api_key="none", use_responses_api="responses" in name)._get_request_payload


def words(chance: random.Random, most: int) -> str:
    return " ".join(chance.choices(PLACES, k=chance.randint(1, most)))


class Talk:
    """Grows by one random step: what agents, people and crashes make of a conversation."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.state: list[BaseMessage] = []
        self.open: list[str] = []
        self.made = 0

    def grow(self) -> None:
        kinds = {"ask": 3, "say": 2, "call": 5, "answer": 8, "orphan": 1, "repeat": 1, "system": 0.3}
        kind = self.chance.choices(list(kinds), list(kinds.values()))[0]
        if kind == "answer" and not self.open:
            kind = "call"
        if kind == "system" and not self.state:
            kind = "ask"
        message = getattr(self, kind)()
        message.id = f"i{len(self.state)}"
        self.state.append(message)

    def ask(self) -> BaseMessage:
        return HumanMessage(words(self.chance, 60))

    def say(self) -> BaseMessage:
        text = words(self.chance, 60)
        return AIMessage(self.chance.choice([text, [{"type": "text", "text": text}]]))

    def call(self) -> BaseMessage:
        calls = []
        for _ in range(self.chance.choice([1, 1, 1, 2, 3, 5])):
            self.made += 1
            name = f"call-{self.made}"
            calls.append({"name": "visit", "args": {"place": words(self.chance, 9)}, "id": name})
            self.open.append(name)
        return AIMessage(self.chance.choice(["", words(self.chance, 20)]), tool_calls=calls)

    def answer(self) -> BaseMessage:
        name = self.open.pop(self.chance.randrange(len(self.open)))
        status = self.chance.choice(["success", "success", "error"])
        return ToolMessage(words(self.chance, self.chance.choice([5, 40, 400])), tool_call_id=name, status=status)

    def orphan(self) -> BaseMessage:
        return ToolMessage(words(self.chance, 90), tool_call_id=f"nobody-{len(self.state)}", name="visit")

    def repeat(self) -> BaseMessage:
        """A second result of an answered call, or a call that reuses an id."""
        name = f"call-{self.chance.randint(1, max(1, self.made))}"
        if self.chance.random() < 0.5:
            return ToolMessage(words(self.chance, 20), tool_call_id=name)
        return AIMessage("", tool_calls=[{"name": "visit", "args": {}, "id": name}])

    def system(self) -> BaseMessage:
        return SystemMessage(words(self.chance, 20))


def assert_views_pass(seeds: range) -> None:
    formatters = [formatter(name) for name in NAMES]
    memory = Memory.open(":memory:", enable_context_management=False)
    for number in seeds:
        chance = random.Random(number)
        talk, note, session = Talk(chance), Note(), memory.session(f"s{number}")
        limit = chance.choice([900, 1_500, 4_000])
        for _ in range(STEPS):
            talk.grow()
            note = run(storing(note, roster_of(talk.state, owned=True)), session)
            fresh = isinstance(talk.state[-1], HumanMessage)
            request = ViewRequest(limit, memory.counter, memory.settings, fresh=fresh, within="conversation")
            view = run(viewing(note, request), session)
            note, messages = view.note, prompt_of(view).messages
            assert_valid(messages)
            assert view.context.tokens <= limit
            for send in formatters:
                assert send(messages)


def test_every_view_passes_the_formatters_of_three_providers() -> None:
    assert_views_pass(range(VIEWS // STEPS))  # in one go: the three clients take seconds to import


@pytest.mark.soak
def test_ten_thousand_views_pass_them() -> None:
    assert_views_pass(range(VIEWS // STEPS, MANY // STEPS))
