"""Notes of a kind as values: what is refused, what they go by, how they are kept, said and fitted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiermem.errors import InvalidMessage
from tiermem.notes import Concept, Episode, PlainNote, Procedure
from tiermem.notes.block import fitted
from tiermem.notes.kinds import AnyNote, from_message, source_of, to_json
from tiermem.notes.outcomes import Outcomes, counted
from tiermem.notes.wording import text_of
from tiermem.text.documents import Document, Splitting, messages_of

DEPLOY = Procedure("deploy", ["run the tests", "push the tag"], preconditions=["CI is green"])
NOTES: list[AnyNote] = [
    PlainNote("Anna parks in cellar 14."),
    PlainNote("Anna parks in cellar 14.", sources=["friday/m3"]),
    Episode("Launch of Kestrel", context="at night", feeling="relieved", when=datetime(2026, 3, 1, tzinfo=UTC)),
    Episode("上线"),
    Concept("Kestrel", "the rewrite of billing", related=["Atlas"], confidence=0.8, sources=["m1"]),
    Concept("网关", "所有请求的入口"),
    DEPLOY,
]


def stored(note: AnyNote) -> Any:
    (message,) = messages_of(Document(text_of(note), note.source, "x", to_json(note)), Splitting(4_000, 0))
    return message


@pytest.mark.parametrize("note", NOTES, ids=lambda note: f"{note.kind} {note.name}")
def test_what_is_kept_is_read_again(note: AnyNote) -> None:
    assert from_message(stored(note)) == note


@pytest.mark.parametrize(
    "made",
    [
        lambda: PlainNote(""),
        lambda: PlainNote(7),  # type: ignore[arg-type]
        lambda: PlainNote("x" * 4_001),
        lambda: PlainNote("a", sources="m1"),  # type: ignore[arg-type]
        lambda: Episode("a\0b"),
        lambda: Episode("a", when="yesterday"),  # type: ignore[arg-type]
        lambda: Concept("a", ""),
        lambda: Concept("a", "b", confidence=1.5),
        lambda: Concept("a", "b", confidence=True),
        lambda: Procedure("deploy", []),
        lambda: Procedure("deploy", "run the tests"),  # type: ignore[arg-type]
        lambda: Procedure("deploy", ["run", ""]),
        lambda: Procedure("x" * 201, ["run"]),
        lambda: Procedure("deploy", ["step"] * 41),
        lambda: source_of("habit", "x"),
        lambda: text_of(Procedure("deploy", ["x" * 999] * 5)),
    ],
)
def test_what_is_no_note_is_refused(made: Any) -> None:
    with pytest.raises(InvalidMessage):
        made()


def test_case_width_and_blanks_of_a_name_make_no_other_note() -> None:
    assert DEPLOY.source == Procedure("  Deploy ", ["x"]).source == source_of("procedure", "ＤＥＰＬＯＹ")
    assert Procedure("ship", ["x"]).source != Concept("ship", "x").source
    assert Episode("a", when=datetime(2026, 3, 1, tzinfo=UTC)).source != Episode("a").source


@pytest.mark.parametrize(
    ("reports", "standing"),
    [
        ([], "untried"),
        ([True], "promising"),
        ([True] * 3, "promising"),
        ([True] * 4, "reliable"),
        ([True] * 7 + [False], "reliable"),
        ([True, False], "mixed"),
        ([True, False, False], "failing"),
        ([False], "failing"),
    ],
)
def test_how_a_procedure_does_is_told_by_what_was_reported(reports: list[bool], standing: str) -> None:
    outcomes = counted((ok, "" if ok else "push") for ok in reports)
    assert outcomes.standing == standing
    assert ("Failed more often than it worked" in text_of(replace(DEPLOY, outcomes=outcomes))) is (
        standing == "failing"
    )


def test_success_is_the_lower_bound_of_wilsons_interval() -> None:
    """Figures of Wilson's interval at 95 % (Newcombe, Statistics in Medicine 17, 1998, table I, method 3)."""
    assert Outcomes(81, 182).success == pytest.approx(0.2553, abs=5e-5)
    assert Outcomes(15, 133).success == pytest.approx(0.0624, abs=5e-5)
    assert Outcomes(0, 20).success == 0.0
    assert Outcomes(29, 0).success == pytest.approx(0.8830, abs=5e-5)  # 1 less the upper bound of 0 of 29
    assert Outcomes().success is None


@settings(max_examples=60)
@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 1))
def test_what_works_once_more_is_worth_no_less(worked: int, failed: int, more: int) -> None:
    now, then = Outcomes(worked, failed).success, Outcomes(worked + more, failed).success
    assert now is None or (then is not None and 0 <= now <= then + 1e-12 <= 1 + 1e-12)


_WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(lambda t: t.split())


@settings(max_examples=60)
@given(st.lists(st.builds(Concept, _WORDS, _WORDS), max_size=12), st.integers(0, 200))
def test_a_block_of_notes_holds_its_budget_and_closes_once(notes: list[AnyNote], budget: int) -> None:
    block = fitted([replace(note, ref=f"d{n}") for n, note in enumerate(notes, 1)], budget, lambda text: len(text) // 3)
    assert not block or (len(block) // 3 <= budget and block.count("</quoted>") == 1)


def test_a_note_in_a_form_of_somebody_elses_is_a_sentence() -> None:
    (odd,) = messages_of(
        Document("Some words", "note:procedure:x", "x", {"kind": "procedure", "steps": 3}), Splitting()
    )
    assert from_message(odd) == PlainNote("Some words")
    (document,) = messages_of(Document("Some words", "notes.md"), Splitting())
    assert from_message(document) is None
