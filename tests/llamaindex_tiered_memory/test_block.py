"""TieredMemoryBlock in LlamaIndex's own Memory: kept once, given back where it answers, and to nobody else."""

import asyncio
import copy
import pickle

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.memory import Memory as StockMemory
from llama_index.core.memory.memory import InsertMethod

from llamaindex_tiered_memory import TieredMemoryBlock
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, words
from tests.llamaindex_tiered_memory.helpers import FACT, QUESTION, assistant, said, user
from tests.programs import run
from tiermem import Memory
from tiermem.errors import InvalidSettings

ELSEWHERE = "Wie heißt die Hauptstadt von Peru?"


def ram(**options) -> TieredMemoryBlock:
    return TieredMemoryBlock(":memory:", **options)


def stock(block: TieredMemoryBlock, session_id: str = "ann", limit: int = 400, **options) -> StockMemory:
    return StockMemory.from_defaults(
        session_id=session_id, token_limit=limit, token_flush_size=60, memory_blocks=[block], **options
    )


def kept(block: TieredMemoryBlock, session_id: str = "ann") -> list[str]:
    return [one.text for one in block.memory.session(session_id, block.namespace).messages()]


def text_of(shown: list[ChatMessage] | None) -> str:
    return "".join(one.content or "" for one in shown or ())


async def talk(memory: StockMemory, turns: int = 12) -> None:
    await memory.aput_messages([user(FACT), assistant("Noted.")])
    for number in range(turns):
        await memory.aput(user(f"Let us talk about topic {number}. {'filler ' * 20}"))
        await memory.aput(assistant(f"Topic {number}, fine."))


async def test_what_memory_flushes_comes_back_where_it_answers():
    block = ram()
    memory = stock(block)
    await talk(memory)
    assert kept(block)[:2] == [FACT, "Noted."]
    await memory.aput(user(QUESTION))
    shown = await memory.aget()
    assert "17 days on host falcon-9" in shown[0].content
    assert "17 days" not in "".join(one.content for one in shown[1:])


@pytest.mark.parametrize("method", InsertMethod)
async def test_it_is_on_the_user_s_side_wherever_memory_puts_texts(method):
    memory = stock(ram(), insert_method=method)
    await talk(memory)
    await memory.aput(user(QUESTION))
    shown = await memory.aget()
    assert {one.role for one in shown if "17 days" in one.content} == {MessageRole.USER}
    assert shown[0].content.startswith("<quoted ")
    assert shown[-1].content == QUESTION


async def test_nothing_relevant_is_nothing():
    block = ram()
    memory = stock(block)
    await talk(memory)
    assert await block.aget([user(ELSEWHERE)], session_id="ann") == []
    assert await block.aget([], session_id="ann") == []
    assert await block.aget(None, session_id="ann") == []
    assert await block.aget([assistant(QUESTION)], session_id="ann") == []


async def test_two_sessions_on_one_block_never_see_each_other():
    block = ram()
    ann, bob = stock(block, "ann"), stock(block, "bob")
    await talk(ann)
    await bob.aput_messages([user("The canary of bob is heron-88."), assistant("Noted.")])
    for number in range(12):
        await bob.aput_messages([user(f"Bob on subject {number}. {'padding ' * 20}"), assistant("fine")])
    for _ in range(3):  # in turn, for a filter that stays would show in the second round
        for memory, mine, other in ((ann, FACT, "heron-88"), (bob, "heron-88", "falcon-9")):
            asked = (QUESTION, "bob's canary?")
            texts = [text_of(await block.aget([user(one)], session_id=memory.session_id)) for one in asked]
            assert other not in "".join(texts)
            assert mine[-10:] in "".join(texts)
    assert not set(kept(block, "ann")) & {"The canary of bob is heron-88."}
    assert await block.aget([user(QUESTION)], session_id="nobody") == []


async def test_the_caller_s_messages_are_not_written_into():
    block = ram()
    message = ChatMessage(role="user", content="one", additional_kwargs={"id": "x"})
    await block.aput([message], session_id="ann")
    assert message.additional_kwargs == {"id": "x"}
    assert block.memory.session("ann").messages()[0].raw["message"]["additional_kwargs"] == {"id": "x"}


async def test_the_session_id_that_llamaindex_writes_is_not_kept():
    block = ram()
    marked = ChatMessage(role="user", content="one", additional_kwargs={"session_id": "ann", "x": 1})
    await block.aput([marked], session_id="ann")
    await block._aput([marked])
    (one,) = block.memory.session("ann").messages()
    assert one.raw["message"]["additional_kwargs"] == {"x": 1}
    assert marked.additional_kwargs == {"session_id": "ann", "x": 1}


