"""Users and tenants of one process never see each other: canary texts through every way that LlamaIndex reads."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.memory import Memory as StockMemory
from llama_index.core.schema import Document
from pydantic import ValidationError

from llamaindex_tiered_memory import (
    TieredArchiveRetriever,
    TieredChatMemory,
    TieredFunctionAgent,
    TieredKnowledgeRetriever,
    TieredMemoryBlock,
    memory_tools,
)
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import assistant, user
from tests.whole import whole
from tiermem import Memory
from tiermem.errors import InvalidNamespace, MissingNamespace, UnknownReference

# Users of no tenant and of two; a user is called as a tenant, and one has the same name in all three places.
OWNERS = ["anna", "acme", ("acme", "anna"), ("anna", "acme"), ("zeta", "anna")]
CANARIES = {owner: f"canary{place}x{place}" for place, owner in enumerate(OWNERS)}
PONDS = {owner: f"lagoon{place}q{place}" for place, owner in enumerate(OWNERS)}  # the others know these, and ask
SESSIONS = ["s", "a|b/../s"]
QUESTION = "Where does my secret bird sing, and which bird is it?"


def assert_own(owner, *shown):
    text = whole(shown)
    assert CANARIES[owner] in text
    for other, canary in CANARIES.items():
        assert other == owner or canary not in text, text[max(0, text.index(canary) - 300) :][:600]


def calls(owner):
    """A run that plants a note, asks for what others have, and guesses their references."""
    asked = [PONDS[owner], PONDS[OWNERS[OWNERS.index(owner) - 1]]]  # all of them: below
    guesses = [("search_memory", {"query": f"{pond} pond"}) for pond in asked]
    guesses += [("search_memory", {"query": QUESTION, "role": "document"})]
    guesses += [("expand_memory", {"ref": ref}) for ref in ("m2-m9", "s1", "d3")]
    guesses += [("forget_memory", {"ref": "d9"})]
    note = ("remember", {"note": f"The secret bird of {PONDS[owner]} is the {CANARIES[owner]}."})
    made = [called(name, f"c{place}", **given) for place, (name, given) in enumerate([note, *guesses])]
    return [*made, "It sings. " * 60]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Memory.open(tmp_path_factory.mktemp("walls") / "m.db") as memory:
        yield memory


@pytest.fixture(scope="module")
def told(shared):
    """What each owner's model, tools and listeners were shown, when all run at once on equal session ids."""
    shown = {owner: [] for owner in OWNERS}

    async def talk(owner, name):
        memory = TieredChatMemory(memory=shared, namespace=owner, session_id=name, token_limit=3_000)
        await asyncio.to_thread(memory.session.subscribe, lambda event: shown[owner].append(event.as_dict()))
        knowledge = TieredKnowledgeRetriever(memory)
        text = f"Handbook: the secret bird {CANARIES[owner]} sings at the pond {PONDS[owner]}."
        await knowledge.ainsert(Document(text=text, doc_id="handbook", metadata={"who": CANARIES[owner]}))
        for kind in (FunctionAgent, TieredFunctionAgent):
            llm = ScriptedLLM(*calls(owner))
            agent = kind(llm=llm, tools=memory_tools(memory))
            opening = f"My secret bird is the {CANARIES[owner]}, it sings at the {PONDS[owner]} pond."
            for words in (opening, "Something else. " * 60, QUESTION):
                result = await agent.run(words, memory=memory)
                shown[owner] += [str(result), *map(str, result.tool_calls)]
            shown[owner] += [str(message) for prompt in llm.sent for message in prompt]

    async def everybody():
        await asyncio.gather(*(talk(owner, name) for owner in OWNERS for name in SESSIONS))

    asyncio.run(everybody())
    return shown


@pytest.mark.sampled(3)
@pytest.mark.parametrize("owner", OWNERS, ids=str)
def test_agents_tools_and_listeners_have_the_owner_s_alone(told, owner):
    assert_own(owner, *told[owner])
    assert any("[d" in str(one) and CANARIES[owner] in str(one) for one in told[owner])  # a tool found the note


