"""What real files of chats between people, tables and transcripts do beyond their samples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.histories.shapes import one, told
from tiermem.errors import InvalidMessage
from tiermem.histories.parts.contents import ReadOptions

BERLIN = ReadOptions(zone=ZoneInfo("Europe/Berlin"))


def spoken(found: Any) -> list[tuple[str | None, str]]:
    return [(message.name, message.text) for message in found.path]


def test_whatsapp_joins_lines_and_takes_no_note_or_quote_for_a_speaker() -> None:
    text = (
        "13/03/24, 10:00 - Messages and calls are end-to-end encrypted. Tap to learn more.\n"
        '13/03/24, 10:00 - Ann changed the subject to "Kiln: new"\n'
        "13/03/24, 10:01 - Ann: Two lines:\nthe second\n"
        "13/03/24, 10:02 - Bob: Look:\n01/02/24, 09:00 - Eve: an old word\n"
        "13/03/24, 10:03 - Ann: IMG-1.jpg (file attached)\nthe kiln\n"
        "13/03/24, 10:04 - Ann: <Media omitted>\n"
        "13/03/24, 10:05 - Bob: This message was deleted\n"
    )
    found = one(text, "WhatsApp Chat with Ann.txt", BERLIN)
    assert found.id == "whatsapp-Ann"
    assert spoken(found) == [
        ("Ann", "Two lines:\nthe second"),
        ("Bob", "Look:\n01/02/24, 09:00 - Eve: an old word"),
        ("Ann", "IMG-1.jpg\nthe kiln"),
        ("Ann", "<Media omitted>"),
    ]
    assert found.path[0].created_at == datetime(2024, 3, 13, 9, 1, tzinfo=UTC)
    assert sum(found.left_out.values()) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[3/25/24, 1:05:09\u202fPM] \u200eAnn: hi", datetime(2024, 3, 25, 13, 5, 9, tzinfo=UTC)),
        ("25.03.24, 13:05 - Ann: hi", datetime(2024, 3, 25, 13, 5, tzinfo=UTC)),
        ("[2024/3/5 下午1:05:09] Ann: hi", datetime(2024, 3, 5, 13, 5, 9, tzinfo=UTC)),
        (
            "05/03/24, 00:10 - Ann: hi\n04/04/24, 12:00 - Ann: ho\n05/04/24, 12:00 - Ann: hu",
            datetime(2024, 3, 5, 0, 10, tzinfo=UTC),
        ),
        ("5/5/24, 12:00 am - Ann: hi", datetime(2024, 5, 5, tzinfo=UTC)),
    ],
)
def test_whatsapp_reads_the_dates_of_every_country(text: str, expected: datetime) -> None:
    assert one(text, "_chat.txt", archive="WhatsApp Chat - Ann").path[0].created_at == expected


def test_a_chat_that_only_its_file_names_says_so() -> None:
    assert one("13/03/24, 10:00 - Ann: hi", "WhatsApp Chat with Ann.txt").named_by_file
    assert one("sender,text\nAnn,hi\n", "t.csv").named_by_file
    assert not one("chat,sender,text\nKiln,Ann,hi\n", "t.csv").named_by_file


def test_whatsapp_guesses_no_date() -> None:
    with pytest.raises(InvalidMessage, match="day first or month first"):
        one("3/4/24, 10:00 - Ann: hi", "chat.txt")
    assert one("3/4/24, 10:00 - Ann: hi", "c.txt", ReadOptions("month-first")).path[0].created_at == datetime(
        2024, 3, 4, 10, tzinfo=UTC
    )


def test_telegram_of_a_whole_account_with_media_and_forwards() -> None:
    def message(number: int, **beside: Any) -> dict[str, Any]:
        shared = {"type": "message", "date": "2024-03-04T11:00:00", "from": "Ann", "text": "", "text_entities": []}
        return {"id": number, "date_unixtime": "1709546400"} | shared | beside

    chat = {
        "name": "Kiln",
        "id": 7,
        "messages": [
            message(1, text="Hi", edited="2024-03-04T12:00:00", reply_to_message_id=0),
            message(2, photo="photos/kiln.jpg", text=["see ", {"type": "link", "text": "this"}], forwarded_from="Eve"),
            message(3, sticker_emoji="🔥", file="(File not included.)", media_type="sticker"),
            message(4, file="files/plan.pdf", file_name="plan.pdf"),
            message(5, poll={"question": "Cone?", "answers": [{"text": "8"}, {"text": "9"}]}),
            message(6),
        ],
    }
    found = one({"personal_information": {}, "chats": {"list": [chat]}}, wishes=BERLIN)
    assert [text for _, text in spoken(found)] == ["Hi", "see this\nkiln.jpg", "🔥", "plan.pdf", "Cone?\n- 8\n- 9"]
    assert found.path[0].created_at == datetime(2024, 3, 4, 10, tzinfo=UTC)
    assert found.path[1].state == {"forwarded_from": "Eve"}
    assert found.left_out == {"messages without words": 1}


def test_slack_names_people_and_opens_markup() -> None:
    users = [{"id": "U1", "real_name": "Ann A", "profile": {"display_name": "ann"}}, {"id": "U2", "name": "bob"}]
    day = [
        {"type": "message", "user": "U2", "text": "later", "ts": "1709546402.000100", "thread_ts": "1709546400.000100"},
        {"type": "message", "user": "U1", "ts": "1709546400.000100", "files": [{"name": "kiln.pdf", "mimetype": "application/pdf"}],  # noqa: E501  # a line of a file
         "text": "<@U2> see <https://x.org|the site>, <#C1|pots> &lt;1260&gt; <!here>"},
        {"type": "message", "subtype": "channel_join", "user": "U1", "text": "<@U1> joined", "ts": "1709546399.000100"},
        {"type": "message", "subtype": "bot_message", "username": "ci", "ts": "1709546403.000100",
         "attachments": [{"title": "Build", "text": "ok"}]},
    ]  # fmt: skip
    found = one(day, "pots/2024-03-04.json", beside={"users.json": users})
    assert found.id == "slack-pots"
    assert spoken(found) == [
        ("ann", "@bob see the site (https://x.org), #pots <1260> @here\nkiln.pdf"),
        ("bob", "later"),
        ("ci", "Build\nok"),
    ]
    assert found.path[1].state == {"thread": "1709546400.000100"}
    assert [message.role for message in found.path] == ["user", "user", "assistant"]
    assert found.left_out == {"notes of the program (channel_join)": 1}


def test_discord_of_the_exporter_and_of_the_package() -> None:
    def message(number: str, words: str, **beside: Any) -> dict[str, Any]:
        author = {"name": "ann", "nickname": "Ann", "isBot": False}
        return {
            "id": number,
            "type": "Default",
            "timestamp": "2024-03-04T10:00:00+01:00",
            "content": words,
            "author": author,
        } | beside

    exported = {
        "guild": {"name": "g"},
        "channel": {"id": "9", "name": "pots"},
        "messages": [
            message("1", "Hi", attachments=[{"fileName": "kiln.png"}], embeds=[{"title": "T", "description": "D"}]),
            message("2", "Yes", type="Reply", reference={"messageId": "1"}, author={"name": "bot", "isBot": True}),
            message("3", "", type="ChannelPinnedMessage"),
        ],
    }
    found = one(exported)
    assert (found.id, spoken(found)) == ("discord-9", [("Ann", "Hi\nT\nD\nkiln.png"), ("bot", "Yes")])
    assert found.path[1].state == {"reply_to": "1"}
    assert found.path[0].created_at == datetime(2024, 3, 4, 9, tzinfo=UTC)
    package = [
        {"ID": 2, "Timestamp": "2024-03-04 10:00:01", "Contents": "second", "Attachments": ""},
        {"ID": 1, "Timestamp": "2024-03-04 10:00:00", "Contents": "first", "Attachments": ""},
    ]
    own = one(package, "c9/messages.json", beside={"c9/channel.json": {"id": "9", "name": "pots"}})
    assert (own.id, told(own.path)) == ("discord-9", [("user", "first"), ("user", "second")])


def test_matrix_applies_edits_and_leaves_out_what_was_taken_back() -> None:
    def event(number: str, content: dict[str, Any], kind: str = "m.room.message") -> dict[str, Any]:
        return {
            "type": kind,
            "sender": "@a:x",
            "content": content,
            "origin_server_ts": 1709546400000,
            "event_id": number,
        }

    edit = {
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"},
        "m.new_content": {"body": "1260"},
        "body": "* 1260",
    }
    found = one({"room_name": "Kiln", "messages": [
        event("$1", {"msgtype": "m.text", "body": "1250"}), event("$2", edit), event("$3", {}),
        event("$4", {"name": "x"}, "m.room.name"), event("$5", {"msgtype": "m.image", "body": "kiln.jpg"}),
    ]})  # fmt: skip
    assert [text for _, text in spoken(found)] == ["1260", "kiln.jpg"]
    assert sum(found.left_out.values()) == 3


def test_vtt_hears_every_voice_of_a_cue() -> None:
    text = (
        "WEBVTT\n\nNOTE made by a machine\n\n00:01.000 --> 00:02.000\n<v Ann Lee>Fire &amp; glaze.</v>\n<v.loud Bob>At <i>1260</i>?</v>\n\n"  # noqa: E501  # a line of a file
        "c2\n00:00:03.000 --> 00:00:04.000 align:start\n<v Bob>Really?</v>\n\n3\n00:00:05.000 --> 00:00:06.000\nno name here\n"  # noqa: E501  # a line of a file
    )
    found = one(text, "meeting.vtt")
    assert spoken(found) == [("Ann Lee", "Fire & glaze."), ("Bob", "At 1260?\nReally?"), (None, "no name here")]
    assert [message.state["start"] for message in found.path] == ["00:01.000", "00:01.000", "00:00:05.000"]


def test_copilot_is_turned_around_and_pairs_stay() -> None:
    text = (
        "Conversation,Time,Author,Message\r\n"
        'Kiln,2026-07-01T10:01:00,AI,"Second, ""answer"""\r\nKiln,2026-07-01T10:01:00,Human,"Second\nquestion"\r\n'
        "Kiln,2026-07-01T10:00:00,AI,First answer\r\nKiln,2026-07-01T10:00:00,Human,First question\r\n"
    )
    found = one(text, "copilot.csv", BERLIN)
    assert told(found.path) == [
        ("user", "First question"), ("assistant", "First answer"), ("user", "Second\nquestion"), ("assistant", 'Second, "answer"'),  # noqa: E501  # a line of a file
    ]  # fmt: skip
    assert found.path[0].created_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    same = "Conversation,Time,Author,Message\nKiln,2026-07-01T10:00:00,AI,answer\nKiln,2026-07-01T10:00:00,Human,question\n"  # noqa: E501  # a line of a file
    assert told(one(same, "copilot.csv").path) == [("user", "question"), ("assistant", "answer")]


