"""Levels of detail in a recalled block: what has no room whole is quoted as far as there is room."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Open
from tests.properties.thinned import share
from tiermem import AsyncMemory, Memory, Message, Session
from tiermem.errors import InvalidMessage
from tiermem.providers.tokenizers import as_counter
from tiermem.records import Hit
from tiermem.search import quoting

FILLER = "The old boiler hummed along and somebody swept the floor of the hall once more. " * 12
ANSWER = "The Kestrel gateway listens on port 8443."
SHORT = "Is the Kestrel gateway up?"
QUESTION = "On which port does the Kestrel gateway listen?"
TALK = [
    Message(role="user", content=SHORT),
    Message(role="assistant", content=f"{FILLER}{ANSWER} {FILLER}"),
    *(Message(role="user", content=f"Topic {n}: the garden needs water in week {n}.") for n in range(30)),
]
count = as_counter(None)


@pytest.fixture
def session(store: Open) -> Session:
    made = store(encoding="o200k_base").session("s", "anna")
    made.add(TALK)
    made.index()
    return made


def test_what_does_not_fit_whole_is_quoted_where_it_answers_and_the_rest_as_before(session: Session) -> None:
    plain, levels = session.recall(QUESTION, 200), session.recall(QUESTION, 200, levels=True)
    assert ANSWER not in plain.text
    assert ANSWER in levels.text
    assert "…" in levels.text
    assert levels.tokens <= 200
    for line in plain.text.splitlines()[1:-1]:
        assert line.partition("] ")[2] in levels.text
    before, after = ({hit.ref for hit in one.hits} for one in (plain, levels))
    assert before < after
    assert "m2" in after - before
    context = session.context(QUESTION, 300, levels=True)
    assert any(ANSWER in piece.message.text for piece in context.pieces)
    assert context.tokens <= 300
    assert ANSWER not in "".join(piece.message.text for piece in session.context(QUESTION, 300).pieces)


def test_where_all_fits_levels_change_nothing_and_what_is_no_flag_is_refused(session: Session) -> None:
    assert session.recall(QUESTION, 2_000, levels=True) == session.recall(QUESTION, 2_000)
    for wrong in (1, "yes", None):
        with pytest.raises(InvalidMessage):
            session.recall(QUESTION, 200, levels=wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidMessage):
            session.context(QUESTION, 200, levels=wrong)  # type: ignore[arg-type]


def test_async_sessions_have_levels_too() -> None:
    async def run() -> tuple[Any, Any]:
        async with await AsyncMemory.open(":memory:") as memory:
            session = memory.session("s")
            await session.add(TALK)
            recalled = await session.recall(QUESTION, 200, levels=True)
            return recalled.text, (await session.context(QUESTION, 300, levels=True)).tokens

    text, tokens = asyncio.run(run())
    assert ANSWER in text
    assert tokens <= 300


_TEXTS = st.lists(
    st.sampled_from([SHORT, ANSWER, FILLER, f"{FILLER}{ANSWER}", "花园" * 300, "x" * 4_000, "ok"]), max_size=6
)


@settings(max_examples=share(200))
@given(texts=_TEXTS, budget=st.integers(1, 700), rows=st.booleans())
def test_no_block_is_above_its_budget_and_every_whole_quote_stays(texts: list[str], budget: int, rows: bool) -> None:
    def counted(text: str) -> int:
        return count(text) if rows else len(text) // 3 + text.count(" ")

    hits = [
        Hit(
            message=Message(role="user", content=text, sequence=2 * n + 1, tokens=count(text) + 4),
            score=1 / (n + 1),
            why={},
        )
        for n, text in enumerate(texts)
    ]
    plain, shown = quoting.block(hits, QUESTION, budget, counted)
    pieces, both = quoting.block(hits, QUESTION, budget, counted, levels=True)
    for piece in pieces:
        assert piece.tokens <= budget
        assert piece.message.text.endswith("</quoted>")
        assert piece.message.text.count("<quoted") == 1
    assert {hit.ref for hit in shown} <= {hit.ref for hit in both}
    assert len(pieces) >= len(plain)


def test_nothing_is_dearer_for_who_asks_without_levels() -> None:
    with Memory.open(":memory:") as memory:
        session = memory.session("s")
        session.add(TALK)
        before = session.recall(QUESTION, 200).text
        session.recall(QUESTION, 200, levels=True)
        assert session.recall(QUESTION, 200).text == before
