"""The tokens of a block are those of its text, however they are counted; what was quoted before is not read anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Message
from tiermem.providers.tokenizers import Counter
from tiermem.records import Hit
from tiermem.search.quoting import Quotes, block
from tiermem.tokens.counting import message_tokens

START = datetime(2024, 5, 7, 20, tzinfo=UTC)
COUNTERS = {name: Counter(name) for name in ("o200k_base", "cl100k_base")}
ODD = [
    "/etc/hosts",
    " \n",
    "a\n\n",
    "x \n /y",
    "…\u3000",
    "don't",
    "!?/\r\n/",
    "\t",
    "会议在周二。",
    "12345678",
    "é́",
    "'s",
    "\x00",
]
TEXTS = st.text(max_size=40) | st.lists(st.sampled_from(ODD), max_size=5).map("".join)
NAMES = st.none() | st.sampled_from(["Ann", "/root", " ", "User", "李雷", "x" * 90])


def hits(said: list[tuple[str, str | None, int]]) -> list[Hit]:
    made, number = [], 0
    for place, (text, name, gap) in enumerate(said):
        number += gap
        message = Message(
            role="user",
            content=text,
            name=name,
            sequence=number,
            tokens=9,
            created_at=START + timedelta(hours=number) if gap < 5 else None,
        )
        made.append(Hit(message=message, score=1.0 + place % 3))
    return made


SAID = st.lists(st.tuples(TEXTS, NAMES, st.integers(1, 5)), min_size=1, max_size=8)


@pytest.mark.parametrize("name", COUNTERS)
@given(said=SAID, chunk=TEXTS, budget=st.integers(40, 400))
def test_the_tokens_of_lines_add_up_to_those_of_the_block(
    name: str, said: list[tuple[str, str | None, int]], chunk: str, budget: int
) -> None:
    count = COUNTERS[name]
    kept = Quotes(count)
    document = Hit(message=Message(role="document", content=chunk, sequence=3), score=1.5, source="a.txt")
    found = [*hits(said), document]
    for _ in range(2):  # the second time all is known
        pieces, shown = block(found, "pool", budget, count, quotes=kept)
        whole, same = block(found, "pool", budget, partial(Counter.__call__, count))  # of which nothing is known
        assert [piece.message.text for piece in pieces] == [piece.message.text for piece in whole]
        assert [piece.tokens for piece in pieces] == [message_tokens(piece.message, count) for piece in pieces]
        assert [piece.tokens for piece in pieces] == [piece.tokens for piece in whole]
        assert [hit.ref for hit in shown] == [hit.ref for hit in same]


def test_a_longer_block_than_a_counter_adds_up_is_counted_as_a_whole() -> None:
    count = COUNTERS["o200k_base"]
    found = hits([("word " * 1_500, "Ann", 2) for _ in range(8)])
    pieces, _ = block(found, "pool", 30_000, count, quotes=Quotes(count))
    assert len(pieces[0].message.text) > count.adds_up_to
    assert pieces[0].tokens == message_tokens(pieces[0].message, count)


def test_what_was_quoted_before_is_neither_rendered_nor_counted_again() -> None:
    asked: list[str] = []
    inner = COUNTERS["o200k_base"]

    class Heard:
        adds_up_to = inner.adds_up_to

        def __call__(self, text: str) -> int:
            asked.append(text)
            return inner(text)

    count = Heard()
    kept, found = Quotes(count), hits([(f"number {n} is here", "Ann", 2) for n in range(9)])
    first, _ = block(found, "number", 300, count, kept)
    before = len(asked)
    second, _ = block(found, "number", 300, count, kept)
    assert before > 9
    assert len(asked) == before
    assert first == second
