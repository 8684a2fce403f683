"""What the adapter adds to the contract: set, reset, stock arguments, the working copy, dumps, threads."""

import asyncio
import copy
import json

import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.schema import QueryBundle
from llama_index.core.storage.chat_store.base_db import MessageStatus

from llamaindex_tiered_memory import TieredChatMemory
from llamaindex_tiered_memory.blocks import InsertedTextBlock
from llamaindex_tiered_memory.counting import Tally
from tests.llamaindex_tiered_memory.fakes import words
from tests.llamaindex_tiered_memory.helpers import assistant, fresh, said, user
from tiermem import Memory
from tiermem.errors import BudgetTooSmall, InvalidMessage, InvalidSettings


def long_talk(turns: int = 60) -> list[ChatMessage]:
    return [one for n in range(turns) for one in (user(f"topic {n} " + "filler " * 30), assistant(f"noted {n}"))]


def inserted(message: ChatMessage) -> list[str]:
    return [block.text for block in message.blocks if isinstance(block, InsertedTextBlock)]


# -- the view ---------------------------------------------------------------------------------------------------


def test_get_takes_text_a_message_a_bundle_a_number_or_nothing():
    memory = fresh()
    memory.put(user("one"))
    for ask in (None, "one", "", user("one"), QueryBundle("one"), 5):
        assert said(memory.get(ask)) == ["one"]


def test_the_waiting_message_is_one_object_until_the_next_message():
    memory = fresh()
    memory.put(user("question"))
    first = memory.get()[-1]
    first.blocks[-1].text = "state + question"
    again = memory.get("question")[-1]
    assert again is first
    assert again.content == "state + question"
    assert memory.get_all()[0].content == "question"
    memory.put(assistant("answer"))
    assert said(memory.get()) == ["question", "answer"]


def test_the_waiting_message_keeps_exchanged_blocks_too():
    memory = fresh()
    memory.put(user("question"))
    memory.get()[-1].blocks = [TextBlock(text="rebuilt")]
    assert memory.get()[-1].content == "rebuilt"
    assert memory.get_all()[0].content == "question"


def test_what_an_agent_writes_into_the_waiting_message_counts_in_the_budget():
    memory = fresh(token_limit=400, tokenizer_fn=words)
    memory.put_messages(long_talk(20))
    memory.put(user("topic 3?"))
    memory.get()[-1].blocks[-1].text = "state " * 200 + "topic 3?"
    shown = memory.get()
    assert shown[-1].content.endswith("topic 3?")
    assert "state state" in shown[-1].content
    assert Tally(words).messages(shown) <= 400


def test_summary_leads_the_first_and_recall_the_last_user_message():
    memory = fresh(token_limit=2200)
    memory.put(user("The vault code is 4711-falcon."))
    memory.put(assistant("Noted."))
    for message in long_talk(80):
        memory.put(message)
    memory.put(user("What is the vault code falcon?"))
    shown = memory.get()
    assert shown[0].role == "user"
    assert inserted(shown[0])
    assert any("4711-falcon" in text for text in inserted(shown[-1]))
    assert shown[-1].blocks[-1].text == "What is the vault code falcon?"
    assert all(message.role != "system" for message in shown)
    assert not any(inserted(message) for message in shown[1:-1])


def test_the_view_given_back_as_history_is_stored_without_what_was_inserted():
    memory = fresh(token_limit=1500)
    memory.put_messages([user("The vault code is 4711-falcon."), assistant("Noted."), *long_talk(60)])
    memory.put(user("What is the vault code falcon?"))
    shown = memory.get()
    assert inserted(shown[-1])
    memory.set(shown)
    assert memory.get_all()[-1].content == "What is the vault code falcon?"
    assert not any("quoted" in (message.content or "") for message in memory.get_all())


def test_a_turn_too_long_for_the_limit_is_headed_by_its_question():
    memory = fresh(token_limit=200, tokenizer_fn=words)
    memory.put(user("find the culprit"))
    for number in range(30):
        memory.put(assistant(f"step {number} " + "w " * 20))
    shown = memory.get()
    assert shown[0].role == "user"
    assert shown[0].content == "find the culprit"
    assert Tally(words).messages(shown) <= 200


def test_a_history_that_begins_with_a_greeting_is_shown_as_it_is():
    memory = fresh(chat_history=[assistant("Welcome!"), user("hi")])
    assert said(memory.get()) == ["Welcome!", "hi"]


def test_a_message_larger_than_the_limit_is_clipped_and_points_to_the_whole():
    memory = fresh(token_limit=200, tokenizer_fn=words)
    memory.put(user("begin " + "word " * 5000 + "end"))
    shown = memory.get()
    assert Tally(words).messages(shown) <= 200
    assert "m1" in shown[-1].content
    assert memory.get_all()[0].content.count("word") == 5000


def test_kwargs_that_cannot_fit_are_a_typed_error():
    memory = fresh(token_limit=100, tokenizer_fn=words)
    memory.put(ChatMessage(role="user", content="hi", additional_kwargs={"load": "w " * 500}))
    with pytest.raises(BudgetTooSmall):
        memory.get()
    assert memory.get_all()[0].content == "hi"


