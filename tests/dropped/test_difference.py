"""The difference of two views is what a plain comparison of every message says, and the last run begins right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tiermem import Decision, Shown
from tiermem.dropped.difference import as_of, before_last_run, taken
from tiermem.window.view import Span

_LESS = {Shown.VERBATIM: 0, Shown.COMPACTED: 1, Shown.COVERED: 2}
views = st.lists(st.tuples(st.sampled_from(Shown), st.integers(1, 4)), min_size=1, max_size=8)


def spans(drawn: list[tuple[Shown, int]], last: int) -> list[Span]:
    """A partition of 1..*last* of these lengths; the last span is as long as it must be."""
    made: list[Span] = []
    for shown, length in drawn:
        first = made[-1].last + 1 if made else 1
        if first <= last:
            made.append(Span(first, min(last, first + length - 1), shown))
    if made[-1].last < last:
        made.append(Span(made[-1].last + 1, last, Shown.VERBATIM))
    return made


@given(views, views, st.integers(1, 25))
def test_it_is_the_plain_difference(one: list[tuple[Shown, int]], other: list[tuple[Shown, int]], last: int) -> None:
    before, after = spans(one, last), spans(other, last)
    was = {number: span.shown for span in before for number in range(span.first, span.last + 1)}
    now = {number: span.shown for span in after for number in range(span.first, span.last + 1)}
    plain = {n for n in now if now[n] in _LESS and was[n] in _LESS and _LESS[was[n]] < _LESS[now[n]]}
    found = [number for first, stop, _, _ in taken(before, after) for number in range(first, stop + 1)]
    assert found == sorted(plain)


def made(number: int, kind: str, window: int = 0, before: int = 0, after: int = 0, **more: object) -> Decision:
    reason = f"the window was {window:,} tokens, of 9,000" if window else "asked for"
    return Decision(
        number=number,
        kind=kind,
        first=1,
        last=2,
        tokens_before=before,
        tokens_after=after,
        reason=reason,
        **more,  # type: ignore[arg-type]
    )


def test_the_last_run_is_all_decisions_that_follow_each_other() -> None:
    run = [made(3, "compact", 8_000, 3_000, 500), made(4, "pin"), made(5, "cover", 5_500, 2_000, 100)]
    older = [made(1, "pin"), made(2, "compact", 7_900, 1_000, 100)]
    assert before_last_run([*older, *run]) == 2
    assert before_last_run([*older, *run, made(6, "restore"), made(7, "pin")]) == 2
    assert before_last_run([*older, made(3, "restore")]) == 1
    assert before_last_run([made(1, "pin"), made(2, "hide")]) == 2
    assert before_last_run([made(1, "compact", 8_000, 3_000, 500, undone=True), made(2, "undo", reference=1)]) == 2
    assert before_last_run([]) == 0


def test_decisions_are_undone_as_far_as_they_were_then() -> None:
    journal = [made(1, "compact", undone=True), made(2, "cover"), made(3, "undo", reference=1)]
    assert [decision.undone for decision in as_of(journal, 2)] == [False, False]
    assert [decision.undone for decision in as_of(journal, 3)] == [True, False, False]
