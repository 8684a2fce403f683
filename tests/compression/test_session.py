"""`Session.compress` and a `compactor=` that compresses, on every backend."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import Open
from tiermem import Message
from tiermem.compression import Compactor, compress
from tiermem.errors import InvalidMessage, InvalidSettings, UnknownReference

TALK = [
    Message(role="user", name="Anna", content="Hi! The pool of Kestrel has 10 connections. The sky is blue today."),
    Message(role="assistant", content="Thanks! I suggest 50 connections for Kestrel. Let me know how it goes."),
    Message(role="user", name="Anna", content="We decided to set it to 50 on 3 May. I am allergic to peanuts."),
]
LONG = (
    "We walked through the old town and looked at many houses. " * 6
    + "The archive key is XK-4471-B. "
    + "All good. " * 40
)


def test_each_line_opens_its_message_and_nothing_changes(store: Open) -> None:
    session = store().session("s", "anna")
    session.add(TALK)
    before = (session.view(), session.journal())
    short = session.compress(ratio=0.8, least=0.0)
    assert short.tokens < short.tokens_before
    assert short.kept.commitments == 1.0
    for section in short.sections:
        (message,) = session.expand(section.ref).messages
        assert section.text.split(". ")[0].rstrip(".!") in message.text
    assert "m3 Anna: We decided to set it to 50 on 3 May." in short.text
    assert (session.view(), session.journal()) == before


def test_only_what_is_named_and_not_hidden_is_told(store: Open) -> None:
    memory = store()
    session, other = memory.session("s", "anna"), memory.session("friday", "anna")
    session.add(TALK)
    other.add("My locker has number 4471.")
    session.forget("m1")
    assert [section.ref for section in session.compress(ratio=1.0).sections] == ["m2", "m3"]
    assert [section.ref for section in session.compress("m2", "m1", "m2", ratio=1.0).sections] == ["m2"]
    assert session.compress("friday/m1", ratio=1.0).text == "friday/m1 user: My locker has number 4471."
    memory.knowledge("anna").add_documents("Port 8443 is open. Call Eve.", source="ports")
    assert session.compress("d1", ratio=1.0).text == "d1 ports: Port 8443 is open. Call Eve."


def test_what_names_nothing_and_wrong_arguments_are_refused(store: Open) -> None:
    session = store().session("s", "anna")
    session.add(TALK)
    with pytest.raises(UnknownReference):
        session.compress("m9")
    with pytest.raises(InvalidSettings):
        session.compress(ratio=2)


def test_async_gives_the_same(store: Open) -> None:
    session = store().session("s", "anna")
    session.add(TALK)
    assert asyncio.run(session.as_async().compress("m1", "m3", ratio=0.5)) == session.compress("m1", "m3", ratio=0.5)


def test_it_is_the_same_as_of_the_messages_but_for_their_references(store: Open) -> None:
    session = store().session("s", "anna")
    session.add(TALK)
    assert session.compress(ratio=1.0).kept == compress(TALK, 1.0).kept


def test_a_compactor_shows_what_tells_and_the_original_comes_back(store: Open) -> None:
    session = store(compactor=Compactor(0.2, shortest=40), enable_context_management=False).session("s", "anna")
    session.add(LONG, compacted=True)
    session.add("ok", compacted=True)
    shown = session.view().messages[0].text
    assert shown.startswith("[COMPACTED: ")
    assert shown.endswith(" · m1]")
    assert "XK-4471-B" in shown
    assert session.journal()[0].strategy == "compression"
    assert session.restore("m1")[0].text == LONG


def test_a_short_message_is_left_to_the_default() -> None:
    assert Compactor()(Message(role="user", content="The pool has 10 connections.", sequence=4)) is None
    for wrong in ({"ratio": 0}, {"shortest": -1}, {"shortest": "x"}):
        with pytest.raises(InvalidSettings):
            Compactor(**wrong)  # type: ignore[arg-type]


def test_a_compactor_leaves_to_the_default_what_it_would_spoil() -> None:
    compactor = Compactor(0.2, shortest=20, preserve=["worker"])
    code = "```python\n" + "x = connect(host, port=5432)\n" * 20 + "```"
    results = [
        {"type": "text", "text": "I want port 8080. " * 9},
        {"type": "tool_result", "tool_use_id": "t", "content": LONG},
    ]
    for given in (code, results, "One worker is enough. " * 30):
        made = compactor(Message(role="user", content=given, sequence=2))
        assert made is None or len(str(made.content)) < len(str(given))
    assert compactor(Message(role="user", content=results, sequence=2)) is None


def diary(days: int) -> list[str]:
    return [f"Day {n} on the ship. The wind was from the north. We ate rice." for n in range(1, days + 1)]


def test_only_what_matters_is_opened_in_the_detail_that_is_asked_for(store: Open) -> None:
    session = store().session("s", "anna")
    session.add([*diary(8), "Calm. The anchor broke near Lisbon. Then it rained. All slept."])
    session.add("A new anchor was bought in Porto. The rest of the day was free.")
    asked = session.expand("m9", "Where did the anchor break?")
    assert asked.messages[0].text.startswith("Calm.")
    assert asked.note["text"] == "m9 user: Calm. The anchor broke near Lisbon. Then it rained."
    assert session.expand("m9", "anchor", "line").note["text"] == "m9 user: The anchor broke near Lisbon."
    assert session.expand("m9", detail="original").note["text"].endswith("All slept.")
    assert len(session.expand("m9", detail="gist").note["text"]) < len(asked.note["text"])
    in_other_words = session.expand("m9", "Welches Schiff?").note
    assert (in_other_words["detail"], in_other_words["text"]) == ("line", "m9 user: The anchor broke near Lisbon.")
    assert "text" not in session.expand("m9").note


def test_behind_a_summary_only_the_messages_that_matter_are_opened_within_the_budget(store: Open) -> None:
    memory = store(pre_rot_threshold=1_000, keep_recent_count=1, enable_context_management=False)
    session = memory.session("s", "anna")
    session.add([*diary(8), "The anchor broke near Lisbon.", *diary(8), "The new anchor is of steel.", *diary(48)])
    session.manage_context()
    ref = f"s{session.view().summaries[0].number}"
    opened = session.expand(ref, "Which anchor?")
    assert [message.text for message in opened.messages][:1] == ["The anchor broke near Lisbon."]
    assert len(opened.messages) <= 2
    few = session.expand(ref, "day on the ship", detail="original", budget=60)
    assert 0 < len(few.messages) < 8
    assert memory.counter(few.note["text"]) <= 60


def test_what_the_question_asks_for_is_in_the_budget_first(store: Open) -> None:
    session = store().session("s", "anna")
    code = "```python\ndef f(a, b):\n    return {\n        'k': b,\n    }\n```"
    session.add(f"{code}\nThe port is 8080. We decided on 3 May to keep Redis as the cache.")
    cut = session.expand("m1", "port", budget=15).note
    assert (cut["text"], cut["detail"]) == ("m1 user: The port is 8080.", "passages")
    assert session.expand("m1", "port", "original").note["text"] == f"m1 user: {session.messages()[0].text}"
    assert session.expand("m1", "nothing of this kind", "original").note["detail"] == "line"


@pytest.mark.parametrize("wrong", [{"detail": "all"}, {"query": 7}, {"budget": 0}, {"budget": True}])
def test_wrong_arguments_of_expand_are_refused(store: Open, wrong: dict[str, Any]) -> None:
    session = store().session("s", "anna")
    session.add(TALK)
    with pytest.raises(InvalidMessage):
        session.expand("m1", **wrong)


def test_a_gist_of_few_words_is_their_line(store: Open) -> None:
    session = store().session("s")
    session.add("Short one: the pool is 50.")
    assert session.expand("m1", detail="gist").note["text"] == session.expand("m1", detail="line").note["text"] != ""