async def test_short_term_memory_that_is_not_accepted_is_not_kept():
    block = ram(accept_short_term_memory=False)
    await block.aput([user("flushed")], from_short_term_memory=True, session_id="ann")
    await block.aput([user("told")], session_id="ann")
    assert kept(block) == ["told"]


async def test_a_delivery_twice_or_from_another_start_adds_nothing():
    block = ram()
    log = [user(f"message {number}") for number in range(12)]
    for first, last in ((0, 5), (0, 5), (0, 8), (5, 8), (3, 12), (8, 12), (5, 12)):
        await block.aput(log[first:last], session_id="ann")
    assert kept(block) == said(log)


async def test_what_is_said_again_is_kept_again():
    block = ram()
    turns = ["I live in Paris.", "ok", "I live in Rome.", "ok", "I live in Paris.", "ok"]
    for _ in range(3):
        await block.aput([user(text) for text in turns], session_id="ann")
    assert kept(block) == turns
    later = [f"message {number}" for number in range(70)]
    for text in [*later, "I live in Rome."]:
        await block.aput([user(text)], session_id="ann")
    assert kept(block) == [*turns, *later, "I live in Rome."]


async def test_a_delivery_after_a_restart_adds_nothing_twice(tmp_path):
    log = [user(f"message {number}") for number in range(6)]
    first = TieredMemoryBlock(tmp_path / "b.db")
    await first.aput(log[:4], session_id="ann")
    first.memory.close()
    again = TieredMemoryBlock(tmp_path / "b.db")
    await again.aput(log, session_id="ann")
    assert kept(again) == said(log)


async def test_what_is_said_again_after_a_restart_is_kept_again(tmp_path):
    first = TieredMemoryBlock(tmp_path / "b.db")
    turns = ["Shall I book the room?", "yes", *(f"message {number}" for number in range(70))]
    for text in turns:
        await first.aput([user(text)], session_id="ann")
    first.memory.session("ann").forget("m70")
    first.memory.close()
    again = TieredMemoryBlock(tmp_path / "b.db")
    later = ["Shall I cancel it?", "yes"]
    for text in [turns[69], *later, "yes"]:  # delivered again, said again, delivered again
        await again.aput([user(text)], session_id="ann")
    assert kept(again) == [*turns[:69], *turns[70:], *later]
    again.memory.close()
    third = TieredMemoryBlock(tmp_path / "b.db")
    for text in [*later, *(f"more {number}" for number in range(70)), "yes"]:
        await third.aput([user(text)], session_id="ann")
    assert kept(third)[-1] == "yes"
    assert kept(third).count("yes") == 3


async def test_what_is_said_again_long_after_is_kept_again_every_time(monkeypatch):
    monkeypatch.setattr("llamaindex_tiered_memory.block.AGAIN", 4)
    monkeypatch.setattr("llamaindex_tiered_memory.block.REMEMBERED", 6)
    block = ram()
    turns = [text for day in range(5) for text in ("yes", *(f"message {day} {n}" for n in range(9)))]
    for text in turns:
        await block.aput([user(text)], session_id="ann")
        await block.aput([user(text)], session_id="ann")
    assert kept(block) == turns


async def test_one_message_on_two_blocks_at_once_is_kept_once(tmp_path):
    one, two = TieredMemoryBlock(tmp_path / "b.db"), TieredMemoryBlock(tmp_path / "b.db")
    turns = [user(f"message {number}") for number in range(8)]
    for turn in turns:
        await asyncio.gather(one.aput([turn], session_id="ann"), two.aput([turn], session_id="ann"))
        await two.aput([turn], session_id="ann")
    assert kept(one) == said(turns)


@pytest.mark.parametrize("where", ["ram", "file"])
async def test_stock_s_concurrent_puts_leave_every_message_once(where, tmp_path):
    block = ram()
    uri = f"sqlite+aiosqlite:///{tmp_path / 'stock.db'}" if where == "file" else None
    memory = stock(block, async_database_uri=uri, limit=120)
    await memory.aput(user("first"))  # stock makes its table at the first call, and not safely
    if where == "file":
        await asyncio.gather(*(memory.aput(user(f"message {n} {'w ' * 10}")) for n in range(40)))
    else:
        for number in range(40):
            await memory.aput(user(f"message {number} {'w ' * 10}"))
            await memory.aput(assistant("fine"))
    texts = [text for text in kept(block) if text != "fine"]
    assert len(texts) > 10
    assert len(texts) == len(set(texts))


async def test_many_tasks_and_sessions_at_once_keep_all():
    block = ram()
    logs = {f"s{n}": [user(f"{n}: {m}") for m in range(10)] for n in range(8)}
    puts = [block.aput(log, session_id=name) for name, log in logs.items() for _ in range(5)]
    await asyncio.gather(*puts)
    assert {name: kept(block, name) for name in logs} == {name: said(log) for name, log in logs.items()}


