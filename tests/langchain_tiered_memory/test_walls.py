"""Users and tenants of one process never see each other: canary texts through every way to read."""

import asyncio
import json
import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_config
from langgraph.prebuilt import ToolRuntime
from langgraph.store.base import GetOp, ListNamespacesOp, SearchOp

from langchain_tiered_memory import TieredArchiveRetriever, TieredKnowledgeRetriever, TieredMemoryStore
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, thread, tiered
from tests.whole import whole
from tiermem import Memory
from tiermem.errors import InvalidNamespace, InvalidSettings, MissingNamespace, TiermemError, UnknownReference

# Users of no tenant and of two; a user is called as a tenant, and one has the same name in all three places.
OWNERS = ["anna", "acme", ("acme", "anna"), ("anna", "acme"), ("zeta", "anna")]
THREADS = ["t", "../a|b"]
CANARIES = {owner: f"canary{place}x{place}" for place, owner in enumerate(OWNERS)}
PONDS = {owner: f"lagoon{place}q{place}" for place, owner in enumerate(OWNERS)}  # the others know them and ask for them
QUESTION = "Where does my secret bird sing, and which bird is it?"
REFS = [f"{kind}{number}" for kind in "msd" for number in range(1, 30)]


class Guarded:
    """One agent and one middleware for all owners, and what each owner's model, stream and listeners were shown."""

    def __init__(self, tmp_path: Path) -> None:
        self.shown: dict[Any, list[str]] = defaultdict(list)
        self.path = tmp_path / "agent.db"
        self.middleware = tiered(tmp_path, max_tokens=2_500, namespace=lambda runtime: runtime.context["owner"])
        self.model = Scripted(script=self._script)
        inner = agent(Scripted(script=self._script), self.middleware, tools=[], context_schema=dict)

        @tool
        def research(question: str, runtime: ToolRuntime) -> str:
            """Ask another agent."""
            given = {"messages": [HumanMessage(question)]}
            return str(inner.invoke(given, context=runtime.context)["messages"][-1].text)

        self.agent = agent(self.model, self.middleware, tools=[research], context_schema=dict)

    def _script(self, messages: list[BaseMessage], turn: int) -> AIMessage | None:
        """Does what the newest question says, as {"name": ..., "args": ...}."""
        self.shown[get_config()["configurable"]["owner"]] += [message.text for message in messages]
        asked = re.search(r"CALL (\{.*\})", messages[-1].text) if isinstance(messages[-1], HumanMessage) else None
        if asked is None:
            return AIMessage("The bird sings. " * 20)
        return AIMessage("", tool_calls=[{"id": f"call-{turn}", **json.loads(asked[1])}])

    def said(self, owner: Any) -> list[str]:
        """All that *owner* says in each thread: plants, asks, and guesses the references of others."""
        call = lambda name, **args: "CALL " + json.dumps({"name": name, "args": args})  # noqa: E731
        bird, ponds = CANARIES[owner], [PONDS[owner], PONDS[OWNERS[OWNERS.index(owner) - 1]]]  # all ponds: below
        return [
            f"My secret bird is the {bird}, it sings at the {PONDS[owner]} pond.",
            call("remember", note=f"The secret bird of {PONDS[owner]} is the {bird}."),
            "Now about something else. " * 60,
            call("research", question=f"The {bird} sings at {PONDS[owner]}. Which bird is it?"),
            QUESTION,
            call("search_memory", query=QUESTION),
            call("search_memory", query="secret bird pond", role="document"),
            *(call("search_memory", query=f"{pond} pond") for pond in ponds),
            *(call("expand_memory", ref=ref) for ref in ("m3-m9", "s1", "d2")),
            call("forget_memory", ref="d9"),
            QUESTION,
        ]

    def config(self, owner: Any, name: str) -> dict[str, Any]:
        return thread(name, owner=owner)

    def run(self, owner: Any) -> None:
        for name in THREADS:
            for words in self.said(owner):
                given, config = {"messages": [HumanMessage(words)]}, self.config(owner, name)
                stream = self.agent.stream(given, config, stream_mode=["custom", "values"], context={"owner": owner})
                for _, part in stream:
                    self.shown[owner].append(str(part))

    async def arun(self, owner: Any) -> None:
        for name in THREADS:
            for words in self.said(owner):
                given, config = {"messages": [HumanMessage(words)]}, self.config(owner, name)
                modes = ["custom", "values"]
                async for _, part in self.agent.astream(given, config, stream_mode=modes, context={"owner": owner}):
                    self.shown[owner].append(str(part))


