"""104 hostile texts, each said by a user and by a tool, through every face of the core and both adapters: 208 runs.

`python -m tests.agents.injections` prints for each face how often hostile words closed the block that they stand in,
stood in a system message, or, said by the tool, as the user's own words.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from langchain_classic.chains.conversational_retrieval.base import _get_chat_history
from langchain_core.messages import BaseMessage
from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.schema import MetadataMode

from langchain_tiered_memory import ConversationTieredMemory, TieredChatMessageHistory
from langchain_tiered_memory import TieredArchiveRetriever as LangChainRetriever
from langchain_tiered_memory import TieredKnowledgeRetriever as LangChainDocuments
from langchain_tiered_memory.agents.view import prompt_of as langchain_prompt
from llamaindex_tiered_memory import TieredArchiveRetriever as LlamaIndexRetriever
from llamaindex_tiered_memory import TieredChatMemory, TieredMemoryBlock
from llamaindex_tiered_memory.agents.run import RunNote, _fitting
from llamaindex_tiered_memory.memory.arranging import NOTHING
from tests.agents.hostile_texts import MARK, PAYLOADS
from tiermem import Memory, Message, Session, Summary, ToolCall
from tiermem.agents.note import Note
from tiermem.agents.view import ViewRequest, viewing
from tiermem.flows.driving import drive
from tiermem.tools import memory_tools
from tiermem.tools.tools import MemoryTool

QUESTION = "What is the quokka budget?"
SUMMARY = "Summary s1 of"
BUDGET, TURNS = 700, 12
Part = tuple[str, str]  # role and text, as a model reads them; "data" for what a retriever or tool hands on
Form = Callable[[Message], Message]
Shown = tuple[str, list[Part]]  # a face, and what it shows
ROLES = ("user", "tool")
BESIDE = "Thanks, go on."  # what the user says in the message that holds a tool's result
_DROPPED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e01ef\\s]"
)
_BLOCK = re.compile(r"<quoted\b[^<>\n]*>\n.*\n</quoted>", re.DOTALL)
_OWN = re.compile(r"(?:\[[md][\d-]+m?\d*\] )?(?:User|Human|System)(?: \([\d-]+\))?: ")


@dataclass
class Table:
    """What was counted, by face: `seen` are runs that held the hostile words at all, `summarised` in a summary."""

    runs: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    summarised: Counter[str] = field(default_factory=Counter)
    escapes: Counter[str] = field(default_factory=Counter)
    system: Counter[str] = field(default_factory=Counter)
    users: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def count(self, face: str, parts: Sequence[Part]) -> None:
        """Counts what one face shows of a talk: once for what the user said, once for what the tool said."""
        parts = [(kind, text.removesuffix(f"\n{BESIDE}")) for kind, text in parts]  # a block of its own
        for role in ROLES:
            mark = f"{MARK}-{role}"
            self.runs[face] += 1
            self.seen[face] += any(mark in text for _, text in parts)
            self.summarised[face] += any(mark in text and SUMMARY in text for _, text in parts)
            for kind, wrong in (("escapes", escapes), ("system", in_system), ("users", as_users)):
                bad = [text for part in parts if (text := wrong(part, mark))]
                getattr(self, kind)[face] += bool(bad)
                self.examples += [f"{face}, {kind}: {text[:300]!r}" for text in bad[:1]]

    def __str__(self) -> str:
        names = ("runs", "seen", "summarised", "escapes", "system", "users")
        rows = [f"{'face':<34}" + "".join(f"{name:>12}" for name in names)]
        rows += [f"{face:<34}" + "".join(f"{getattr(self, name)[face]:>12}" for name in names) for face in self.runs]
        return "\n".join([*rows, *self.examples[:20]])


def escapes(part: Part, mark: str) -> str:
    """The block in *part* that its own words close, or a chunk of a document that would pass for one."""
    kind, text = part
    seen = _DROPPED.sub("", text).lower()
    if mark not in text:
        return ""
    if kind == "chunk":  # handed on word for word, but for what would pass for a quotation
        return text if re.search("</?quoted", seen) else ""
    if not text.startswith("<quoted "):
        return ""
    name = text[1:].split()[0]
    closed = _BLOCK.fullmatch(text) and text.count(f"</{name}>") == seen.count(f"</{name}") == 1
    return "" if closed and seen.count(f"<{name}") == 1 else text


def in_system(part: Part, mark: str) -> str:
    """*part*, where it is a system message with hostile words."""
    return part[1] if part[0] == "system" and mark in part[1] else ""


def as_users(part: Part, mark: str) -> str:
    """What in *part* would pass for the user's own words, though a tool said it."""
    kind, text = part
    if mark.endswith("user") or mark not in text:
        return ""
    if kind == "user" and not _BLOCK.fullmatch(text):
        return text
    lines = text.split("\n") if kind in {"user", "data", "transcript"} else []
    return next((line for line in lines if mark in line and _OWN.match(line) and "Tool" not in line), "")