@pytest.mark.parametrize("tokens", [20, 100, 250])
async def test_truncating_really_shortens_and_keeps_what_answers_best(tokens):
    block = ram(max_tokens=600, relevance_threshold=0.05)
    log = [user(FACT)]
    for n in range(20):
        log += [assistant("Noted."), user(f"The host of service {n} rotates its key {n} times. {'more ' * 15}")]
    await block.aput(log, session_id="ann")
    count = block.memory.counter
    whole = await block.aget([user(QUESTION)], session_id="ann")
    shorter = await block.atruncate(whole, tokens)
    size = count(text_of(whole))
    assert 300 < size <= 600
    assert size - count(text_of(shorter)) >= tokens
    assert "17 days" in text_of(shorter)
    assert await block.atruncate(whole, size) is None
    assert await block.atruncate([user("of another block")], 1) is None
    assert await block.atruncate([], 1) is None


async def test_memory_stays_within_its_limit_and_still_shows_the_answer():
    block = ram(max_tokens=4_000, tokenizer_fn=words, relevance_threshold=0.01)
    memory = stock(block, limit=700, tokenizer_fn=words)
    await memory.aput_messages([user(FACT), assistant("Noted.")])
    for number in range(60):
        text = f"Password rotation on host kite-{number} happens by hand. {'filler ' * 20}"
        await memory.aput_messages([user(text), assistant("fine")])
    await memory.aput(user(QUESTION))
    shown = await memory.aget()
    assert sum(len(words(one.content)) for one in shown) <= 700 * 1.05  # the template's own words are not counted
    assert "17 days" in shown[0].content


async def test_under_a_chat_engine_and_a_function_agent():
    block = ram()
    memory = stock(block, limit=600, insert_method=InsertMethod.USER)
    await talk(memory, 20)
    llm = ScriptedLLM("every 17 days", "as I said", "yes")
    engine = SimpleChatEngine.from_defaults(llm=llm, memory=memory, system_prompt="be brief")
    assert str(await engine.achat(QUESTION)) == "every 17 days"
    await asyncio.to_thread(engine.chat, ELSEWHERE)
    agent = FunctionAgent(llm=llm, tools=[], system_prompt="be brief")
    await agent.run(QUESTION, memory=memory)
    assert ["17 days on host falcon-9" in prompt for prompt in llm.seen] == [True, False, True]


AGAIN = """
import asyncio, sys
from llama_index.core.base.llms.types import ChatMessage
from llamaindex_tiered_memory import TieredMemoryBlock
block = TieredMemoryBlock(sys.argv[1], namespace=("acme", "ann"))
print(asyncio.run(block.aget([ChatMessage(content=sys.argv[2])], session_id="one")))
"""


async def test_it_survives_a_restart(tmp_path):
    block = TieredMemoryBlock(tmp_path / "b.db", namespace=("acme", "ann"))
    await talk(stock(block, "one"))
    (tmp_path / "again.py").write_text(AGAIN)
    done = await asyncio.to_thread(run, tmp_path / "again.py", tmp_path / "b.db", QUESTION)
    assert "17 days on host falcon-9" in done.stdout


async def test_chinese_is_kept_and_found():
    block = ram()
    await block.aput([user("数据库的密码每十七天更换一次,主机是猎鹰九号。"), assistant("记下了。")], session_id="王")
    await block.aput([user(f"我们来谈谈第{n}个话题。") for n in range(30)], session_id="王")
    assert "每十七天更换一次" in text_of(await block.aget([user("猎鹰九号的密码多久更换一次?")], session_id="王"))


async def test_a_copy_is_the_block_and_a_pickle_leads_back(tmp_path):
    for block in (ram(), TieredMemoryBlock(tmp_path / "b.db", max_tokens=77, name="notes")):
        await block.aput([user(FACT)], session_id="ann")
        assert copy.deepcopy({"b": [block]})["b"][0] is block
        again = pickle.loads(pickle.dumps(block))
        assert (again.name, again.max_tokens) == (block.name, block.max_tokens)
        assert kept(again) == [FACT]


def test_arguments_that_make_no_sense_are_refused():
    with pytest.raises(InvalidSettings, match="max_tokens"):
        ram(max_tokens=0)
    with pytest.raises(ValueError, match="nonsense"):
        ram(nonsense=1)
    with Memory.open(":memory:") as memory, pytest.raises(InvalidSettings, match="path"):
        TieredMemoryBlock(":memory:", memory=memory)
    with Memory.open(":memory:") as memory:
        assert TieredMemoryBlock(memory=memory).memory is memory