@pytest.fixture(scope="module", params=["threads", "asyncio"])
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """All owners at once, in threads or tasks, on equal thread ids."""
    made = Guarded(tmp_path_factory.mktemp("walls"))
    for owner in OWNERS:
        session = made.middleware.memory.session("t", owner)
        session.subscribe(lambda event, owner=owner: made.shown[owner].append(f"{event.as_dict()}"))
        documents = TieredKnowledgeRetriever(memory=made.middleware.memory, namespace=owner)
        text = f"Handbook: the secret bird {CANARIES[owner]} sings at the pond {PONDS[owner]}."
        documents.add_documents([Document(text, metadata={"source": "handbook", "who": CANARIES[owner]})])
    if request.param == "threads":
        with ThreadPoolExecutor(len(OWNERS)) as pool:
            list(pool.map(made.run, OWNERS))
    else:

        async def everybody() -> None:
            await asyncio.gather(*(made.arun(owner) for owner in OWNERS))

        asyncio.run(everybody())
    return made


def assert_own(owner: Any, *shown: Any) -> None:
    """*shown* has the owner's canary, and nobody else's beyond what the owner said by itself."""
    text = whole(shown)
    assert CANARIES[owner] in text
    assert_foreign_free(owner, text)


def assert_foreign_free(owner: Any, text: str) -> None:
    for other, canary in CANARIES.items():
        if other != owner:
            assert canary not in text, text[max(0, text.index(canary) - 300) :][:600]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("owner", OWNERS, ids=str)
def test_prompts_results_and_streams_have_the_owner_s_alone(guarded: Guarded, owner: Any) -> None:
    assert_own(owner, *guarded.shown[owner])
    planted = [text for text in guarded.shown[owner] if "<quoted" in text and CANARIES[owner] in text]
    assert planted  # what was recalled was looked at too


@pytest.mark.sampled(3)
@pytest.mark.parametrize("owner", OWNERS, ids=str)
def test_every_verb_of_the_core_has_the_owner_s_alone(guarded: Guarded, owner: Any) -> None:
    memory = guarded.middleware.memory
    names = memory.sessions(owner)
    assert {name for name in names if not re.search(r"\|tools:", name)} == set(THREADS)
    assert len(names) == 2 * len(THREADS)
    for name in THREADS:
        session = memory.session(name, owner)
        assert_own(owner, session.messages())
        assert_own(owner, session.search(QUESTION, 50, within="everything", explain=True))
        assert_own(owner, session.search(QUESTION, 50, within="knowledge"))
        assert_own(owner, session.recall(QUESTION, 20_000, within="everything"))
        assert_own(owner, session.context(QUESTION, 20_000, within="everything"))
        for pond in PONDS.values():
            assert_foreign_free(owner, whole(session.recall(f"{pond} pond", within="everything")))
        assert_foreign_free(owner, whole([session.view(), session.stats(), session.journal()]))
        assert session.verify().ok
    found = memory.knowledge(owner)
    assert_own(owner, found.sources(), found.search(QUESTION, 99), found.chunks("handbook"), found.journal())


@pytest.mark.sampled(3)
@pytest.mark.parametrize("owner", OWNERS, ids=str)
def test_guessed_references_open_nothing_of_others(guarded: Guarded, owner: Any) -> None:
    session, opened = guarded.middleware.memory.session("t", owner), []
    foreign = [
        one.id for other in OWNERS if other != owner for one in guarded.middleware.memory.session("t", other).messages()
    ]
    for ref in REFS:
        try:
            opened.append(whole(session.expand(ref)))
            opened.append(whole(session.explain(ref)))
        except UnknownReference as error:
            opened.append(str(error))
    assert_own(owner, *opened)
    for ref in foreign:
        with pytest.raises(UnknownReference):
            session.expand(ref)
        with pytest.raises(UnknownReference):
            session.restore(ref)
        with pytest.raises(UnknownReference):
            session.forget(ref)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("owner", OWNERS, ids=str)
