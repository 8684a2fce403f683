"""Files of messages: what every supported form comes to, what is refused, and that the same file gives the same ids."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import InvalidMessage
from tiermem.importers import exports
from tiermem.importers.formats import Survey, read, survey
from tiermem.importers.shapes import message_of
from tiermem.messages import Message, ToolCall

LINES = [{"role": "user", "content": "数据库超时了"}, {"role": "assistant", "content": "连接池改成 50"}]


def lines(path: Path, records: list[Any], packed: bool = False) -> Path:
    body = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
    path.write_bytes(gzip.compress(body) if packed else body)
    return path


def document(path: Path, value: Any, **how: Any) -> Path:
    path.write_text(json.dumps(value, **how), encoding="utf-8")
    return path


def one(record: Any) -> Message:
    return message_of(record, "made")


def said(path: Path, conversation: str | None = None) -> list[tuple[str, Any]]:
    return [(message.role, message.content) for message in read(path, conversation)]


EXPECTED = [("user", "数据库超时了"), ("assistant", "连接池改成 50")]


@pytest.mark.parametrize(
    "write",
    [
        lambda path: lines(path, LINES),
        lambda path: lines(path, LINES, packed=True),
        lambda path: document(path, LINES),
        lambda path: document(path, LINES, indent=2),
        lambda path: document(path, {"messages": LINES}),
        lambda path: document(path, {"model": "m", "messages": LINES}, indent=2),
        lambda path: document(path, {"chat_history": LINES, "token_limit": 3000}),
        lambda path: document(path, {"chat_store": {"store": {"k": LINES}}, "chat_store_key": "k", "token_limit": 1}),
        lambda path: document(path, {"store": {"only": LINES}, "class_name": "SimpleChatStore"}),
        lambda path: path.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(map(json.dumps, LINES)).encode()) and path,
    ],
    ids=["lines", "gzip", "array", "indented", "messages", "export", "old buffer", "buffer", "store", "windows"],
)
def test_every_container_gives_the_same_conversation(write: Any, tmp_path: Path) -> None:
    assert said(write(tmp_path / "file")) == EXPECTED


def test_gzip_is_known_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    assert said(lines(tmp_path / "plain.gz", LINES)) == said(lines(tmp_path / "packed.txt", LINES, packed=True))


def test_a_file_of_one_line_is_one_message_or_one_container(tmp_path: Path) -> None:
    assert said(lines(tmp_path / "a", LINES[:1])) == EXPECTED[:1]
    assert said(lines(tmp_path / "b", [{"messages": LINES}])) == EXPECTED


def test_lines_are_streamed_so_what_stands_before_a_fault_is_read(tmp_path: Path) -> None:
    path = lines(tmp_path / "x.jsonl", [*LINES, {"role": "user"}])
    messages = read(path)
    assert [next(messages).content, next(messages).content] == [content for _, content in EXPECTED]
    with pytest.raises(InvalidMessage, match=r"x\.jsonl, line 3: .*neither content nor tool calls"):
        next(messages)


def test_apollo_style_fields_become_name_date_and_state() -> None:
    message = one(
        {"id": "a13-1", "get": "000:00:02", "created_at": "1970-04-11T19:13:02+00:00", "speaker": "Lovell"}
        | {"role": "assistant", "content": "The clock is running."}
    )
    assert (message.id, message.name, message.origin) == ("a13-1", "Lovell", "import")
    assert message.created_at == datetime(1970, 4, 11, 19, 13, 2, tzinfo=UTC)
    assert message.state == {"get": "000:00:02"}


@pytest.mark.parametrize(
    ("given_date", "expected", "kept"),
    [
        ("2024-05-01T10:00:00", datetime(2024, 5, 1, 10, tzinfo=UTC), {"created_at": "2024-05-01T10:00:00"}),
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC), {"created_at": "2024-05-01"}),
        ("2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC), {}),
        (1714557600, datetime(2024, 5, 1, 10, tzinfo=UTC), {"created_at": 1714557600}),
        (1714557600000, datetime(2024, 5, 1, 10, tzinfo=UTC), {"created_at": 1714557600000}),
        (None, None, {}),
    ],
)
def test_dates_without_a_zone_are_utc_and_their_own_words_stay_in_state(
    given_date: Any, expected: datetime | None, kept: dict[str, Any]
) -> None:
    message = one({"role": "user", "content": "x", "created_at": given_date})
    assert (message.created_at, message.state) == (expected, kept)


def test_openai_tool_calls_come_with_parsed_arguments_and_the_exact_record() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{ "path":"池.py" }'}}
    record = {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None}
    message = one(record)
    assert message.tool_calls == (ToolCall("c1", "read", {"path": "池.py"}),)
    assert message.raw == {"format": "openai", "message": record}
    assert message.state == {"refusal": None}


@pytest.mark.parametrize(
    ("text", "expected"), [('{"a": ', '{"a": '), ("[1]", "[1]"), ("", ""), ("{}", {}), ('{"a": 1}', {"a": 1})]
)
def test_arguments_that_are_no_object_stay_the_text_they_are(text: str, expected: Any) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": text}}
    assert one({"role": "assistant", "tool_calls": [call]}).tool_calls[0].arguments == expected


def test_openai_tool_results_parts_and_any_role_are_kept() -> None:
    parts = [{"type": "text", "text": "看"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    assert one({"role": "user", "content": parts}).content == parts
    assert one({"role": "developer", "content": "be short"}).role == "developer"
    tool = one({"role": "tool", "tool_call_id": "c1", "content": "42"})
    assert (tool.role, tool.tool_call_id, tool.content) == ("tool", "c1", "42")


def test_openai_calls_of_2023_become_a_tool_pair_and_keep_their_record() -> None:
    asked = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}}
    answered = {"role": "function", "name": "f", "content": "42"}
    call, result = one(asked), one(answered)
    assert call.tool_calls == (ToolCall("f", "f", {"a": 1}),)
    assert (result.role, result.tool_call_id, result.name) == ("tool", "f", "f")
    assert [m.raw["message"] for m in (call, result) if m.raw] == [asked, answered]


def test_a_state_beside_unknown_fields_is_merged_and_never_overwritten() -> None:
    record = {"role": "user", "content": "x", "state": {"user_goal": "fix"}, "turn": 3}
    assert one(record).state == {"user_goal": "fix", "turn": 3}
    with pytest.raises(InvalidMessage, match="both in state and beside it"):
        one(record | {"user_goal": "other"})


def test_unicode_stays_exact_down_to_lone_surrogates_and_nul(tmp_path: Path) -> None:
    text = "a\x00b\ud800c\u2028d 👩‍🚀"
    assert said(document(tmp_path / "x.json", [{"role": "user", "content": text}])) == [("user", text)]


NAMES = st.text(max_size=8) | st.none()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["user", "assistant", "tool", "function"]),
    content=st.none() | st.text() | st.lists(st.text(max_size=5) | st.just({"type": "text", "text": "t"}), max_size=3),
    id=st.text(min_size=1, max_size=9),
    name=NAMES,
    tool_calls=st.lists(
        st.builds(
            ToolCall,
            st.text(max_size=4),
            st.text(max_size=4),
            st.text(max_size=9) | st.just({"a": [1]}) | st.just("{}"),
        ),
        max_size=2,
    ).map(tuple),
    tool_call_id=NAMES,
    state=st.dictionaries(st.text(max_size=6), VALUES, max_size=3),
    origin=st.sampled_from(["", "direct_user", "tool"]),
    created_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    pinned=st.booleans(),
    raw=st.none() | st.dictionaries(st.text(max_size=6), VALUES, max_size=2),
)


@given(MESSAGES)
def test_the_stored_form_of_every_message_reads_back_as_itself(message: Message) -> None:
    assert one(json.loads(message.canonical.decode("utf-8", "surrogatepass"))).canonical == message.canonical


@given(MESSAGES, st.none() | st.datetimes(timezones=st.just(UTC)), st.booleans())
def test_every_line_of_an_export_is_written_again_byte_for_byte(
    message: Message, stored_at: datetime | None, hidden: bool
) -> None:
    line = exports.line(replace(message, stored_at=stored_at), hidden=hidden)
    record = json.loads(line.decode("utf-8"))
    again, known = one(record), exports.archived(record)
    assert (known.stored_at, known.hidden) == (stored_at, hidden)
    assert exports.line(replace(again, stored_at=known.stored_at), hidden=known.hidden) == line


def test_the_same_file_gives_the_same_ids_and_a_grown_one_only_new_ones(tmp_path: Path) -> None:
    first = [m.id for m in read(lines(tmp_path / "a", LINES * 2))]
    assert first == [m.id for m in read(document(tmp_path / "b", LINES * 2))]
    assert len(set(first)) == 4
    assert [m.id for m in read(lines(tmp_path / "c", LINES * 3))][:4] == first


def test_the_same_word_at_the_same_place_of_another_conversation_is_another_message(tmp_path: Path) -> None:
    ok = {"role": "user", "content": "ok"}
    ours = [m.id for m in read(lines(tmp_path / "a", [LINES[0], ok]))]
    theirs = [m.id for m in read(lines(tmp_path / "b", [LINES[1], ok]))]
    assert ours[1] != theirs[1]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "x is empty"),
        (b"\n \n", "x is empty"),
        (b'{"role": "user", "content": "a"}\n{"role": "user", "cont\n', r"x, line 2, column 18: no JSON"),
        (b'{"role": "user", "content\n{"role": "user", "content": "b"}', r"x, line 1, column 26: no JSON"),
        (b'[{"role": "user",\n "content": oops}]', r"x, line 2, column 13: no JSON"),
        (b'{"role":"user","content":"a"}\n{"role":"user","content":"\xff"}\n', "x, line 2: not UTF-8"),
        (b'\xff{"', "x, line 1: not UTF-8"),
        (b'\xff\xfe{\x00"', "x: not UTF-16"),
        (b'\xff\xfe{\x00"\x00', "x, line 1, column 2: no JSON"),
        (b'[{"role":"user","content":"a"},{"role":"user","content":7}]', "x, message 2: content must be text"),
        (b'[{"role":"user","content":"a"},"b"]', "x, message 2: a message is a JSON object, not str"),
        (b'{"role":"user","content":"a","n":NaN}', "x: NaN is no JSON"),
        (b'{"role":"user","content":"a","n":1e999}\n{"role":"user","content":"a"}', "x, line 1: not a value"),
        (b'{"role":"user","content":"a","content":"b"}', "two fields of one name"),
        (b'{"a":1}\n{"a":1}', "x, line 1: an object without role"),
        (b'{"messages":[]}\n{"messages":[]}', "x, line 1: a whole conversation"),
        (b'{"messages":{}}', "the messages must be a list"),
        (b'{"role":7,"content":"a"}', "role must be a string"),
        (b'{"role":"user","content":"a","id":["x"]}', "id must be text"),
        (b'{"role":"user","content":"a","name":{}}', "name must be text"),
        (b'{"role":"user","content":"a","created_at":"soon"}', "neither ISO 8601 nor a Unix time"),
        (b'{"role":"user","content":"a","created_at":1e300}', "neither ISO 8601 nor a Unix time"),
        (b'{"role":"assistant","tool_calls":["x"]}', "tool_calls must be a list of objects"),
        (b'"text"', "neither messages nor an object that holds them"),
        (b'{"store":{}}', "a chat store without messages"),
        (b"[" * 200_000, "x: not a value that JSON can keep"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_place(body: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(body)
    with pytest.raises(InvalidMessage, match=message):
        list(read(path))


def test_a_cut_off_gzip_file_is_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "x.gz", LINES * 50, packed=True)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InvalidMessage, match="damaged or cut off"):
        list(read(path))


def test_survey_counts_and_names_what_will_not_be_imported(tmp_path: Path) -> None:
    assert survey(lines(tmp_path / "a", LINES)) == Survey(2, undated=2)
    assert survey(document(tmp_path / "b", {"messages": LINES, "model": "m", "tools": []})) == Survey(
        2, ("model", "tools"), undated=2
    )


def test_survey_refuses_two_messages_of_one_id(tmp_path: Path) -> None:
    same = [LINES[0] | {"id": "7"}] * 2
    assert survey(lines(tmp_path / "a", same)).messages == 2
    with pytest.raises(InvalidMessage, match="message 2: an earlier message that differs has the same id"):
        survey(lines(tmp_path / "b", [LINES[0] | {"id": 7}, LINES[1] | {"id": "7"}]))


def test_a_chat_store_with_several_conversations_asks_which(tmp_path: Path) -> None:
    path = document(tmp_path / "x", {"store": {"b": LINES, "a": LINES[:1]}})
    with pytest.raises(InvalidMessage, match="x holds 2 conversations; name one of them: a, b"):
        list(read(path))
    assert said(path, "a") == EXPECTED[:1]
    assert survey(path, "a") == Survey(1, ("conversation b",), undated=1)
