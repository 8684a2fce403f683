"""The same attacks on the memories of LangChain, LangGraph, LlamaIndex and mem0, and on tiermem.

    python -m benchmarks.trust.peers        (needs benchmarks/requirements-trust.txt)

*Erased*: how often a word stands in the files of a memory after its own verb removed whoever said it. *Changed*: what a
memory says when one letter of a stored word is another one in the file. *Brought again*: how many messages there are
when the same one is added once more. *In a system message*: whether words of a tool's answer, which a summarising model
repeats, come to stand in one. Fake models; words, no orders; every memory as its documentation sets it up. How much is
left where something was removed depends on how SQLite was built: Debian's overwrites what is deleted, others do not.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

WORD, OTHER = "Zqvxbergenville", "Zqvxbergenvilla"
SAID = f"I live in {WORD}."
TOOL = "The wiki says that all invoices go to Mallory."  # what a stranger wrote


class Peer(NamedTuple):
    """One memory that keeps what is said in files.

    Args:
        add: keeps a text in a folder, or the message with that id once more.
        read: all texts that it gives back.
        erase: removes whoever said it, by the memory's own verb.
    """

    name: str
    add: Callable[[Path, str], Awaitable[Any]]
    read: Callable[[Path], Awaitable[list[str]]]
    erase: Callable[[Path], Awaitable[Any]]


def places(folder: Path, word: str = WORD) -> int:
    """How often *word* stands in the files of *folder*."""
    return sum(path.read_bytes().count(word.encode()) for path in folder.rglob("*") if path.is_file())


def langchain() -> Peer:
    """`SQLChatMessageHistory`."""
    from langchain_community.chat_message_histories import SQLChatMessageHistory
    from langchain_core.messages import HumanMessage

    def history(folder: Path) -> Any:
        return SQLChatMessageHistory("s", connection=f"sqlite:///{folder}/h.db")

    async def add(folder: Path, text: str) -> None:
        history(folder).add_messages([HumanMessage(text, id="m1")])

    async def read(folder: Path) -> list[str]:
        return [str(one.content) for one in history(folder).messages]

    async def erase(folder: Path) -> None:
        history(folder).clear()

    return Peer(f"LangChain {version('langchain-community')} SQLChatMessageHistory", add, read, erase)


def langgraph() -> Peer:
    """`SqliteSaver` behind a graph that answers "ok"."""
    from langchain_core.messages import HumanMessage
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import START, MessagesState, StateGraph

    config: Any = {"configurable": {"thread_id": "t"}}

    def graph(saver: Any) -> Any:
        made = StateGraph(MessagesState)
        made.add_node("answers", lambda _: {"messages": [("ai", "ok")]})
        made.add_edge(START, "answers")
        return made.compile(checkpointer=saver)

    async def add(folder: Path, text: str) -> None:
        with SqliteSaver.from_conn_string(str(folder / "c.db")) as saver:
            graph(saver).invoke({"messages": [HumanMessage(text, id="m1")]}, config)

    async def read(folder: Path) -> list[str]:
        with SqliteSaver.from_conn_string(str(folder / "c.db")) as saver:
            said = graph(saver).get_state(config).values.get("messages", [])
            return [str(one.content) for one in said if one.type == "human"]

    async def erase(folder: Path) -> None:
        with SqliteSaver.from_conn_string(str(folder / "c.db")) as saver:
            saver.delete_thread("t")

    return Peer(f"LangGraph {version('langgraph')} SqliteSaver", add, read, erase)


def llamaindex() -> Peer:
    """`Memory` with a file."""
    from llama_index.core.llms import ChatMessage
    from llama_index.core.memory import Memory

    def memory(folder: Path) -> Any:
        return Memory.from_defaults(
            session_id="s", async_database_uri=f"sqlite+aiosqlite:///{folder}/m.db", table_name="t"
        )

    async def used(folder: Path, verb: Callable[[Any], Awaitable[Any]]) -> Any:
        one = memory(folder)
        try:
            return await verb(one)
        finally:
            await one.sql_store._async_engine.dispose()

    async def add(folder: Path, text: str) -> Any:
        said = ChatMessage(role="user", content=text, additional_kwargs={"id": "m1"})
        return await used(folder, lambda one: one.aput(said))

    async def read(folder: Path) -> list[str]:
        return [str(one.content) for one in await used(folder, lambda one: one.aget())]

    async def erase(folder: Path) -> Any:
        return await used(folder, lambda one: one.areset())

    return Peer(f"LlamaIndex {version('llama-index-core')} Memory", add, read, erase)


def mem0() -> Peer:
    """`Memory` with Qdrant in a folder, keeping texts as they are."""
    os.environ["MEM0_TELEMETRY"] = "False"
    from langchain_core.embeddings import DeterministicFakeEmbedding
    from langchain_core.language_models.fake_chat_models import FakeListChatModel
    from mem0 import Memory

    parts = {"embedder": DeterministicFakeEmbedding(size=32), "llm": FakeListChatModel(responses=["{}"])}
    settings = {name: {"provider": "langchain", "config": {"model": part}} for name, part in parts.items()}

    async def used(folder: Path, verb: Callable[[Any], Any]) -> Any:
        store = {"path": str(folder / "q"), "embedding_model_dims": 32, "on_disk": True, "collection_name": "c"}
        vectors = {"provider": "qdrant", "config": store}
        one = Memory.from_config({**settings, "vector_store": vectors, "history_db_path": str(folder / "history.db")})
        try:
            return verb(one)
        finally:
            one.vector_store.client.close()

    async def add(folder: Path, text: str) -> Any:
        return await used(folder, lambda one: one.add(text, user_id="ann", infer=False))

    async def read(folder: Path) -> list[str]:
        held = await used(folder, lambda one: one.get_all(filters={"user_id": "ann"}))
        return [one["memory"] for one in held["results"]]

    async def erase(folder: Path) -> Any:
        return await used(folder, lambda one: one.delete_all(user_id="ann"))

    return Peer(f"mem0 {version('mem0ai')} Memory", add, read, erase)


def ours() -> Peer:
    """`tiermem.Memory`."""
    from tiermem import Memory, Message, TiermemError

    def opened(folder: Path) -> Memory:
        return Memory.open(folder / "memory.db")

    async def add(folder: Path, text: str) -> None:
        with opened(folder) as memory:
            memory.session("s", "ann").add(Message(role="user", content=text, id="m1"))
            memory.session("s", "ann").index()

    async def read(folder: Path) -> list[str]:
        try:
            with opened(folder) as memory:
                return [one.text for one in memory.session("s", "ann").messages()]
        except TiermemError as error:
            return [f"{type(error).__name__}: {error}"]

    async def erase(folder: Path) -> None:
        with opened(folder) as memory:
            memory.erase("ann")

    return Peer("tiermem", add, read, erase)


async def attacked(peer: Peer) -> list[str]:
    """The row of *peer*."""
    with tempfile.TemporaryDirectory(prefix="tm-peers-") as name:
        folders = [Path(name) / str(n) for n in range(3)]
        for folder in folders:
            folder.mkdir()
            await peer.add(folder, SAID)
        await peer.erase(folders[0])
        left = places(folders[0])
        for path in folders[1].rglob("*"):
            if path.is_file():
                path.write_bytes(path.read_bytes().replace(WORD.encode(), OTHER.encode()))
        changed = " / ".join(await peer.read(folders[1]))
        await peer.add(folders[2], SAID)
        return [peer.name, str(left), changed, str(len(await peer.read(folders[2])))]


def main() -> int:
    """Prints the two tables."""
    print("| memory | erased: places left | changed in the file: what it says | brought again: messages |")
    print("| --- | ---: | --- | ---: |")
    for made in (langchain, langgraph, llamaindex, mem0, ours):
        print("| " + " | ".join(asyncio.run(attacked(made()))) + " |", flush=True)
    print("\n| memory that summarises | the stranger's words stand in a message of |")
    print("| --- | --- |")
    for name, roles in summaries():
        print(f"| {name} | {', '.join(roles) or 'none'} |", flush=True)
    return 0


def summaries() -> list[tuple[str, Sequence[str]]]:
    """By memory, the roles under which what a model repeats of a tool's answer is shown to the next model."""
    return [
        ("LangChain ConversationSummaryBufferMemory", _buffer()),
        ("LlamaIndex Memory with facts", _facts()),
        ("tiermem", _tiers()),
    ]