async def test_retrievers_have_the_owner_s_alone(guarded: Guarded, owner: Any) -> None:
    place: dict[str, Any] = {"memory": guarded.middleware.memory, "namespace": owner}
    for name in THREADS:
        for options in ({}, {"within": "everything"}, {"max_token_limit": 4_000, "within": "everything"}):
            found = TieredArchiveRetriever(name, **place, **options, k=50, neighbours=3)
            assert_own(owner, found.invoke(QUESTION), await found.ainvoke(QUESTION))
        both = TieredKnowledgeRetriever(session_id=name, **place, conversation=True, k=50)
        assert_own(owner, both.invoke(QUESTION), await both.ainvoke(QUESTION))


# --- stores


@pytest.fixture
def stores(tmp_path: Path) -> dict[Any, TieredMemoryStore]:
    made = {owner: TieredMemoryStore(tmp_path / "items.db", namespace=owner) for owner in OWNERS}
    with ThreadPoolExecutor(len(OWNERS)) as pool:
        list(pool.map(_planted, made.items()))
    return made


def _planted(place: tuple[Any, TieredMemoryStore]) -> None:
    owner, store = place
    for number in range(5):
        text = f"The {CANARIES[owner]} sings at {PONDS[owner]}, song {number}"
        store.put(("birds", "secret"), f"key{number}", {"text": text})
        store.put(("only", PONDS[owner]), PONDS[owner], {"text": CANARIES[owner]})


@pytest.mark.parametrize("owner", OWNERS, ids=str)
async def test_every_operation_of_a_store_has_the_owner_s_alone(stores: dict[Any, Any], owner: Any) -> None:
    store = stores[owner]
    asked = [
        GetOp(("birds", "secret"), "key1"),
        SearchOp((), None, 99),
        SearchOp(("birds",), query="which secret bird sings", limit=99),
        SearchOp((), {"text": {"$gte": ""}}, 99),
        *(SearchOp((), query=pond, limit=99) for pond in PONDS.values()),
        *(GetOp(("only", pond), pond) for pond in PONDS.values()),
        ListNamespacesOp(),
    ]
    for found in (store.batch(asked), await store.abatch(asked)):
        assert_own(owner, [[getattr(one, "value", one) for one in part] if part else part for part in found[1:4]])
        assert_foreign_free(owner, str([one.dict() if hasattr(one, "dict") else str(one) for one in found]))
    assert len(store.search((), limit=99)) == 6
    assert store.list_namespaces() == [("birds", "secret"), ("only", PONDS[owner])]


def test_what_one_deletes_the_others_keep(stores: dict[Any, Any]) -> None:
    stores["anna"].delete(("birds", "secret"), "key1")
    stores["anna"].put(("birds", "secret"), "key2", {"text": "changed"})
    for owner in OWNERS[1:]:
        assert CANARIES[owner] in stores[owner].get(("birds", "secret"), "key1").value["text"]
        assert CANARIES[owner] in stores[owner].get(("birds", "secret"), "key2").value["text"]


# --- names


@pytest.mark.parametrize("name", ["a|b", "a/b", "../../etc", "t\0", " ", "é", "t'; --", "\ud800", "x" * 255, 7])
def test_odd_thread_ids_are_conversations_of_their_own(tmp_path: Path, name: Any) -> None:
    model, middleware = Scripted(), tiered(tmp_path)
    one = agent(model, middleware)
    one.invoke({"messages": [HumanMessage("My bird is the heron.")]}, thread(name))
    one.invoke({"messages": [HumanMessage("Hello!")]}, thread(f"{str(name)[:200]}-other"))
    one.invoke({"messages": [HumanMessage("Which bird?")]}, thread(name))
    assert [message.text for message in model.prompts[1]] == ["Hello!"]
    assert model.prompts[2][0].text == "My bird is the heron."
    assert str(name) in middleware.memory.sessions()


@pytest.mark.parametrize("name", ["x" * 256, "é" * 128])
def test_a_thread_id_above_255_bytes_is_a_typed_error_before_the_model_is_called(tmp_path: Path, name: str) -> None:
    model = Scripted()
    with pytest.raises(InvalidNamespace, match="255 bytes"):
        agent(model, tiered(tmp_path)).invoke({"messages": [HumanMessage("Hello!")]}, thread(name))
    assert not model.prompts


