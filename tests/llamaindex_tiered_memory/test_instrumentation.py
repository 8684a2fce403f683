"""Events reach LlamaIndex's instrumentation, each once, with the span in which the memory was called."""

import json

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.bridge.pydantic import Field
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.schema import Document
from llama_index.core.tools import FunctionTool

from llamaindex_tiered_memory import TieredArchiveRetriever, TieredChatMemory, TieredKnowledgeRetriever
from llamaindex_tiered_memory.events import TieredMemoryEvent, attach
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tiermem import AsyncMemory, Memory
from tiermem.providers import calls

LONG = "we decided to raise the pool of this service to 50, as you asked. " * 4


class Heard(BaseEventHandler):
    events: list = Field(default_factory=list)
    broken: bool = False

    @classmethod
    def class_name(cls):
        return "Heard"

    def handle(self, event, **kwargs):
        self.events.append(event)
        if self.broken:
            raise ValueError("no such panel")

    @property
    def ours(self):
        return [one for one in self.events if isinstance(one, TieredMemoryEvent)]


@pytest.fixture
def heard():
    handler, root = Heard(), get_dispatcher()
    root.add_event_handler(handler)
    yield handler
    root.event_handlers.remove(handler)


@pytest.fixture
def opened(tmp_path):
    with Memory.open(
        tmp_path / "chat.db", counter=lambda text: len(text) // 4 + 1, pre_rot_threshold=600, keep_recent_count=2
    ) as memory:
        yield memory


def told_by(memory):
    told = []
    memory.subscribe(lambda event: told.append(event.as_dict()))
    return told


def plain(event):
    return {"kind": event.kind, "session": event.session, **event.fields}


def same(core):
    return [{name: one for name, one in event.items() if name not in {"at", "tenant", "user"}} for event in core]


@pytest.mark.parametrize("mode", ["chat", "achat"])
async def test_a_chat_engine_tells_all_that_its_memory_does(heard, opened, mode):
    memory = TieredChatMemory(memory=opened, session_id="s", token_limit=400)
    core = told_by(opened)
    engine = SimpleChatEngine.from_defaults(llm=ScriptedLLM(LONG), memory=memory)
    for number in range(30):
        text = f"question {number} about the pool of service {number}?"
        if mode == "chat":
            engine.chat(text)
        else:
            await engine.achat(text)
    assert [plain(one) for one in heard.ours] == same(core)
    assert {"added", "compacted", "summarised", "recalled"} <= {one.kind for one in heard.ours}
    assert all(one.span_id.startswith("SimpleChatEngine.") for one in heard.ours)
    assert all(one.class_name() == one.model_dump()["class_name"] == "TieredMemoryEvent" for one in heard.ours)
    json.dumps([plain(one) for one in heard.ours])


async def test_an_agent_tells_them_too(heard, opened):
    memory = TieredChatMemory(memory=opened, session_id="s", token_limit=2000)
    core = told_by(opened)
    tool = FunctionTool.from_defaults(lambda: LONG, name="look", description="Looks.")
    agent = FunctionAgent(tools=[tool], llm=ScriptedLLM(called("look"), "the pool is 50"), system_prompt="help")
    await agent.run("which pool?", memory=memory)
    assert [plain(one) for one in heard.ours] == same(core)
    assert [one.kind for one in heard.ours if one.kind != "recalled"].count("added") >= 2
    assert all(one.span_id for one in heard.ours)


async def test_retrievers_tell_what_they_find(heard, opened):
    opened.session("s").add(["the pool of billing is raised to 50", "the valve of service 3 is shut"])
    archive = TieredArchiveRetriever(opened.session("s"))
    knowledge = TieredKnowledgeRetriever(opened.session("s"), conversation=True)
    knowledge.insert(Document(text="the manual of the pool", metadata={"source": "manual.txt"}))
    assert [(one.kind, one.session) for one in heard.ours] == [("added", "documents"), ("indexed", "documents")]
    archive.retrieve("which pool of billing?")
    await knowledge.aretrieve("which pool?")
    assert [one.kind for one in heard.ours] == ["added", "indexed", "recalled", "recalled", "recalled"]
    assert heard.ours[2].fields["refs"][0] == "m1"


def test_a_memory_with_several_objects_tells_once(heard, opened):
    for _ in range(3):
        memory = TieredChatMemory(memory=opened, session_id="s")
        TieredArchiveRetriever(memory)
    attach(AsyncMemory(*opened.wiring))
    memory.put(ChatMessage(role="user", content="hello"))
    assert [one.kind for one in heard.ours] == ["added"]


def test_what_is_put_back_by_hand_is_told(heard, opened):
    memory = TieredChatMemory(memory=opened, session_id="s")
    memory.put(ChatMessage(role="user", content="hello"))
    memory.session.restore("m1")
    memory.reset()
    memory.session.undo(2)
    assert [one.kind for one in heard.ours] == ["added", "restored", "forgotten", "undone"]


def test_a_handler_that_fails_breaks_nothing(heard, opened):
    heard.broken = True
    memory = TieredChatMemory(memory=opened, session_id="s")
    memory.put(ChatMessage(role="user", content="hello"))
    assert [one.content for one in memory.get_all()] == ["hello"]
    assert len(heard.ours) == 1
    assert memory.session.stats().degraded == ()


def test_no_thread_is_started_for_events_that_nobody_handles(opened, monkeypatch, request):
    memory, real, threads = TieredChatMemory(memory=opened, session_id="s"), calls.started, []
    monkeypatch.setattr(calls, "started", lambda *call: (threads.append(call), real(*call))[1])
    memory.put(ChatMessage(role="user", content=LONG))
    assert not threads
    handler = request.getfixturevalue("heard")
    memory.put(ChatMessage(role="assistant", content=LONG))
    assert len(threads) == 1
    assert [event.kind for event in handler.ours] == ["added"]