def test_a_table_of_ones_own_is_read_by_its_heading() -> None:
    found = one(
        "id;Sender;Date;Text\n1;Ann;2024-03-04 10:00;Hi\n2;assistant;2024-03-04 10:01;Ho\n3;Ann\n4;Ann;2024-03-04 10:02; \n",  # noqa: E501  # a line of a file
        "t.csv",
    )
    assert [(one.id, one.role, one.name, one.text) for one in found.path] == [
        ("1", "user", "Ann", "Hi"), ("2", "assistant", None, "Ho"),
    ]  # fmt: skip
    assert found.left_out == {"rows with too few columns": 1, "rows without words": 1}


def test_a_table_of_anything_else_is_refused() -> None:
    with pytest.raises(InvalidMessage):
        one("height,width\n1,2\n", "t.csv")


def test_sillytavern_keeps_swipes_and_hides_what_the_model_was_not_shown() -> None:
    found = one(
        (
            {"user_name": "Ann", "character_name": "Potter", "chat_metadata": {"integrity": "i"}},
            {"name": "Ann", "is_user": True, "send_date": "2024-7-4@13h20m05s123ms", "mes": "Hi"},
            {"name": "Note", "is_user": False, "is_system": True, "send_date": 1720000000000, "mes": "secret"},
            {"name": "Potter", "is_user": False, "send_date": "2024-07-04T13:21:00Z", "mes": "Ho", "swipes": ["Ho", "Hu"],  # noqa: E501  # a line of a file
             "extra": {"reasoning": "greet"}},
        ),
        wishes=BERLIN,
    )  # fmt: skip
    assert found.id == "sillytavern-i"
    assert spoken(found) == [("Ann", "Hi"), ("Note", "secret"), ("Potter", "Ho")]
    assert {message.text for message in found.path if message.id in found.hidden} == {"secret"}
    assert [branch[-1].text for branch in found.branches] == ["Hu"]
    assert found.path[0].created_at == datetime(2024, 7, 4, 11, 20, 5, 123000, tzinfo=UTC)
