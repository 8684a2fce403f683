import base64
import copy
import dataclasses
import enum
import json
import warnings
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.prompts import ChatPromptTemplate
from llama_index.core.schema import ImageDocument
from pydantic import BaseModel

from llamaindex_tiered_memory.blocks import InsertedTextBlock, VerbatimTextBlock, verbatim
from llamaindex_tiered_memory.convert import same, to_chat_message, to_message
from tests.llamaindex_tiered_memory.fakes import BRACES
from tests.properties.thinned import share
from tiermem.agents.encoding import dumped, restored
from tiermem.messages import Message, ToolCall, from_canonical

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def through_the_store(chat: ChatMessage) -> ChatMessage:
    return to_chat_message(from_canonical(to_message(chat).canonical))


BLOCKS = [
    TextBlock(text="plain {braces} and <|endoftext|> 你好"),
    TextBlock(text=""),
    ImageBlock(image=PNG),
    ImageBlock(url="https://example.org/a.png", detail="high"),
    ImageBlock(url="data:image/png;base64," + base64.b64encode(PNG).decode()),
    AudioBlock(audio=b"ID3\x00\xff\xfe", format="mp3"),
    AudioBlock(url="https://example.org/a.mp3"),
    VideoBlock(video=b"\x00\x00\x00\x18ftypmp42", fps=3),
    DocumentBlock(data=b"%PDF-1.4 \xff", title="report", document_mimetype="application/pdf"),
    DocumentBlock(url="https://example.org/a.pdf"),
    CachePoint(cache_control=CacheControl(type="ephemeral", ttl="1h")),
    CitableBlock(title="t", source="s", content=[TextBlock(text="cited"), ImageBlock(image=PNG)]),
    CitationBlock(cited_content=TextBlock(text="said"), source="s", title="t", additional_location_info={"page": 3}),
    ThinkingBlock(content="hm", num_tokens=12, additional_information={"signature": "Eq8=", "nested": {"n": [1]}}),
    ThinkingBlock(),
    ToolCallBlock(tool_call_id="c1", tool_name="search", tool_kwargs={"query": "x", "deep": {"list": [1, None]}}),
    ToolCallBlock(tool_name="no_id", tool_kwargs='{"broken": '),
]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_every_block_type_comes_back_equal_alone_and_among_others(block):
    for blocks in ([block], [TextBlock(text="before"), block, TextBlock(text="after")], [block, block]):
        chat = ChatMessage(role="assistant", blocks=blocks)
        assert through_the_store(chat) == chat


def test_all_blocks_together_come_back_in_order():
    chat = ChatMessage(role="user", blocks=list(BLOCKS))
    assert through_the_store(chat).blocks == BLOCKS


@pytest.mark.parametrize("role", list(MessageRole))
def test_every_role_comes_back(role):
    assert through_the_store(ChatMessage(role=role, content="x")).role is role


def test_a_message_without_blocks_and_one_with_empty_text_stay_apart():
    assert through_the_store(ChatMessage(role="assistant", blocks=[])).blocks == []
    assert through_the_store(ChatMessage(role="assistant", content="")).blocks == [TextBlock(text="")]


def test_text_is_stored_once():
    marker = "the-only-copy-of-this-text"
    chat = ChatMessage(
        role="assistant",
        blocks=[TextBlock(text=marker), ToolCallBlock(tool_call_id="a", tool_name="f", tool_kwargs={"k": "arg-once"})],
        additional_kwargs={"id": 1},
    )
    stored = to_message(chat).canonical
    assert stored.count(marker.encode()) == 1
    assert stored.count(b"arg-once") == 1


def test_plain_text_needs_no_raw_beyond_its_format():
    message = to_message(ChatMessage(role="user", content="hello"))
    assert message.content == "hello"
    assert message.raw == {"format": "llamaindex", "message": {}}


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int


class Model(BaseModel):
    a: int = 1


class Opaque:
    def __repr__(self):
        return "<opaque>"


