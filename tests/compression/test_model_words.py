"""Compression with a model's words: which of its sentences stand, what is measured, and what a failing model costs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Open
from tests.properties.thinned import share
from tiermem import Message, StructuredSummary
from tiermem.compression import Compactor, Compressed, compress
from tiermem.compression.measuring import measure
from tiermem.errors import InvalidSettings
from tiermem.summaries.grounding import Ground
from tiermem.testing import ScriptedSummarizer

WALK = (
    "We walked through the old town and looked at many houses with green doors. The sky over the hills was blue, and "
    "the wind was cold all day. My brother never liked the museum, but he came along. Anna walked behind Bert on the "
    "narrow path. After lunch we sat by the river and watched the boats go by. In the evening we were tired and glad. "
)
FACTS = "The pool of Kestrel had 10 connections. We decided to raise it to 50 on 3 May. "
TALK = [
    Message(role="user", name="Anna", content=FACTS + WALK),
    Message(
        role="assistant", content="Thanks! That sounds lovely. " + "The boats by the river are a joy to watch. " * 3
    ),
]


def told(*sentences: str, **options: Any) -> Compressed:
    return compress(TALK, options.pop("ratio", 0.5), least=0.0, summarizer=lambda _: " ".join(sentences), **options)


def test_lower_layers_are_told_in_the_models_words_and_facts_stay_word_for_word() -> None:
    model = ScriptedSummarizer("They walked through the old town and watched boats on the river.")
    short = compress(TALK, 0.5, least=0.0, summarizer=model)
    assert short.text.splitlines()[-1] == "summary: They walked through the old town and watched boats on the river."
    assert "We decided to raise it to 50 on 3 May." in short.text
    assert (short.refused, short.degraded) == (0, "")
    assert [(section.speaker, section.written) for section in short.sections][-1] == ("summary", True)
    assert short.tokens <= 0.5 * short.tokens_before
    asked = "".join(message.text for message in model.asked[0])
    assert "old town" in asked
    assert "Kestrel" not in asked
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "made_up",
    [
        "They walked 12 kilometres through the old town.",
        "They walked through the old town of Porto Alegre.",
        "See walks/old-town.md for the walk through the old town.",
        "My brother liked the museum.",
        "We never walked through the old town and looked at houses.",
        "Bert walked behind Anna on the narrow path.",
        "Quantum chromodynamics explains confinement beautifully.",
    ],
)
def test_what_the_original_does_not_bear_out_is_refused_and_counted(made_up: str) -> None:
    short = told("They walked through the old town.", made_up)
    assert made_up not in short.text
    assert short.refused == 1
    assert "summary: They walked through the old town." in short.text


def test_where_nothing_is_borne_out_all_is_refused_counted_and_said() -> None:
    short = told("Bert walked behind Anna on the narrow path.", "Quantum chromodynamics explains confinement.")
    assert short.refused == 2
    assert short.degraded == "summarizer: none of its 2 sentences is borne out"


@pytest.mark.parametrize(
    "answer",
    [
        OSError("no network"),
        "I'm sorry, I cannot help with that.",
        "They walked 12 kilometres.",
        "",
        7,
        None,
        {"title": "a walk"},
        ["a", 5],
        "word " * 500,
    ],
)
def test_a_model_that_fails_costs_its_words_alone_and_the_reason_is_told(answer: Any) -> None:
    plain = compress(TALK, 0.5, least=0.0)
    short = compress(TALK, 0.5, least=0.0, summarizer=ScriptedSummarizer(answer))
    assert (short.text, short.kept) == (plain.text, plain.kept)
    assert short.degraded.startswith("summarizer: ")
    assert plain.degraded == ""


def test_a_summary_with_fields_an_async_function_and_a_slow_one_are_taken_as_elsewhere() -> None:
    fields = StructuredSummary(count=2, user_goal="A walk through the old town", last_step="They sat by the river")

    async def answers(_: Sequence[Message]) -> StructuredSummary:
        await asyncio.sleep(0)
        return fields

    assert (
        "summary: A walk through the old town They sat by the river"
        in compress(TALK, 0.6, least=0.0, summarizer=answers).text
    )
    slow = asyncio.Event()

    async def hangs(_: Sequence[Message]) -> str:
        await slow.wait()
        return ""

    assert "no answer within 0.01 s" in compress(TALK, 0.5, summarizer=hangs, timeout=0.01).degraded


def test_nobody_is_asked_where_all_fits_or_there_is_little_to_tell() -> None:
    model = ScriptedSummarizer(OSError("asked"))
    assert compress(TALK, 1.0, summarizer=model).degraded == ""
    assert compress(FACTS + "The sky was blue.", 0.6, summarizer=model).degraded == ""
    assert model.asked == []


def test_what_is_written_is_measured_by_the_same_rule_and_nothing_is_claimed_for_it() -> None:
    short = told("They walked through the old town and watched boats on the river.", ratio=0.3)
    assert measure(short.original, short.text) == short.kept
    missed = compress(TALK, 0.05, least=0.9, at_most=0.05, summarizer=lambda _: "They walked through the old town.")
    assert not missed.met


@pytest.mark.parametrize(
    ("original", "other"),
    [
        ("Ann owes Bob 50 EUR.", "Bob owes Ann 50 EUR."),
        ("Kestrel replaced Falcon in May 2024.", "Falcon replaced Kestrel in May 2024."),
        ("王伟把房子卖给了李娜，价格是200万。", "李娜把房子卖给了王伟，价格是200万。"),
    ],
)
def test_a_reversal_is_not_what_it_reverses(original: str, other: str) -> None:
    material = compress(original, 1.0).original
    assert measure(material, original).answers == 1.0
    assert measure(material, other).answers == 0.0
    assert measure(material, f"m1 {other.split(maxsplit=1)[0]}: {original}").answers == 1.0


_SENTENCES = st.sampled_from(
    [
        "They walked through the old town.",
        "The wind was cold all day.",
        "They paid 99 EUR.",
        "Porto Alegre was nice.",
        "My brother never liked the museum.",
        "My brother liked the museum.",
        "天气很好。",
        "See notes.md.",
        "\x00",
        "{",
    ]
)


@settings(max_examples=share(300))
@given(answer=st.lists(_SENTENCES, max_size=6), ratio=st.floats(0.01, 1), least=st.floats(0, 1), most=st.floats(0, 1))
def test_whatever_a_model_says_budgets_hold_and_every_sentence_is_borne_out(
    answer: list[str], ratio: float, least: float, most: float
) -> None:
    short = compress(TALK, ratio, least=least, at_most=most, summarizer=lambda _: answer)
    assert short.tokens <= max(ratio, most) * short.tokens_before
    assert short.met == (measure(short.original, short.text).total >= least)
    ground = Ground(TALK)
    for section in (one for one in short.sections if one.written):
        assert section.text in answer
        assert ground.bears(section.text)
        assert section.text not in {"They paid 99 EUR.", "Porto Alegre was nice.", "My brother liked the museum."}


def test_a_session_asks_outside_of_its_transactions_and_tells_what_failed(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(TALK)
    events: list[Any] = []
    memory.subscribe(events.append)

    def writes(messages: Sequence[Message]) -> str:
        memory.session("other", "anna").add("A note from within.")  # would wait for ever behind an open transaction
        return "They walked through the old town."

    short = session.compress(ratio=0.5, least=0.0, summarizer=writes)
    assert "summary: They walked through the old town." in short.text
    assert [section.ref for section in short.sections if section.written] == ["m1"]
    failed = session.compress(ratio=0.5, least=0.0, summarizer=ScriptedSummarizer(OSError("down")))
    assert failed.degraded == "summarizer: OSError: down"
    told_of = [event for event in events if event.kind == "degraded"]
    assert [event.fields["mode"] for event in told_of] == ["summarizer"]


def test_async_sessions_await_an_async_summariser() -> None:
    from tiermem import AsyncMemory

    async def model(_: Sequence[Message]) -> str:
        return "They walked through the old town."

    async def run() -> Compressed:
        async with await AsyncMemory.open(":memory:") as memory:
            session = memory.session("s")
            await session.add(TALK)
            return await session.compress(ratio=0.5, least=0.0, summarizer=model)

    assert "summary: They walked" in asyncio.run(run()).text


def test_a_compactor_takes_a_models_words_and_says_how_often_it_failed() -> None:
    model = ScriptedSummarizer("They walked through the old town.", OSError("down"))
    compactor = Compactor(0.5, shortest=20, summarizer=model)
    message = Message(role="user", content=FACTS + WALK + "The boats by the river are a joy to watch. ", sequence=4)
    first, second = compactor(message), compactor(message)
    assert first is not None
    assert second is not None
    assert "They walked through the old town." in str(first.content)
    assert "They walked" not in str(second.content)
    assert (compactor.failures, compactor.last_error) == (1, "summarizer: OSError: down")


@pytest.mark.parametrize("make", [lambda: compress(FACTS, summarizer=5), lambda: Compactor(summarizer="gpt")])
def test_what_is_no_function_is_refused(make: Any) -> None:
    with pytest.raises(InvalidSettings):
        make()