@pytest.mark.parametrize("owner", OWNERS, ids=str)
def test_memories_and_retrievers_have_the_owner_s_alone(shared, told, owner):
    assert sorted(shared.sessions(owner)) == sorted(SESSIONS)
    for name in SESSIONS:
        place = {"memory": shared, "namespace": owner, "session_id": name}
        memory = TieredChatMemory(**place, token_limit=3_000)
        assert_own(owner, memory.get_all(), memory.get(QUESTION))
        assert_own(owner, TieredArchiveRetriever(memory, k=50, within="everything").retrieve(QUESTION))
        assert_own(owner, TieredArchiveRetriever(memory, k=50).retrieve(f"bird at {PONDS[owner]}"))
        assert memory.session.verify().ok
    found = TieredKnowledgeRetriever(shared.session("s", owner), k=50)
    assert_own(owner, found.retrieve(QUESTION), found.knowledge.chunks("handbook"))
    for pond in set(PONDS.values()) - {PONDS[owner]}:
        asked = TieredKnowledgeRetriever(shared.session("s", owner), k=50).retrieve(f"The bird at {pond}")
        assert_own(owner, CANARIES[owner], asked)


def test_guessed_ids_open_nothing_of_others(shared, told):
    for owner in OWNERS:
        session = shared.session("s", owner)
        for other in OWNERS:
            if other == owner:
                continue
            for message in shared.session("s", other).messages():
                with pytest.raises(UnknownReference):
                    session.expand(message.id)


# --- the block


@pytest.mark.parametrize("kind", ["tasks", "threads"])
def test_a_block_that_two_sessions_share_gives_each_its_own(tmp_path, kind):
    block = TieredMemoryBlock(tmp_path / "b.db")
    shown = {owner: [] for owner in map(str, OWNERS)}

    async def talk(name, canary):
        memory = StockMemory.from_defaults(session_id=name, token_limit=400, token_flush_size=60, memory_blocks=[block])
        await memory.aput_messages([user(f"My secret bird is the {canary}."), assistant("Noted.")])
        for number in range(12):
            await memory.aput_messages([user(f"Topic {number}. {'filler ' * 20}"), assistant("Fine. " * 20)])
        await memory.aput(user("Which is my secret bird?"))
        shown[name] += [str(one.content) for one in await memory.aget()]

    pairs = [(str(owner), canary) for owner, canary in CANARIES.items()]
    if kind == "threads":
        with ThreadPoolExecutor(len(pairs)) as pool:
            list(pool.map(lambda pair: asyncio.run(talk(*pair)), pairs))
    else:

        async def everybody():
            await asyncio.gather(*(talk(*pair) for pair in pairs))

        asyncio.run(everybody())
    for owner in OWNERS:
        assert_own(owner, *shown[str(owner)])


async def test_blocks_of_two_users_with_one_session_id_keep_apart(shared):
    for owner in OWNERS:
        block = TieredMemoryBlock(memory=shared, namespace=owner)
        await block.aput([user(f"My secret bird is the {CANARIES[owner]}."), assistant("Noted.")], session_id="block")
    for owner in OWNERS:
        block = TieredMemoryBlock(memory=shared, namespace=owner)
        assert_own(owner, await block.aget([user("Which is my secret bird?")], session_id="block"))


# --- names


@pytest.mark.parametrize("name", ["a|b", "a/b", "../../etc", "t\0", " ", "é", "\ud800", "x" * 255])
def test_odd_session_ids_are_conversations_of_their_own(tmp_path, name):
    for number, session_id in enumerate([name, "other"]):
        TieredChatMemory(path=str(tmp_path / "m.db"), session_id=session_id).put(user(f"word {number}"))
    again = TieredChatMemory(path=str(tmp_path / "m.db"), session_id=name)
    assert [message.content for message in again.get_all()] == ["word 0"]


@pytest.mark.parametrize("name", ["x" * 256, "é" * 128])
def test_a_session_id_above_255_bytes_is_a_typed_error(tmp_path, name):
    with pytest.raises(InvalidNamespace, match="255 bytes"):
        TieredChatMemory(path=str(tmp_path / "m.db"), session_id=name)


@pytest.mark.parametrize("namespace", ["", ("a", ""), ("a", None), "x" * 256])
def test_a_user_that_is_none_is_a_typed_error(tmp_path, namespace):
    with pytest.raises((InvalidNamespace, MissingNamespace, ValidationError)):  # LlamaIndex's memory is a model
        TieredChatMemory(path=str(tmp_path / "m.db"), session_id="s", namespace=namespace)