def test_the_limit_and_the_tokenizer_can_be_changed_later():
    memory = fresh(tokenizer_fn=words)
    memory.put_messages(long_talk(60))
    memory.token_limit = 300
    assert Tally(words).messages(memory.get()) <= 300
    memory.tokenizer_fn = list
    memory.token_limit = 900
    assert Tally(list).messages(memory.get()) <= 900


def test_a_shared_memory_counts_by_the_tokenizer_of_each():
    with Memory.open(":memory:") as core:
        memory = TieredChatMemory(memory=core, session_id="s", tokenizer_fn=list, token_limit=1500)
        memory.put_messages(long_talk(20))
        assert Tally(list).messages(memory.get()) <= 1500
        assert core.sessions() == ["s"]


# -- set, reset, get_all ----------------------------------------------------------------------------------------


def test_set_adds_only_what_is_new_and_hides_what_differs():
    memory = fresh()
    memory.set([user("a"), assistant("b")])
    memory.set([user("a"), assistant("b"), user("c")])
    assert memory.session.stats().messages == 3
    memory.set([user("a"), assistant("b")])
    assert said(memory.get_all()) == ["a", "b"]
    assert memory.session.stats().hidden == 1
    memory.set([])
    assert memory.get_all() == memory.get() == []


def test_reset_hides_and_undo_brings_back():
    memory = fresh()
    memory.put_messages([user("a"), assistant("b")])
    memory.reset()
    assert memory.get_all() == memory.get() == []
    memory.session.undo(memory.session.journal()[-1].number)
    assert said(memory.get_all()) == ["a", "b"]
    with pytest.raises(ValueError, match="whole"):
        memory.reset(status=MessageStatus.ARCHIVED)


@pytest.mark.parametrize("later", [False, True])
def test_reset_erases_where_that_is_asked_for(later):
    memory = TieredChatMemory.from_defaults(session_id="s")
    memory.put(ChatMessage(role="user", content="the code is 4711"))
    if later:
        asyncio.run(memory.areset(erase=True))
    else:
        memory.reset(erase=True)
    assert memory.get_all() == []
    assert (memory.session.stats().messages, memory.session.journal()) == (0, [])
    memory.put(ChatMessage(role="user", content="hello"))
    assert [one.content for one in memory.get_all()] == ["hello"]


async def test_get_all_by_status_parts_the_log():
    memory = fresh(token_limit=2000)
    memory.put_messages(long_talk(80))
    active = await memory.aget_all(status=MessageStatus.ACTIVE)
    archived = memory.get_all(status=MessageStatus.ARCHIVED)
    assert archived
    assert active
    assert archived + active == memory.get_all() == await memory.aget_all()


async def test_the_async_verbs_do_what_the_sync_ones_do():
    memory = fresh()
    await memory.aset([user("a")])
    await memory.aput(assistant("b"))
    await memory.aput_messages([user("c"), assistant("d")])
    assert said(await memory.aget("c", initial_token_count=3)) == ["a", "b", "c", "d"]
    await memory.areset()
    assert await memory.aget_all() == []


def test_messages_of_another_framework_are_shown_and_not_replaced():
    with Memory.open(":memory:") as core:
        session = core.session("s")
        session.add([{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}])
        memory = TieredChatMemory(memory=core, session_id="s")
        memory.set([*memory.get_all(), user("more")])
        assert said(memory.get_all()) == ["hello", "hi", "more"]
        assert session.stats().messages == 3


# -- dumps and copies -------------------------------------------------------------------------------------------


def test_copies_are_the_object_itself():
    memory = fresh()
    assert copy.deepcopy({"m": memory})["m"] is memory
    assert copy.copy(memory) is memory
    assert TieredChatMemory.from_dict(memory.to_dict()) is memory


def test_a_dump_of_an_earlier_moment_attaches_to_the_present(tmp_path):
    memory = fresh(path=tmp_path / "m.db")
    memory.put(user("one"))
    dump = memory.to_dict()
    memory.put(assistant("two"))
    assert said(TieredChatMemory.from_dict(dump).get_all()) == ["one", "two"]
    del memory
    assert said(TieredChatMemory.from_dict(dump).get_all()) == ["one", "two"]
    assert json.dumps(dump).count('"one"') == 0


def test_a_dump_takes_functions_when_it_is_loaded():
    memory = fresh(token_limit=321)
    memory.put(user("one"))
    again = TieredChatMemory.from_dict(memory.to_dict(), tokenizer_fn=words)
    assert again is not memory
    assert again.tokenizer_fn is words
    assert again.token_limit == 321
    again.put(assistant("two"))
    assert said(memory.get_all()) == ["one", "two"]


def test_what_is_no_dump_is_refused():
    with pytest.raises(InvalidMessage):
        TieredChatMemory.from_dict({"class_name": "TieredChatMemory"})
    data = fresh().to_dict() | {"version": 99, "object": "?"}
    with pytest.raises(InvalidSettings, match="99"):
        TieredChatMemory.from_dict(data)


def test_a_password_is_not_in_a_dump():
    from llamaindex_tiered_memory.memory.serialisation import _without_password

    assert "secret" not in _without_password("postgresql://me:secret@host/db")
    assert _without_password("/some/file.db") == "/some/file.db"