def test_a_sub_agent_of_a_thread_with_a_very_long_id_has_a_session(tmp_path: Path) -> None:
    middleware = tiered(tmp_path)
    inner = agent(Scripted(), middleware, tools=[])

    @tool
    def research(number: int) -> str:
        """Ask another agent."""
        return str(inner.invoke({"messages": [HumanMessage(f"question {number}")]})["messages"][-1].text)

    def script(messages: list[BaseMessage], turn: int) -> AIMessage | None:
        made = [{"name": "research", "args": {"number": one}, "id": f"{turn}-{one}"} for one in range(2)]
        return AIMessage("", tool_calls=made) if turn < 3 else None

    one = agent(Scripted(script=script), middleware, tools=[research])
    one.invoke({"messages": [HumanMessage("Hello!")]}, thread("é" * 127))
    names = middleware.memory.sessions()
    assert len(set(names)) == 5  # the thread, and four calls of the tool
    assert all(len(name.encode()) <= 255 for name in names)


@pytest.mark.parametrize("user", ["", None, 7, ("",), ("a", "b", "c"), ("a", None), ("a", 7), ["a", "b"], "x" * 256])
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_user_that_is_none_is_a_typed_error_before_the_model_is_called(
    tmp_path: Path, user: Any, kind: str
) -> None:
    model, middleware = Scripted(), tiered(tmp_path, namespace=lambda runtime: user)
    one, given = agent(model, middleware), {"messages": [HumanMessage("Hello!")]}
    with pytest.raises((InvalidSettings, InvalidNamespace, MissingNamespace)) as raised:
        await one.ainvoke(given, thread()) if kind == "async" else one.invoke(given, thread())
    assert isinstance(raised.value, TiermemError)
    assert not model.prompts


# --- one thread, several users


def test_a_thread_that_changes_hands_shows_nobody_the_other_s_archive_and_notes(tmp_path: Path) -> None:
    """The state is the application's; memory, what was quoted of it, and its numbers are each user's."""
    model = Scripted(script=lambda messages, turn: AIMessage("Yes, and more of it. " * 30))
    middleware = tiered(tmp_path, max_tokens=3_000, tools=False, namespace=lambda runtime: runtime.context["user"])
    one = agent(model, middleware, tools=[], context_schema=dict, checkpointer=InMemorySaver())

    def ask(user: str, words: str) -> str:
        one.invoke({"messages": [HumanMessage(words)]}, thread(), context={"user": user})
        return "\n".join(message.text for message in model.prompts[-1])

    ask("anna", "My secret bird is the canary-of-anna. " + "The weather was fine and we went for a walk. " * 20)
    for number in range(20):
        ask("anna", f"Something else, number {number}. " * 8)
    assert "<quoted" in ask("anna", "Which is my secret bird?")
    for number in range(30):
        assert "canary-of-anna" not in ask("bob", f"I am bob. Which is my secret bird? {number} " * 4)
    assert "canary-of-bob" in ask("bob", "My secret bird is the canary-of-bob.")
    seen = ask("anna", "And now, which is my secret bird?")
    assert "canary-of-anna" in seen
    assert "bob" not in seen
    for user in ("anna", "bob"):
        session = middleware.memory.session("t", user)
        other = {"anna": "bob", "bob": "anna"}[user]
        assert not any(f"canary-of-{other}" in message.text for message in session.messages())
        assert session.verify().ok


def test_users_of_one_memory_object_are_apart_with_a_checkpointer_and_equal_words(tmp_path: Path) -> None:
    """The same ids, words and turns in two namespaces: each session has its own copy, and forgetting is one's own."""
    with Memory.open(tmp_path / "m.db", enable_context_management=False) as memory:
        for user in ("anna", ("anna", "anna")):
            model = Scripted()
            one = agent(model, tiered_on(memory, user), checkpointer=InMemorySaver())
            for number in range(3):
                one.invoke({"messages": [HumanMessage(f"word {number}", id=f"same-{number}")]}, thread())
        first, second = (memory.session("t", user) for user in ("anna", ("anna", "anna")))
        first.forget("same-0")
        assert [len(one.messages()) for one in (first, second)] == [5, 6]


def tiered_on(memory: Memory, user: Any) -> Any:
    from langchain_tiered_memory import TieredMemoryMiddleware

    return TieredMemoryMiddleware(memory=memory, namespace=user)
