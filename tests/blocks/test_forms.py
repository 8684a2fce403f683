"""Every kind of content block of the providers and frameworks: its words are read, counted, indexed and quoted."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Open
from tests.properties.thinned import share
from tiermem import Memory, Message
from tiermem.blocks.forms import FORMS, MEDIA, Sort
from tiermem.blocks.linking import open_links
from tiermem.blocks.reading import read, words
from tiermem.blocks.rewording import reworded, without_results
from tiermem.messages import content_text
from tiermem.tokens.counting import (
    AUDIO_TOKENS,
    FILE_TOKENS,
    VIDEO_TOKENS,
    content_tokens,
    message_tokens,
)
from tiermem.tokens.media import IMAGE_TOKENS

PAYLOAD = base64.b64encode(bytes(range(256)) * 40).decode()
SAYS = "the zorblax opens at noon"
TEXT = {"type": "text", "text": SAYS}
# What each provider or framework calls it, and a block of its kind that says `SAYS`.
SPEAKING: dict[str, dict[str, Any]] = {
    "text": TEXT,
    "input_text": {"type": "input_text", "text": SAYS},
    "output_text": {"type": "output_text", "text": SAYS, "annotations": []},
    "summary_text": {"type": "summary_text", "text": SAYS},
    "thread": {"type": "text", "text": {"value": SAYS, "annotations": []}},
    "refusal": {"type": "refusal", "refusal": SAYS},
    "responses message": {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SAYS}]},
    "bedrock text": {"text": SAYS},
    "bedrock guard": {"guardContent": {"text": {"text": SAYS, "qualifiers": ["query"]}}},
    "bedrock document": {"document": {"format": "txt", "name": "d", "source": {"text": SAYS}}},
    "bedrock search result": {"searchResult": {"source": "s", "title": "t", "content": [{"text": SAYS}]}},
    "bedrock citations": {"citationsContent": {"content": [{"text": SAYS}], "citations": []}},
    "anthropic document": {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": SAYS}},
    "anthropic document of blocks": {"type": "document", "source": {"type": "content", "content": [TEXT]}},
    "anthropic title": {"type": "document", "title": SAYS, "source": {"type": "base64", "data": PAYLOAD}},
    "anthropic search result": {"type": "search_result", "source": "s", "title": "t", "content": [TEXT]},
    "anthropic tool result": {"type": "tool_result", "tool_use_id": "t", "content": SAYS},
    "anthropic tool result of blocks": {"type": "tool_result", "tool_use_id": "t", "content": [TEXT]},
    "anthropic web search": {
        "type": "web_search_tool_result",
        "tool_use_id": "t",
        "content": [{"type": "web_search_result", "title": SAYS, "url": "u", "encrypted_content": PAYLOAD}],
    },
    "anthropic code": {
        "type": "code_execution_tool_result",
        "tool_use_id": "t",
        "content": {"type": "code_execution_result", "stdout": SAYS, "stderr": "", "return_code": 0},
    },
    "anthropic mcp": {"type": "mcp_tool_result", "tool_use_id": "t", "is_error": False, "content": [TEXT]},
    "bedrock tool result": {"toolResult": {"toolUseId": "t", "content": [{"text": SAYS}]}},
    "bedrock json": {"toolResult": {"toolUseId": "t", "content": [{"json": {"found": SAYS}}]}},
    "google result": {"functionResponse": {"name": "f", "response": {"result": SAYS}}},
    "google result, snake": {"function_response": {"name": "f", "response": {"result": SAYS}}},
    "google code": {"executableCode": {"language": "PYTHON", "code": SAYS}},
    "google printed": {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": SAYS}},
    "cohere document": {"type": "document", "document": {"id": "1", "data": {"snippet": SAYS}}},
    "responses output": {"type": "function_call_output", "call_id": "c", "output": SAYS},
    "responses output of items": {
        "type": "function_call_output",
        "call_id": "c",
        "output": [{"type": "input_text", "text": SAYS}],
    },
    "responses custom output": {"type": "custom_tool_call_output", "call_id": "c", "output": SAYS},
    "responses shell output": {"type": "local_shell_call_output", "id": "c", "output": SAYS},
    "responses file search": {"type": "file_search_call", "id": "f", "queries": ["q"], "results": [{"text": SAYS}]},
    "responses interpreter": {
        "type": "code_interpreter_call",
        "code": "1",
        "outputs": [{"type": "logs", "logs": SAYS}],
    },
    "responses mcp": {"type": "mcp_call", "name": "f", "arguments": "{}", "output": SAYS},
    "audio": {"type": "audio", "audio": {"id": "a", "transcript": SAYS}},
    "realtime audio": {"type": "input_audio", "audio": PAYLOAD, "transcript": SAYS},
    "langchain plain text": {"type": "text-plain", "text": SAYS, "mime_type": "text/plain"},
    "langchain server result": {"type": "server_tool_result", "tool_call_id": "t", "status": "success", "output": SAYS},
    "langchain other": {"type": "non_standard", "value": {"type": "refusal", "refusal": SAYS}},
    "llamaindex citable": {
        "block_type": "citable",
        "title": "t",
        "source": "s",
        "content": [{"block_type": "text", "text": SAYS}],
    },
    "llamaindex citable title": {"block_type": "citable", "title": SAYS, "source": "s", "content": []},
    "llamaindex citation": {
        "block_type": "citation",
        "title": "t",
        "source": "s",
        "cited_content": {"block_type": "text", "text": SAYS},
    },
    "llamaindex document": {"block_type": "document", "title": SAYS, "data": PAYLOAD, "document_mimetype": "a/b"},
    "llamaindex text file": {
        "block_type": "document",
        "data": base64.b64encode(SAYS.encode()).decode(),
        "document_mimetype": "text/plain",
    },
    "mcp resource": {"type": "resource", "resource": {"uri": "u", "mimeType": "text/plain", "text": SAYS}},
    "mcp link": {"type": "resource_link", "uri": "u", "name": SAYS},
    "vercel tool": {"type": "tool-look", "toolCallId": "c", "state": "output-available", "input": {}, "output": SAYS},
    "vercel invocation": {
        "type": "tool-invocation",
        "toolInvocation": {"state": "result", "toolCallId": "c", "toolName": "look", "args": {}, "result": SAYS},
    },
    "vercel result": {
        "type": "tool-result",
        "toolCallId": "c",
        "toolName": "look",
        "output": {"type": "text", "value": SAYS},
    },
    "vercel source": {"type": "source-url", "sourceId": "1", "url": "u", "title": SAYS},
    "unknown": {"type": "novel", "title": SAYS},
    "unknown, deep": {"type": "novel", "content": [TEXT]},
}
THINKING: dict[str, dict[str, Any]] = {
    "anthropic": {"type": "thinking", "thinking": SAYS, "signature": PAYLOAD},
    "mistral": {"type": "thinking", "thinking": [TEXT]},
    "responses": {"type": "reasoning", "summary": [{"type": "summary_text", "text": SAYS}]},
    "bedrock": {"reasoningContent": {"reasoningText": {"text": SAYS, "signature": "x"}}},
    "google": {"text": SAYS, "thought": True},
    "langchain": {"type": "reasoning", "reasoning": SAYS},
    "llamaindex": {"block_type": "thinking", "content": SAYS},
}
CALLING: dict[str, dict[str, Any]] = {
    "anthropic": {"type": "tool_use", "id": "c1", "name": "look", "input": {"q": SAYS}},
    "bedrock": {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"q": SAYS}}},
    "google": {"functionCall": {"id": "c1", "name": "look", "args": {"q": SAYS}}},
    "google, snake": {"function_call": {"id": "c1", "name": "look", "args": {"q": SAYS}}},
    "responses": {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "c1",
        "name": "look",
        "arguments": '{"q": "' + SAYS + '"}',
    },
    "langchain": {"type": "tool_call", "id": "c1", "name": "look", "args": {"q": SAYS}},
    "llamaindex": {"block_type": "tool_call", "tool_call_id": "c1", "tool_name": "look", "tool_kwargs": {"q": SAYS}},
    "vercel": {"type": "tool-call", "toolCallId": "c1", "toolName": "look", "input": {"q": SAYS}},
}
COSTING: dict[str, tuple[dict[str, Any], int]] = {
    "google image": ({"inline_data": {"mime_type": "image/png", "data": PAYLOAD}}, IMAGE_TOKENS),
    "google image, camel": ({"inlineData": {"mimeType": "image/png", "data": PAYLOAD}}, IMAGE_TOKENS),
    "google film": ({"fileData": {"mimeType": "video/mp4", "fileUri": "u"}}, VIDEO_TOKENS),
    "google sound": ({"inlineData": {"mimeType": "audio/wav", "data": PAYLOAD}}, AUDIO_TOKENS),
    "google file": ({"inlineData": {"mimeType": "application/pdf", "data": PAYLOAD}}, FILE_TOKENS),
    "bedrock image": ({"image": {"format": "png", "source": {"bytes": PAYLOAD}}}, IMAGE_TOKENS),
    "bedrock film": ({"video": {"format": "mp4", "source": {"bytes": PAYLOAD}}}, VIDEO_TOKENS),
    "bedrock file": ({"document": {"format": "pdf", "source": {"bytes": PAYLOAD}}}, FILE_TOKENS),
    "screenshot": ({"type": "computer_screenshot", "image_url": "u"}, IMAGE_TOKENS),
    "screenshot of a call": (
        {
            "type": "computer_call_output",
            "call_id": "c",
            "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64," + PAYLOAD},
        },
        IMAGE_TOKENS,
    ),
    "made image": ({"type": "image_generation_call", "id": "i", "result": PAYLOAD}, IMAGE_TOKENS),
    "image of a tool": ({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image"}]}, IMAGE_TOKENS),
    "bytes as the adapters keep them": ({"type": "file", "data": {"__bytes__": "AAAA"}}, FILE_TOKENS),
    "langchain media": ({"type": "media", "mime_type": "image/png", "data": PAYLOAD}, IMAGE_TOKENS),
    "vercel file": ({"type": "file", "mediaType": "image/png", "url": "u"}, IMAGE_TOKENS),
}  # fmt: skip


@pytest.mark.parametrize("block", SPEAKING.values(), ids=SPEAKING)
def test_words_of_every_kind_are_read_and_counted(block: dict[str, Any]) -> None:
    text = content_text([block])
    assert SAYS in text
    assert PAYLOAD[:100] not in text
    assert content_tokens([block], len) >= len(SAYS)
    assert not list(words([block], thoughts=True))


@pytest.mark.parametrize("block", THINKING.values(), ids=THINKING)
def test_thoughts_are_counted_and_are_not_what_was_said(block: dict[str, Any]) -> None:
    assert content_text([block]) == ""
    assert list(words([block], thoughts=True)) == [SAYS]
    assert content_tokens([block], len) == len(SAYS)


@pytest.mark.parametrize("block", CALLING.values(), ids=CALLING)
def test_calls_of_every_kind_are_calls(block: dict[str, Any]) -> None:
    (call,) = Message(role="assistant", content=[block]).calls
    assert (call.id, call.name, call.arguments) == ("c1", "look", {"q": SAYS})
    assert content_text([block]) == ""
    twice = Message(role="assistant", content=[block], tool_calls=(call,))
    assert twice.calls == (call,)
    assert message_tokens(twice, len) == message_tokens(Message(role="assistant", tool_calls=(call,)), len)


@pytest.mark.parametrize(("block", "tokens"), COSTING.values(), ids=COSTING)
def test_media_of_every_provider_cost_what_media_cost(block: dict[str, Any], tokens: int) -> None:
    assert content_tokens([block], len) == tokens
    assert content_text([block]) == ""


def test_words_in_blocks_are_found_and_quoted(store: Open) -> None:
    memory = store()
    session = memory.session("s")
    session.add([f"plain filler {number} about boats" for number in range(9)])
    found = [*SPEAKING.values(), *THINKING.values(), *CALLING.values()]
    for number, block in enumerate(found):
        other = _with_word(block, f"quirk{number}x")
        session.add({"role": "assistant", "content": [other]})
    for number in range(len(found)):
        refs = [hit.ref for hit in session.search(f"quirk{number}x", 3)]
        assert refs[:1] == [f"m{10 + number}"], found[number]
        assert f"quirk{number}x" in session.recall(f"quirk{number}x", budget=400).text
    assert session.verify().ok


def _with_word(value: Any, word: str) -> Any:
    if isinstance(value, str):
        coded = base64.b64encode(SAYS.encode()).decode()
        new = SAYS.replace("zorblax", word)
        return value.replace(SAYS, new).replace(coded, base64.b64encode(new.encode()).decode())
    if isinstance(value, dict):
        return {key: _with_word(inner, word) for key, inner in value.items()}
    return [_with_word(inner, word) for inner in value] if isinstance(value, list) else value


def test_a_quote_costs_what_it_shows(store: Open) -> None:
    session = store().session("s")
    plate = "This is the nameplate of pump 7: serial ZX-4471."
    session.add({"role": "user", "content": [{"type": "text", "text": plate}, {"type": "image", "base64": PAYLOAD}]})
    for number in range(20):
        session.add(f"filler about topic {number}, and nothing else that matters here")
        session.add(f"fine {number}", role="assistant")
    assert plate in session.recall("What is the serial of pump 7?", budget=150).text


def test_words_are_summarised_and_stubbed_and_links_stay() -> None:
    with Memory.open(":memory:", pre_rot_threshold=1_200, keep_recent_count=4) as memory:
        session = memory.session("s")
        for number in range(14):
            session.add({"role": "user", "content": [{"text": f"Please look for the quokka of shelf {number}."}]})
            called = {"toolUse": {"toolUseId": f"t{number}", "name": "look", "input": {"shelf": number}}}
            session.add({"role": "assistant", "content": [{"text": "I look."}, called]})
            said = f"ERROR: the quokka of shelf {number} is missing\n" + "a line that says nothing\n" * 20
            result = {"toolResult": {"toolUseId": f"t{number}", "content": [{"text": said}]}}
            session.add({"role": "user", "content": [result]})
            session.add({"role": "assistant", "content": [{"text": f"Shelf {number} has none."}]})
        view = session.view()
        stubs = [one for one in view.messages if "COMPACTED" in one.text]
        assert stubs
        assert all(read(part).sort is Sort.RESULT for one in stubs for part in one.content or ())  # type: ignore[arg-type]
        assert session.stats().covered == 0 or any("quokka" in summary.text for summary in view.summaries)
        assert session.verify().ok


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted({key for form in FORMS.values() for key in (*form.texts, *form.inner, *form.data, *form.ids)})
odd_blocks = st.tuples(
    st.sampled_from(("type", "block_type", "x")),
    st.sampled_from(sorted(FORMS)) | json_values,
    st.dictionaries(st.sampled_from([*KEYS, *sorted(FORMS), "source", "mime_type"]), json_values, max_size=5),
).map(lambda parts: {parts[0]: parts[1], **parts[2]})


@settings(max_examples=share(400), deadline=None)
@given(content=st.lists(st.text(max_size=9) | odd_blocks, max_size=4), text=st.text(max_size=9))
def test_no_block_breaks_its_reading(content: list[Any], text: str) -> None:
    message = Message(role="user", content=content)
    assert isinstance(message.text, str)
    assert isinstance(message.acts_as, str)
    assert message_tokens(message, len) >= 0
    left = Message(role="user", content=reworded(message.content, text))
    assert left.calls == message.calls
    assert left.answers == message.answers
    assert not Message(role="user", content=without_results(message.content, message.answers, str)).answers
    assert all(read(part).sort not in MEDIA for part in left.content if isinstance(part, dict))  # type: ignore[union-attr]


def test_what_a_provider_did_by_itself_waits_for_nobody() -> None:
    done = [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "kiln"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
        {"type": "tool_use", "id": "c1", "name": "look", "input": {}},
        {"type": "tool_result", "tool_use_id": "c1", "content": "closed"},
    ]
    assert open_links(done) == []
    message = Message(role="assistant", content=done)
    assert (message.calls, message.answers, message.acts_as) == ((), (), "assistant")
    assert "web_search" in message.text
    assert "kiln" in message.text