def test_json_values_in_additional_kwargs_come_back_exactly():
    kwargs = {
        "signature": b"\x00\xff",
        "logprob": float("-inf"),
        "huge": 10**30,
        "by_index": {0: "a", 1: {"__bytes__": "not ours"}},
        "session_id": "mine",
        "none": None,
        "tuple": (1, {2, 3}),
        "__bytes__": "a key of the user",
    }
    chat = ChatMessage(role="assistant", content="x", additional_kwargs=kwargs)
    assert through_the_store(chat).additional_kwargs == kwargs
    single = ChatMessage(role="assistant", content="x", additional_kwargs={"__bytes__": "zz"})
    assert through_the_store(single).additional_kwargs == {"__bytes__": "zz"}


def test_objects_in_additional_kwargs_come_back_as_what_they_hold():
    kwargs = {"colour": Colour.RED, "point": Point(1), "model": Model(), "opaque": Opaque()}
    got = through_the_store(ChatMessage(role="assistant", content="x", additional_kwargs=kwargs)).additional_kwargs
    assert got["colour"] == "red"
    assert got["point"] == {"x": 1}
    assert got["model"] == {"a": 1}
    assert got["opaque"]["__object__"][1] == "<opaque>"
    json.dumps(got)


CALL_SHAPES = {
    "llama_index": ToolSelection(tool_id="c1", tool_name="f", tool_kwargs={"a": 1}),
    "openai": {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
    "anthropic": {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
    "langchain": {"id": "c1", "name": "f", "args": {"a": 1}},
}


@pytest.mark.parametrize("shape", CALL_SHAPES)
def test_tool_calls_in_additional_kwargs_become_core_calls_and_stay_as_given(shape):
    given_call = CALL_SHAPES[shape]
    chat = ChatMessage(role="assistant", content=None, additional_kwargs={"tool_calls": [given_call]})
    message = to_message(chat)
    assert message.tool_calls == (ToolCall("c1", "f", {"a": 1}),)
    back = to_chat_message(message)
    assert back.blocks == []
    plain = given_call.model_dump() if isinstance(given_call, BaseModel) else given_call
    assert back.additional_kwargs["tool_calls"] == [plain]


def test_a_call_in_both_shapes_is_one_call():
    block = ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs={"a": 1})
    chat = ChatMessage(role="assistant", blocks=[block], additional_kwargs={"tool_calls": [CALL_SHAPES["openai"]]})
    assert [call.id for call in to_message(chat).tool_calls] == ["c1"]
    assert through_the_store(chat) == chat


def test_broken_arguments_are_kept_as_text():
    call = {"id": "c", "function": {"name": "f", "arguments": '{"a": '}}
    message = to_message(ChatMessage(role="assistant", additional_kwargs={"tool_calls": [call]}))
    assert message.tool_calls[0].arguments == '{"a": '


def test_a_tool_result_names_its_call_and_return_direct_does_not():
    result = ChatMessage(role="tool", content="42", additional_kwargs={"tool_call_id": "c1", "name": "f"})
    assert to_message(result).tool_call_id == "c1"
    assert through_the_store(result) == result
    direct = ChatMessage(role="assistant", content="42", additional_kwargs={"tool_call_id": "c1"})
    assert to_message(direct).tool_call_id is None
    assert through_the_store(direct) == direct


def test_the_caller_s_message_is_not_changed():
    stream = BytesIO(PNG)
    stream.seek(5)
    chat = ChatMessage(
        role="assistant",
        blocks=[TextBlock(text="x"), ImageBlock(image=stream, image_mimetype="image/png")],
        additional_kwargs={"tool_calls": [CALL_SHAPES["llama_index"]], "list": [1]},
    )
    kwargs = copy.deepcopy(chat.additional_kwargs)
    message = to_message(chat)
    assert chat.additional_kwargs == kwargs
    assert stream.tell() == 5
    back = to_chat_message(message)
    back.additional_kwargs["list"].append(2)
    assert to_chat_message(message).additional_kwargs["list"] == [1]
    assert base64.b64decode(back.blocks[1].image) == PNG


def test_a_block_whose_file_is_gone_still_loads(tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(PNG)
    message = to_message(ChatMessage(role="user", blocks=[ImageBlock(path=file), TextBlock(text="look")]))
    file.unlink()
    back = to_chat_message(message)
    assert back.blocks[0].path == file
    assert back.content == "look"


def test_legacy_images_become_blocks_once():
    document = ImageDocument(image=base64.b64encode(PNG).decode())
    chat = ChatMessage(role="user", content="look", additional_kwargs={"images": [document]})
    assert [block.block_type for block in through_the_store(chat).blocks] == ["text", "image"]


def test_messages_of_another_framework_convert_from_their_core_fields():
    message = Message(
        role="assistant",
        content=[
            {"type": "text", "text": "hello"},
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
            {"type": "novel", "payload": 7},
        ],
        tool_calls=(ToolCall("c1", "f", {"a": 1}),),
        raw={"format": "langchain", "message": {"type": "ai"}},
    )
    chat = to_chat_message(message)
    assert [block.block_type for block in chat.blocks] == ["text", "image", "text", "tool_call"]
    assert chat.blocks[3] == ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs={"a": 1})
    tool = to_chat_message(Message(role="tool", content="42", tool_call_id="c1", name="f"))
    assert tool.additional_kwargs == {"tool_call_id": "c1", "name": "f"}


def test_a_stub_of_a_message_keeps_its_calls_and_drops_its_blocks():
    chat = ChatMessage(role="assistant", blocks=[ThinkingBlock(content="long"), *BLOCKS[15:16], TextBlock(text="x")])
    stub = to_message(chat).shown_as("[COMPACTED: m1]")
    assert [block.block_type for block in to_chat_message(stub).blocks] == ["text", "tool_call"]


def test_what_the_memory_inserted_is_never_stored():
    chat = ChatMessage(role="user", blocks=[InsertedTextBlock(text="recalled"), TextBlock(text="question")])
    assert to_message(chat).content == "question"


def test_same_compares_what_was_said_not_who_stored_it():
    chat = ChatMessage(role="user", content="a", additional_kwargs={"k": 1})
    assert same(to_message(chat), to_message(chat))
    assert not same(to_message(chat), to_message(ChatMessage(role="user", content="a")))


@BRACES
def test_verbatim_blocks_survive_templates_and_equal_plain_ones():
    text = "use {context_str} and {query_str} and {unknown}"
    nested = CitableBlock(title="t", source="s", content=[TextBlock(text=text)])
    message = ChatMessage(role="user", blocks=[verbatim(TextBlock(text=text)), verbatim(nested)])
    template = ChatPromptTemplate.from_messages([message, ChatMessage(content="{query_str}", role="user")])
    shown = template.format_messages(context_str="CONTEXT", query_str="QUESTION")
    assert shown[0].blocks[0].text == text
    assert shown[0].blocks[1].content[0].text == text
    assert VerbatimTextBlock(text="a") == TextBlock(text="a")
    assert TextBlock(text="a") == VerbatimTextBlock(text="a")
    assert verbatim(TextBlock(text="no braces")).__class__ is TextBlock
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert message.model_dump(mode="json")["blocks"][0] == {"block_type": "text", "text": text}


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["__bytes__", "__as_is__"]), inner, max_size=4)
        | st.dictionaries(st.integers(), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
@settings(max_examples=share(300), deadline=None)
def test_plain_is_exact_for_json_bytes_and_odd_keys(value):
    kept = dumped(value)
    json.dumps(kept, allow_nan=False)
    assert restored(kept) == value


@given(st.text(max_size=60), st.sampled_from(list(MessageRole)), st.dictionaries(st.text(max_size=6), JSON_VALUES))
@settings(max_examples=share(200), deadline=None)
def test_any_text_and_kwargs_come_back(text, role, kwargs):
    kwargs.pop("images", None)
    chat = ChatMessage(role=role, content=text, additional_kwargs=kwargs)
    assert through_the_store(chat) == chat