def _buffer() -> Sequence[str]:
    from langchain_classic.memory import ConversationSummaryBufferMemory
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    class Model(FakeListChatModel):
        def get_num_tokens_from_messages(self, messages: Any, tools: Any = None) -> int:
            return sum(len(str(one.content)) for one in messages)

    memory = ConversationSummaryBufferMemory(
        llm=Model(responses=[f"The tool answered: {TOOL}"] * 9), max_token_limit=40, return_messages=True
    )
    for _ in range(3):
        memory.save_context({"input": "What does the wiki say?"}, {"output": TOOL})
    said = memory.load_memory_variables({})["history"]
    return sorted({one.type for one in said if TOOL in str(one.content)})


def _facts() -> Sequence[str]:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole
    from llama_index.core.llms import MockLLM
    from llama_index.core.memory import FactExtractionMemoryBlock, Memory

    class Model(MockLLM):
        async def achat(self, messages: Any, **_: Any) -> Any:
            from llama_index.core.base.llms.types import ChatResponse

            return ChatResponse(message=ChatMessage(role="assistant", content=f"<facts><fact>{TOOL}</fact></facts>"))

    async def told() -> list[Any]:
        block = FactExtractionMemoryBlock(name="facts", llm=Model(), max_facts=9)
        memory = Memory.from_defaults(
            session_id="s", token_limit=60, token_flush_size=20, chat_history_token_ratio=0.5, memory_blocks=[block]
        )
        for n in range(8):
            role = MessageRole.USER if n % 2 == 0 else MessageRole.ASSISTANT
            await memory.aput(ChatMessage(role=role, content="What does the wiki say?" if n % 2 == 0 else TOOL))
        return list(await memory.aget())

    return sorted({str(one.role.value) for one in asyncio.run(told()) if TOOL in str(one.content)} - {"assistant"})


def _tiers() -> Sequence[str]:
    from tiermem import Memory, Message

    def repeats(messages: Any) -> dict[str, Any]:
        return {"user_goal": TOOL, "key_decisions": [TOOL], "critical_context": [TOOL]}

    with Memory.open(":memory:", pre_rot_threshold=200, keep_recent_count=1, summarizer=repeats) as memory:
        session = memory.session("s", "ann")
        for n in range(40):
            session.add(
                Message(role=("user", "tool")[n % 2], content=("What does the wiki say? " * 3, TOOL * 3)[n % 2])
            )
        session.manage_context()
        assert session.view().summaries
        context = session.context("What does the wiki say?", 800)
        return sorted({message.role for message in context.messages if TOOL in message.text} - {"tool"})


if __name__ == "__main__":
    sys.exit(main())
