"""Each stored message becomes a chat message once, and nobody who is handed one reaches what is kept."""

import subprocess
import sys

import pytest
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock, ToolCallBlock

from llamaindex_tiered_memory import TieredChatMemory, converted, to_chat_message, to_message
from llamaindex_tiered_memory.converted import Counted, KeptChats, copied
from llamaindex_tiered_memory.counting import Tally
from tiermem import Memory

TALK = [
    ChatMessage(role="system", content="Be brief."),
    ChatMessage(role="user", content="Read {page} 3."),
    ChatMessage(
        role="assistant",
        blocks=[
            TextBlock(text="I read."),
            ToolCallBlock(tool_call_id="c1", tool_name="read", tool_kwargs={"page": 3, "in": ["a", {"b": 1}]}),
        ],
        additional_kwargs={"signature": {"of": ["x"]}},
    ),
    ChatMessage(role="tool", content="The pool is 50.", additional_kwargs={"tool_call_id": "c1"}),
    ChatMessage(role="assistant", content="It is 50."),
]


@pytest.fixture
def made(monkeypatch):
    """The messages that were converted, in a cache of the test's own."""
    numbers = []
    monkeypatch.setattr(converted, "CONVERTED", KeptChats())
    monkeypatch.setattr(
        converted, "to_chat_message", lambda message: (numbers.append(message.sequence), to_chat_message(message))[1]
    )
    return numbers


@pytest.fixture
def chat(tmp_path):
    with TieredChatMemory(session_id="s", path=tmp_path / "chat.db", token_limit=2_000) as memory:
        memory.put_messages(TALK)
        yield memory


def test_only_new_messages_are_converted(chat, made):
    assert len(chat.get()) == len(TALK)
    assert sorted(made) == [1, 2, 3, 4, 5]
    del made[:]
    chat.get()
    assert made == []
    chat.put(ChatMessage(role="user", content="And now?"))
    chat.get()
    assert made == [6]


async def test_only_new_messages_are_converted_for_async_callers(chat, made):
    await chat.aget()
    await chat.aput(ChatMessage(role="user", content="And now?"))
    assert (await chat.aget())[-1].content == "And now?"
    assert sorted(made) == [1, 2, 3, 4, 5, 6]


def spoil(message):
    for block in message.blocks:
        if isinstance(block, TextBlock):
            block.text = "spoiled"
        if isinstance(block, ToolCallBlock):
            block.tool_kwargs["page"] = "spoiled"
            block.tool_kwargs["in"][1]["b"] = "spoiled"
    for value in message.additional_kwargs.values():
        if isinstance(value, dict):
            value["of"].append("spoiled")
    message.additional_kwargs["more"] = "spoiled"
    message.blocks.append(TextBlock(text="spoiled"))


def test_what_a_caller_writes_into_a_message_changes_nothing_of_ours(chat):
    before = chat.get()
    shown = chat.get()
    assert before == shown == TALK
    for message in shown:
        spoil(message)
    shown.clear()
    assert chat.get() == before == chat.get_all() == TALK


def test_what_a_caller_put_may_be_changed_afterwards(chat):
    own = ChatMessage(role="assistant", content="As it was.", additional_kwargs={"at": [1]})
    chat.put(own)
    chat.get()
    spoil(own)
    assert chat.get()[-1] == ChatMessage(role="assistant", content="As it was.", additional_kwargs={"at": [1]})


ADDING = """
import sys
from tiermem import Memory
with Memory.open(sys.argv[1]) as memory:
    session = memory.session("s")
    session.add("Said by another process.", role="assistant")
    session.forget("m5")
"""


def test_what_another_process_adds_and_decides_is_shown_at_once(chat):
    assert chat.get()[-1].content == "It is 50."
    subprocess.run([sys.executable, "-c", ADDING, chat.session.memory.path], check=True)
    assert [message.content for message in chat.get()][-2:] == ["The pool is 50.", "Said by another process."]
    with Memory.open(chat.session.memory.path) as other:
        other.session("s").restore("m5")
    assert [message.content for message in chat.get()][-2:] == ["It is 50.", "Said by another process."]


def test_a_message_that_is_shown_otherwise_is_converted_anew():
    cache, message = KeptChats(), to_message(TALK[1], id="m")
    stub = message.shown_as("[compacted]")
    assert cache.chat(message).content == "Read {page} 3."
    assert cache.chat(stub).content == "[compacted]"
    assert cache.chat(message).content == "Read {page} 3."


def test_what_is_kept_is_bounded_and_the_newest_stay(made):
    cache = KeptChats(largest=10 * (converted.OBJECTS + 100))
    messages = [to_message(ChatMessage(role="user", content="x" * 100), id=f"n{n}") for n in range(50)]
    for message in messages:
        cache.chat(message)
    del made[:]
    for message in messages[-10:]:
        cache.chat(message)
    assert made == []
    cache.chat(messages[0])
    assert len(made) == 1


def test_tokens_are_those_of_the_tokenizer_in_force():
    messages = [to_message(message, id=str(place)) for place, message in enumerate(TALK)]
    for size in (1, 7):
        tally = Tally(lambda text, size=size: len(text) * size)
        for _ in range(3):
            counted = Counted(tally)
            assert counted.tokens([counted.chat(message) for message in messages]) == tally.messages(TALK)
    own = ChatMessage(role="user", content="not of the log")
    assert counted.tokens([own]) == tally.message(own)


def test_a_copy_is_equal_and_shares_nothing_that_can_be_changed():
    image = ChatMessage(role="user", blocks=[ImageBlock(image=b"aGVsbG8=", image_mimetype="image/png")])
    for message in [*TALK, image]:
        twin = copied(message)
        assert twin == message
        assert twin.blocks is not message.blocks
        assert all(one is not other for one, other in zip(twin.blocks, message.blocks, strict=True))
        assert twin.additional_kwargs is not message.additional_kwargs


def test_a_window_is_counted_once_by_a_tokenizer_that_is_not_the_core_s(tmp_path):
    texts = []
    with Memory.open(tmp_path / "chat.db") as memory:
        chat = TieredChatMemory(
            memory=memory, session_id="s", token_limit=2_000, tokenizer_fn=lambda text: texts.append(text) or len(text)
        )
        chat.put_messages(TALK)
        chat.get()
        assert "It is 50." in texts
        del texts[:]
        chat.get()
        assert "It is 50." not in texts
        chat.tokenizer_fn = lambda text: texts.append(text) or 1
        chat.get()
        assert "It is 50." in texts