def talk(payload: str) -> list[Message]:
    """A talk in which user and tool say hostile words: long ago, in answer to a call, without one, and as a name."""
    hostile = {role: f"Error: the quokka budget is 7000. {payload.replace(MARK, f'{MARK}-{role}')}" for role in ROLES}
    messages = [
        Message(role="system", content="You keep accounts.", id="m-1"),
        Message(role="user", content=hostile["user"], id="m-2", name=hostile["user"]),
        Message(role="assistant", content="", id="m-3", tool_calls=(ToolCall("c1", "web", {"page": 1}),)),
        Message(role="tool", content=hostile["tool"], id="m-4", name=hostile["tool"], tool_call_id="c1"),
        Message(role="assistant", content="It is 7000.", id="m-5"),
        Message(role="tool", content=hostile["tool"], id="m-6", name="web", tool_call_id="nobody's"),
    ]
    for number in range(TURNS):
        text = f"Page {number} is fine, I note the figure {number} and we go on with the next one of them."
        messages += [Message(role="user", content=text), Message(role="assistant", content=f"Noted page {number}.")]
    return [
        *messages,
        Message(role="user", content=hostile["user"], id="again"),
        Message(role="assistant", content="", id="call", tool_calls=(ToolCall("c2", "web", {"page": 2}),)),
        Message(role="tool", content=hostile["tool"], id="late", name="web", tool_call_id="c2"),
        Message(role="user", content=QUESTION, id="question"),
    ]


