"""What messages cost, and how near the estimate comes."""

from __future__ import annotations

import base64
import inspect
import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.thinned import share
from tiermem import messages as messages_module
from tiermem.messages import Message, ToolCall
from tiermem.providers.tokenizers import Counter, encoding_counter
from tiermem.tokens.counting import (
    AUDIO_TOKENS,
    FILE_TOKENS,
    OVERHEAD,
    OVERHEAD_CALL,
    VIDEO_TOKENS,
    content_tokens,
    message_tokens,
)
from tiermem.tokens.estimate import estimate
from tiermem.tokens.media import IMAGE_TOKENS

PAYLOAD = base64.b64encode(random.Random(1).randbytes(30_000)).decode()
O200K = encoding_counter("o200k_base")


def characters(text: str) -> int:
    return len(text)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, 0),
        ("", 0),
        ([], 0),
        ("four", 4),
        (["four", {"type": "text", "text": "five!"}], 9),
        ([{"text": "four"}], 4),
        ([{"type": "text", "text": ""}], 0),
        ([{"type": "input_text", "text": "four"}, {"type": "output_text", "text": "four"}], 8),
        ([{"block_type": "text", "text": "four"}], 4),
        ([{"type": "thinking", "thinking": "hmm", "signature": PAYLOAD}], 3),
        ([{"type": "reasoning", "reasoning": "hmm"}], 3),
        ([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hmm"}, {"text": "so"}]}], 5),
        ([{"type": "reasoning", "encrypted_content": PAYLOAD}], 0),
        ([{"type": "reasoning_content", "reasoning_content": {"text": "hmm", "signature": "x"}}], 3),
        ([{"block_type": "thinking", "content": "hmm", "num_tokens": 1}], 3),
        ([{"type": "image", "base64": PAYLOAD, "mime_type": "image/png"}], IMAGE_TOKENS),
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64," + PAYLOAD}}], IMAGE_TOKENS),
        ([{"type": "image", "source": {"type": "base64", "data": PAYLOAD}}], IMAGE_TOKENS),
        ([{"block_type": "image", "image": PAYLOAD}], IMAGE_TOKENS),
        ([{"type": "input_audio", "input_audio": {"data": PAYLOAD}}], AUDIO_TOKENS),
        ([{"block_type": "audio", "audio": PAYLOAD}], AUDIO_TOKENS),
        ([{"block_type": "video", "video": PAYLOAD}], VIDEO_TOKENS),
        ([{"type": "file", "base64": PAYLOAD, "mime_type": "application/pdf"}], FILE_TOKENS),
        ([{"type": "file", "file": {"file_data": PAYLOAD}}], FILE_TOKENS),
        ([{"block_type": "document", "data": PAYLOAD, "title": "T", "document_mimetype": "a/b"}], FILE_TOKENS + 1),
        ([{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "four"}}], 4),
        ([{"type": "document", "title": "T", "source": {"type": "content", "content": [{"text": "four"}]}}], 5),
        ([{"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}}], FILE_TOKENS),
        ([{"block_type": "document", "data": "Zm91cg==", "document_mimetype": "text/plain"}], 4),
        ([{"type": "file", "base64": "not base64", "mime_type": "text/plain"}], FILE_TOKENS),
        ([{"type": "text-plain", "text": "four", "mime_type": "text/plain"}], 4),
        ([{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "four"}]}], 4),
        ([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "four"}], 4),
        ([{"type": "server_tool_result", "tool_call_id": "s", "output": {"a": 1}}], len('{"a":1}')),
        ([{"type": "tool_use", "id": "c1", "name": "look", "input": {"q": "x"}}], OVERHEAD_CALL + 4 + 10),
        ([{"block_type": "tool_call", "tool_name": "look", "tool_kwargs": "broken{"}], OVERHEAD_CALL + 4 + 7),
        ([{"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}], OVERHEAD_CALL + 4 + 2),
        ([{"type": "novel", "note": "你"}], len('{"type":"novel","note":"你"}')),
        ([{"novel": True}], len('{"novel":true}')),
        ([{"type": "novel", "deep": [{"data": PAYLOAD}]}], len('{"type":"novel","deep":[{"data":""}]}')),
    ],
)  # fmt: skip
def test_the_cost_of_content(content, expected):
    assert content_tokens(content, characters) == expected
    assert message_tokens(Message(role="user", content=content), characters) == OVERHEAD + expected


def test_the_name_counts_and_state_raw_and_ids_do_not():
    message = Message(
        role="tool", content="four", name="Bob", tool_call_id="call_1", state={"goal": "x" * 99}, raw={"y": "z" * 99}
    )
    assert message_tokens(message, characters) == OVERHEAD + 3 + 4


def test_tool_calls_count_with_overhead_name_and_arguments():
    calls = (ToolCall("c1", "look", {"q": "你好"}), ToolCall("c2", "see", '{"broken'))
    expected = OVERHEAD + 2 * OVERHEAD_CALL + 4 + len('{"q": "你好"}') + 3 + len('{"broken')
    assert message_tokens(Message(role="assistant", tool_calls=calls), characters) == expected


@pytest.mark.parametrize(
    "block",
    [
        {"type": "tool_use", "id": "c1", "name": "look", "input": {"q": "x"}},
        {"type": "tool_call", "id": "c1", "name": "look", "args": {"q": "x"}},
        {"type": "function_call", "id": "fc_9", "call_id": "c1", "name": "look", "arguments": '{"q": "x"}'},
        {"block_type": "tool_call", "tool_call_id": "c1", "tool_name": "look", "tool_kwargs": {"q": "x"}},
        {"block_type": "tool_call", "tool_call_id": None, "tool_name": "look", "tool_kwargs": {"q": "x"}},
    ],
)
def test_a_call_in_both_places_counts_once_and_a_second_one_again(block):
    call = ToolCall("c1", "look", {"q": "x"})
    alone = message_tokens(Message(role="assistant", tool_calls=(call,)), characters)
    assert message_tokens(Message(role="assistant", content=[block], tool_calls=(call,)), characters) == alone
    twice = Message(role="assistant", content=[block, block], tool_calls=(call,))
    assert message_tokens(twice, characters) == 2 * alone - OVERHEAD


def test_hashes_and_prose_in_unknown_blocks_are_text():
    for text in ("ab" * 400, "word " * 400, "word\n" * 400, "https://example.org/?q=" + "a" * 1200):
        assert content_tokens([{"novel": text}], characters) == len(json.dumps({"novel": text})) - 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("text", "content", "source", "data", "base64", "input", "summary", "id", "name", "title", "mime_type", "output")
KINDS = (
    "text",
    "image",
    "document",
    "file",
    "tool_use",
    "tool_call",
    "tool_result",
    "thinking",
    "reasoning",
    "odd",
    "",
)
blocks = st.tuples(
    st.sampled_from(("type", "block_type", "x")),
    st.sampled_from(KINDS) | json_values,
    st.dictionaries(st.sampled_from(KEYS), json_values | st.just("text/plain"), max_size=5),
).map(lambda parts: {parts[0]: parts[1], **parts[2]})


@settings(max_examples=share(400), deadline=None)
@given(content=st.none() | st.text() | st.lists(st.text(max_size=9) | blocks, max_size=4))
def test_any_content_has_a_cost(content):
    message = Message(role="assistant", content=content, tool_calls=(ToolCall("c", "n"),))
    assert message_tokens(message, characters) >= OVERHEAD + OVERHEAD_CALL
    assert message_tokens(message, O200K) >= OVERHEAD + OVERHEAD_CALL


ENGLISH = (
    "Yesterday we talked about moving to the new office, and my manager said that the papers have to be ready by the "
    "end of the month. I think that is too early: half of the team is still on holiday, and the lease isn't signed. "
)
CHINESE = (
    "昨天我们讨论了搬到新办公室的事情，经理说所有的文件都要在月底之前准备好。"
    "我觉得太早了，因为一半的同事还在休假，合同也没有签。"
)
SAMPLES = {
    "English": ENGLISH,
    "Chinese": CHINESE,
    "both": ENGLISH + CHINESE,
    "code": inspect.getsource(messages_module),
    "JSON": json.dumps(
        [{"id": f"u-{n * 7919}", "city": "上海", "score": n / 7, "ok": True} for n in range(30)], indent=1
    ),
    "hex": random.Random(2).randbytes(900).hex(),
    "base64": PAYLOAD[:2000],
    "numbers": "\n".join(f"{n * 1.7:.3f}, {n * n}" for n in range(90)),
    "Russian": "Вчера мы обсуждали переезд в новый офис, и начальник сказал, что документы нужно подготовить.",
    "Japanese": "昨日、友達と一緒に京都へ旅行に行きました。天気がとても良くて、お寺の庭がきれいでした。",
    "Korean": "어제 친구와 함께 부산으로 여행을 갔습니다. 날씨가 아주 좋았고 바다가 정말 아름다웠습니다.",
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_estimate_is_near_and_seldom_low(kind):
    ratio = estimate(SAMPLES[kind]) / O200K(SAMPLES[kind])
    assert 0.96 <= ratio <= 1.45


@settings(max_examples=share(300), deadline=None)
@given(text=st.text())
def test_the_estimate_is_a_count_for_any_text(text):
    result = estimate(text)
    assert isinstance(result, int)
    assert (result > 0) == bool(text)


@pytest.mark.parametrize(
    "unit", ["a", "A", " ", "\n", " \n", "!", "-", "1", "x1", "中", "é", "_a", "a'", "=", "\ud800"]
)
def test_the_estimate_takes_linear_time(unit):
    started = time.process_time()
    estimate((unit * 500_000)[:500_000])
    assert time.process_time() - started < 2.0  # measured: 0.3 s at worst; quadratic would be minutes


def test_a_counter_that_remembers_counts_a_message_once_and_an_equal_one_anew():
    counted = []
    counter = Counter(given=lambda text: counted.append(text) or len(text), remembering=True)
    message = Message(role="user", content="The pool is 50.", tool_calls=(ToolCall("c1", "read", {"page": 3}),))
    once = message_tokens(message, counter)
    asked = len(counted)
    assert once == message_tokens(message, len)
    assert message_tokens(message, counter) == once
    assert len(counted) == asked
    assert message_tokens(message.shown_as("[compacted]"), counter) == message_tokens(
        message.shown_as("[compacted]"), len
    )
    assert len(counted) > asked
