"""One use of every public name of llamaindex_tiered_memory. LlamaIndex is imported inside."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.matrix.smoke import raised

EXTRA = "llamaindex"
CORE = ("llama_index.core",)
NEEDS = dict.fromkeys(
    (
        "ArchiveVectors",
        "InitialTokensError",
        "LLMExtractor",
        "LLMSummarizer",
        "RoutedLLM",
        "TieredArchiveRetriever",
        "TieredChatMemory",
        "TieredFunctionAgent",
        "TieredKnowledgeRetriever",
        "TieredMemoryBlock",
        "TieredMemoryEvent",
        "bounded_function",
        "bounded_tools",
        "load_file",
        "load_saved",
        "load_sql_table",
        "memory_tools",
        "to_chat_message",
        "to_message",
    ),
    CORE,
)
FERRY = "The ferry to Oslo leaves at nine."
QUESTION = "When does the ferry to Oslo leave?"
NOTES = '{"user_goal": "Take the ferry to Oslo", "critical_context": [], "key_decisions": [], "last_step": ""}'
DUMP = {"chat_history": [{"role": "user", "content": FERRY, "additional_kwargs": {}}], "token_limit": 77}


def _said(folder: Path) -> Any:
    from llama_index.core.llms import ChatMessage

    from llamaindex_tiered_memory import TieredChatMemory

    memory = TieredChatMemory.from_defaults(session_id="s", path=folder / "chat.db")
    memory.put_messages([ChatMessage(role="user", content=FERRY), ChatMessage(role="assistant", content="Noted.")])
    return memory


def use_TieredChatMemory(made: Any, folder: Path) -> None:
    from llama_index.core.chat_engine import SimpleChatEngine
    from llama_index.core.llms import MockLLM

    engine = SimpleChatEngine.from_defaults(llm=MockLLM(), memory=_said(folder))
    assert FERRY in str(engine.chat(QUESTION))  # the mock model says what it was sent
    again = made.from_defaults(session_id="s", path=folder / "chat.db")
    assert [m.content for m in again.get_all()][:3] == [FERRY, "Noted.", QUESTION]
    assert len(asyncio.run(again.aget_all())) == 4


def use_TieredFunctionAgent(made: Any, folder: Path) -> None:
    from llama_index.core.llms import ChatMessage, ChatResponse, LLMMetadata, MockLLM

    class Model(MockLLM):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(is_function_calling_model=True, context_window=8_000)

        async def astream_chat_with_tools(self, *, chat_history: Any, **options: Any) -> Any:
            prompts.append([message.content for message in chat_history])
            return self.answer()

        async def answer(self) -> Any:
            yield ChatResponse(message=ChatMessage(role="assistant", content="At nine."), delta="At nine.")

        def get_tool_calls_from_response(self, *arguments: Any, **options: Any) -> list[Any]:
            return []

    async def ask() -> str:
        return str(await made(llm=Model(), tools=[]).run(QUESTION, memory=memory))

    prompts: list[list[str]] = []
    memory = _said(folder)
    assert asyncio.run(ask()) == "At nine."
    assert FERRY in "".join(prompts[-1])
    assert [message.content for message in memory.get_all()] == [FERRY, "Noted.", QUESTION, "At nine."]


def use_LLMExtractor(made: Any, folder: Path) -> None:
    from llama_index.core.llms import ChatMessage, ChatResponse, MockLLM

    class Reader(MockLLM):
        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            return ChatResponse(message=ChatMessage(role="assistant", content='{"facts": []}'))

    from tiermem import Message

    assert made(Reader())([Message(role="user", content=FERRY, sequence=1)]) == []


def use_LLMSummarizer(made: Any, folder: Path) -> None:
    from llama_index.core.llms import ChatMessage, ChatResponse, MockLLM

    class Writer(MockLLM):
        def chat(self, messages: Any, **kwargs: Any) -> ChatResponse:
            return ChatResponse(message=ChatMessage(role="assistant", content=NOTES))

    from tiermem import Message

    said = [Message(role="user", content=FERRY, sequence=1)]
    assert made(Writer())(said).user_goal == "Take the ferry to Oslo"


def use_RoutedLLM(made: Any, folder: Path) -> None:
    from llama_index.core.chat_engine import SimpleChatEngine
    from llama_index.core.llms import MockLLM

    from tiermem.routing import Router

    engine = SimpleChatEngine.from_defaults(llm=made(Router({"easy": MockLLM()})), memory=_said(folder))
    assert FERRY in str(engine.chat(QUESTION))


def use_TieredMemoryBlock(made: Any, folder: Path) -> None:
    from llama_index.core.llms import ChatMessage
    from llama_index.core.memory import Memory

    memory = Memory.from_defaults(
        session_id="s", token_limit=400, token_flush_size=60, memory_blocks=[made(folder / "chat.db")]
    )
    for text in (FERRY, *(f"Topic {number}. {'filler ' * 20}" for number in range(12))):
        memory.put_messages([ChatMessage(role="user", content=text), ChatMessage(role="assistant", content="Noted.")])
    memory.put(ChatMessage(role="user", content=QUESTION))
    shown = [str(message.content) for message in memory.get()]
    assert FERRY in shown[0]
    assert FERRY not in "".join(shown[1:])


def use_TieredMemoryEvent(made: Any, folder: Path) -> None:
    from llama_index.core.instrumentation import get_dispatcher
    from llama_index.core.instrumentation.event_handlers import BaseEventHandler

    class Watch(BaseEventHandler):
        def handle(self, event: Any, **options: Any) -> None:
            if isinstance(event, made):
                kinds.append(event.kind)

    kinds: list[str] = []
    watch, root = Watch(), get_dispatcher()
    root.add_event_handler(watch)
    _said(folder)
    root.event_handlers.remove(watch)
    assert "added" in kinds


def use_TieredArchiveRetriever(made: Any, folder: Path) -> None:
    assert FERRY in made(_said(folder)).retrieve(QUESTION)[0].text


def use_TieredKnowledgeRetriever(made: Any, folder: Path) -> None:
    from llama_index.core import Document

    knowledge = made(_said(folder))
    knowledge.insert(Document(text=FERRY, metadata={"source": "ferries.md"}))
    assert knowledge.retrieve(QUESTION)[0].metadata["source"] == "ferries.md"


def use_InitialTokensError(made: Any, folder: Path) -> None:
    error = raised(made, lambda: _said(folder).get(initial_token_count=10_000_000))
    assert isinstance(error, ValueError)  # what LlamaIndex's own memories raise


def _read_pages() -> str:
    """Reads every page."""
    return "A page. " * 5_000


def use_bounded_tools(made: Any, folder: Path) -> None:
    memory = _said(folder)
    tool = made([_read_pages], memory, max_tokens=200)[0]
    assert tool.metadata.name == "_read_pages"
    assert len(str(tool.call())) < 2_000
    assert memory.session.stats().messages == 3


def use_bounded_function(made: Any, folder: Path) -> None:
    memory = _said(folder)
    assert len(made(_read_pages, memory, max_tokens=200)()) < 2_000
    assert memory.session.stats().messages == 3


def use_load_saved(made: Any, folder: Path) -> None:
    assert [m.content for m in made(json.dumps(DUMP))] == [FERRY]


def use_load_file(made: Any, folder: Path) -> None:
    (folder / "chat.json").write_text(json.dumps(DUMP), "utf-8")
    assert [m.content for m in made(folder / "chat.json")] == [FERRY]


def use_load_sql_table(made: Any, folder: Path) -> None:
    with sqlite3.connect(folder / "chat.db") as database:
        database.execute(
            "CREATE TABLE llama_index_memory (id INTEGER PRIMARY KEY, key TEXT, timestamp INTEGER, role TEXT,"
            " status TEXT, data TEXT)"
        )
        values = ("s", 1, "user", "archived", json.dumps({"role": "user", "content": FERRY}))
        database.execute("INSERT INTO llama_index_memory VALUES (1, ?, ?, ?, ?, ?)", values)
    database.close()
    assert [m.content for m in made(folder / "chat.db", "s")] == [FERRY]


def use_to_message(made: Any, folder: Path) -> None:
    from llama_index.core.llms import ChatMessage

    assert made(ChatMessage(role="user", content=FERRY)).text == FERRY


def use_to_chat_message(made: Any, folder: Path) -> None:
    from llama_index.core.llms import ChatMessage

    from llamaindex_tiered_memory import to_message

    chat = ChatMessage(role="tool", content=FERRY, additional_kwargs={"tool_call_id": "c"})
    assert made(to_message(chat)) == chat


def use_memory_tools(made: Any, folder: Path) -> None:
    tools = {tool.metadata.name: tool for tool in made(_said(folder))}
    assert sorted(tools) == ["expand_memory", "forget_memory", "remember", "search_memory"]
    assert FERRY in str(tools["search_memory"].call(query=QUESTION))


def use_ArchiveVectors(made: Any, folder: Path) -> None:
    def embed(texts: list[str]) -> list[list[float]]:
        return [[1.0, float(text.count("ferry")), float(text.count("o"))] for text in texts]

    from llama_index.core.vector_stores import SimpleVectorStore

    store = made(SimpleVectorStore())
    from tiermem import Memory as Archive

    with Archive.open(folder / "vectors.db", embedder=embed, vector_store=store) as memory:
        session = memory.session("s")
        session.add([FERRY, "Something else."])
        session.index()
        assert session.search(QUESTION)[0].message.text == FERRY
        assert len(store.store.data.embedding_dict) == 2