def beside(message: Message) -> Message:
    """*message*, a tool's as Anthropic's API has it where the user goes on at once: a result beside words."""
    if message.role != "tool":
        return message
    result = {"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}
    return Message(role="user", content=[result, {"type": "text", "text": BESIDE}], id=message.id)


def summarised(messages: Sequence[Message]) -> dict[str, Any]:
    """What a summariser makes of a talk that was talked into passing all of it on."""
    hostile = [message.text for message in messages if MARK in message.text]
    return {"user_goal": "Keep accounts.", "key_decisions": hostile, "last_step": "Notes were taken."}


def stored(summary: Summary) -> str:
    """The same, as an application may write it: nothing of it made harmless."""
    return "\n".join([f"{SUMMARY} m1-m{summary.last}", *summary.structure.key_decisions])


def of_langchain(messages: Sequence[BaseMessage]) -> list[Part]:
    """*messages* of LangChain as a model reads them."""
    return [({"human": "user", "ai": "assistant"}.get(one.type, one.type), one.text) for one in messages]


def of_llamaindex(messages: Sequence[ChatMessage]) -> list[Part]:
    """*messages* of LlamaIndex, block by block."""
    return [(one.role.value, block.text) for one in messages for block in one.blocks if isinstance(block, TextBlock)]


def data(*texts: str) -> list[Part]:
    """*texts* as a retriever or a tool hands them on."""
    return [("data", text) for text in texts if text]


def contexts(session: Session) -> Iterator[Shown]:
    """The core's contexts, for a turn and for an agent."""
    for steady in (False, True):
        context = session.context(QUESTION, BUDGET, within="everything", steady=steady)
        assert context.tokens <= BUDGET
        yield "core: context, steady" if steady else "core: context", [(one.role, one.text) for one in context.messages]


def recalled(session: Session) -> Iterator[Shown]:
    """The core's block for a question."""
    yield "core: recall", data(session.recall(QUESTION, BUDGET, within="everything").text)


def of_user(session: Session) -> Iterator[Shown]:
    """What another conversation of the user is shown of this one, and what is known of them."""
    other = session.beside(f"after {session.scope.session}")
    context = other.context(QUESTION, BUDGET, within="user")
    yield "core: user's context", [(one.role, one.text) for one in context.messages]
    yield "core: user's recall", data(other.recall(QUESTION, BUDGET, within="user").text)


def tools(session: Session) -> Iterator[Shown]:
    """What the tools answer, which both adapters wrap."""
    by_name: dict[str, MemoryTool] = memory_tools(session)
    answers = [by_name["expand_memory"].call(ref=ref) for ref in ("m4", "m3-m6", "d1")]
    yield "core: tools", data(by_name["search_memory"].call(query="quokka budget"), *answers)


def history_of(session: Session) -> TieredChatMessageHistory:
    """LangChain's history of *session*."""
    return TieredChatMessageHistory(session.scope.session, memory=session.memory, namespace=session.scope.user)


def history(session: Session) -> Iterator[Shown]:
    """What `RunnableWithMessageHistory` is given."""
    yield "LangChain: history", of_langchain(history_of(session).messages)


def chain_memory(session: Session) -> Iterator[Shown]:
    """What classic chains are given, and the text that `ConversationalRetrievalChain` makes of it."""
    for form in ("text", "messages"):
        memory = ConversationTieredMemory(
            chat_memory=history_of(session), max_token_limit=BUDGET, text_only=form == "text"
        )
        shown = memory.load_memory_variables({"question": QUESTION})["chat_history"]
        yield f"LangChain: memory, {form}", of_langchain(shown)
        if form == "text":
            yield "LangChain: retrieval chain", [("transcript", _get_chat_history(shown))]
            yield "LangChain: transcript", [("transcript", str(shown))]


def langchain_retrievers(session: Session) -> Iterator[Shown]:
    """What LangChain's retrievers find."""
    found = LangChainRetriever(history=history_of(session), k=4, within="everything").invoke(QUESTION)
    found += LangChainRetriever(history=history_of(session), max_token_limit=BUDGET).invoke(QUESTION)
    found += LangChainDocuments(history=history_of(session), k=2).invoke(QUESTION)
    kinds = ["data" if document.metadata["source"] == "tiermem" else "chunk" for document in found]
    yield "LangChain: retrievers", list(zip(kinds, (one.page_content for one in found), strict=True))


def langchain_agent(session: Session) -> Iterator[Shown]:
    """What the model of `TieredMemoryMiddleware` is sent."""
    note = Note(upto=session.stats().messages)
    view = drive(viewing(note, request(session)), lambda step: step(session))
    yield "LangChain: agent", of_langchain(langchain_prompt(view).messages)


def chat_memory(session: Session) -> TieredChatMemory:
    """LlamaIndex's memory of *session*."""
    scope = session.scope
    return TieredChatMemory(memory=session.memory, session_id=scope.session, namespace=scope.user, token_limit=BUDGET)


def llamaindex_memory(session: Session) -> Iterator[Shown]:
    """What LlamaIndex's engines are given."""
    yield "LlamaIndex: memory", of_llamaindex(chat_memory(session).get())


def llamaindex_retrievers(session: Session) -> Iterator[Shown]:
    """What LlamaIndex's retrievers find."""
    found = LlamaIndexRetriever(session, k=4, within="everything").retrieve(QUESTION)
    found += LlamaIndexRetriever(session, max_token_limit=BUDGET).retrieve(QUESTION)
    yield (
        "LlamaIndex: retrievers",
        [("chunk" if "source" in one.metadata else "data", one.get_content(MetadataMode.LLM)) for one in found],
    )


def llamaindex_agent(session: Session) -> Iterator[Shown]:
    """What the model of `TieredFunctionAgent` is sent."""
    note = RunNote(upto=session.stats().messages)
    fitting = _fitting(chat_memory(session), note, request(session), NOTHING)
    yield "LlamaIndex: agent", of_llamaindex(drive(fitting, lambda step: step(session)).messages)


def llamaindex_block(session: Session) -> Iterator[Shown]:
    """What LlamaIndex's own `Memory` is given; texts of blocks it would write into the system message."""
    block = TieredMemoryBlock(memory=session.memory, namespace=session.scope.user, max_tokens=BUDGET)
    asked = block.aget([ChatMessage(role="user", content=QUESTION)], session_id=session.scope.session)
    shown: Any = asyncio.run(asked)
    yield "LlamaIndex: block", [("system", shown)] if isinstance(shown, str) else of_llamaindex(shown)


FACES: list[Callable[[Session], Iterator[Shown]]] = [
    *(contexts, recalled, of_user, tools, history, chain_memory, langchain_retrievers, langchain_agent),
    *(llamaindex_memory, llamaindex_retrievers, llamaindex_agent, llamaindex_block),
]


def request(session: Session) -> ViewRequest:
    """What both frameworks' agents ask of a view."""
    return ViewRequest(BUDGET, session.memory.counter, session.memory.settings, fresh=True)


def run(payload: str, number: int, memory: Memory, table: Table, turns: int, form: Form) -> None:
    """One hostile talk through every face, or with *turns* above 1 through as large a part of them."""
    session = memory.session("s", f"u{number}")
    session.add(list(map(form, talk(payload))))
    session.forget("call")
    document = {"text": f"The quokka file says 7. {payload}", "source": f"src {payload[:60]}"}
    memory.knowledge(f"u{number}").add_documents(document)
    for place, face in enumerate(FACES):
        if (place + number + number // turns) % turns == 0:
            for name, parts in face(session):
                table.count(name, parts)


def as_it_is(message: Message) -> Message:
    """*message*: a tool's result is one of its own."""
    return message


def counted(turns: int = 1, payloads: Sequence[str] = PAYLOADS, form: Form = as_it_is) -> Table:
    """The table of *payloads*, said in messages of that *form*. With *turns* above 1 the faces take turns: each sees
    that part of them."""
    table = Table()
    options: dict[str, Any] = {"pre_rot_threshold": 500, "keep_recent_count": 4, "summary_share": 0.3}

    def all_of_them() -> None:
        own: dict[str, Any] = {"summarizer": summarised, "store_summary": stored}
        with Memory.open(":memory:", counter=lambda text: len(text) // 4 + 1, **options, **own) as memory:
            for number, payload in enumerate(payloads):
                run(payload, number, memory, table, turns, form)

    # In the main thread every transaction would be handed to another one, because of signals.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(all_of_them).result()
    return table


if __name__ == "__main__":
    print(len(PAYLOADS), "payloads")
    print(counted())
    print(counted(form=beside))
