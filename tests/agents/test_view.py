"""The view that agents of both frameworks are sent: managed at this call's limit, steady, each block in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tiermem import Context, Memory, Message, Piece, Report, Settings, Thresholds
from tiermem.agents.note import Note
from tiermem.agents.view import AgentView, ViewRequest, viewed, viewing
from tiermem.errors import BudgetTooSmall
from tiermem.flows.driving import drive
from tiermem.flows.effects import Flow
from tiermem.records import Tier
from tiermem.storage.database import Database
from tiermem.tools.tools import memory_tools


class Recorded:
    """An opened session that says what it is told to, and keeps what it was asked."""

    def __init__(self, context: Context, *reports: Report) -> None:
        self.reports = list(reports) or [report()]
        self.shown = context
        self.managed: list[Thresholds] = []
        self.asked: dict[str, Any] = {}

    def manage_context(self, thresholds: Thresholds) -> Flow[Report]:
        self.managed.append(thresholds)
        yield from ()
        return self.reports[min(len(self.managed), len(self.reports)) - 1]

    def context(self, query: str | None, budget: int, **asked: Any) -> Flow[Context]:
        self.asked = {"query": query, "budget": budget, **asked}
        yield from ()
        return self.shown


def report(after: int = 100, compacted: int = 0, covered: int = 0) -> Report:
    return Report(tokens_before=100, tokens_after=after, compacted=compacted, covered=covered)


def context(*pieces: tuple[str, int, str], asked: int = 0) -> Context:
    """Pieces of (kind, number, text)."""
    made = [
        Piece(
            message=Message(role="user", content=text, id=f"i{place}", sequence=number),
            kind=kind,
            tier=Tier.L1,
            tokens=1,
        )
        for place, (kind, number, text) in enumerate(pieces)
    ]
    return Context(pieces=tuple(made), tokens=len(made), budget=1_000, asked=asked)


def request(**wanted: Any) -> ViewRequest:
    return ViewRequest(**({"room": 1_000, "count": len, "settings": Settings(), "fresh": True} | wanted))


def view(note: Note, session: Any, wanted: ViewRequest) -> AgentView[Note]:
    return drive(viewed(note, wanted, session), lambda effect: effect)


QUOTED = {"m3": "old block", "m7": "own block"}


@pytest.mark.parametrize(
    ("reports", "runs", "quoted"),
    [
        ([report(100)], 1, QUOTED),
        # 902, 18 of blocks, and 30 around a summary are just the 95 % at which one would be due.
        ([report(902)], 1, QUOTED),
        ([report(903), report(903)], 2, {"m7": "own block"}),
        ([report(903), report(300, compacted=2)], 2, {"m7": "own block"}),
        ([report(300, compacted=1)], 1, {"m7": "own block"}),
        ([report(300, covered=9)], 1, {"m7": "own block"}),
        ([report(980, compacted=1)], 1, {"m7": "own block"}),
    ],
    ids=["quiet", "just", "crowded", "crowded, compacted", "compacted", "covered", "still crowded"],
)
def test_blocks_of_older_questions_go_with_a_decision_or_where_they_crowd_the_window(
    reports: list[Report], runs: int, quoted: dict[str, str]
) -> None:
    session = Recorded(context(("message", 7, "?"), asked=7), *reports)
    seen = view(Note(asked=7, quoted=dict(QUOTED)), session, request())
    assert session.asked["quoted"] == quoted
    assert seen.note.quoted == quoted
    assert len(session.managed) == runs
    assert session.managed[0].pre_rot_threshold == 1_000
    assert runs == 1 or session.managed[1].pre_rot_threshold == 1_000 - len("old blockown block")


def test_a_decision_says_from_where_on_thoughts_are_bound_to_what_stands_before() -> None:
    session = Recorded(context(), report(compacted=1))
    assert view(Note(upto=9, bare=4), session, request()).note.bare == 9
    assert view(Note(upto=9, bare=4), Recorded(context()), request()).note.bare == 4


@pytest.mark.parametrize(
    ("pieces", "asked", "kept"),
    [
        ([("message", 4, "?")], 4, {"m4": ""}),
        ([("recalled", 0, "quote"), ("message", 4, "?")], 4, {"m4": "quote"}),
        ([("recalled", 0, "quote"), ("message", 4, "?"), ("message", 5, "…")], 4, {"m4": "quote"}),
        ([("recalled", 0, "older"), ("message", 2, "?"), ("message", 4, "?")], 4, {"m4": ""}),
        ([], 0, {"m3": ""}),
    ],
    ids=["none", "found", "in the middle of a run", "another question's", "no question in view"],
)
def test_the_block_of_the_newest_question_is_kept_for_the_next_call(
    pieces: list[tuple[str, int, str]], asked: int, kept: dict[str, str]
) -> None:
    seen = view(Note(asked=3), Recorded(context(*pieces, asked=asked)), request())
    assert seen.note.quoted == kept
    assert seen.note.asked == (asked or 3)


def test_what_was_quoted_for_the_question_before_is_not_looked_up_or_changed_again() -> None:
    session = Recorded(context(("recalled", 0, "another"), ("message", 7, "?"), asked=7))
    assert view(Note(asked=7, quoted=dict(QUOTED)), session, request()).note.quoted == QUOTED


@pytest.mark.parametrize(("recall", "fresh", "looks"), [(True, True, True), (True, False, False), (False, True, False)])
def test_the_archive_is_asked_once_a_question(recall: bool, fresh: bool, looks: bool) -> None:
    session = Recorded(context())
    view(Note(), session, request(recall=recall, fresh=fresh))
    assert session.asked["recall"] is looks


def test_the_context_is_asked_for_with_notes_and_documents_and_a_capped_block() -> None:
    session = Recorded(context())
    view(Note(), session, request(room=20_000))
    assert {name: session.asked[name] for name in ("query", "budget", "within", "recall_tokens")} == {
        "query": None,
        "budget": 20_000,
        "within": "everything",
        "recall_tokens": 1_000,
    }
    view(Note(), session, request(within="conversation", recall_tokens=77, counter=len))
    assert (session.asked["within"], session.asked["recall_tokens"], session.asked["counter"]) == (
        "conversation",
        77,
        len,
    )


def test_no_room_for_messages_is_a_typed_error_with_both_numbers_and_asks_nothing() -> None:
    with pytest.raises(BudgetTooSmall, match="system prompt, the schemas of the tools") as error:
        next(viewing(Note(), request(room=-50, beside=150)))
    assert (error.value.needed, error.value.budget) == (151, 100)


def test_a_note_of_the_user_stands_before_the_question_and_stays_there() -> None:
    memory = Memory.open(":memory:")
    session = memory.session("s")
    memory_tools(session)["remember"].call(note="The door code of the archive is 4711.")
    session.add("What is the door code of the archive?")
    wanted = ViewRequest(4_000, memory.counter, memory.settings, fresh=True)
    first = drive(viewing(Note(), wanted), lambda step: step(session))
    assert [piece.kind for piece in first.context.pieces] == ["recalled", "message"]
    assert "4711" in first.note.quoted["m1"]
    session.add([Message(role="assistant", content="4711."), Message(role="user", content="Thanks!")])
    later = drive(viewing(first.note, wanted), lambda step: step(session))
    assert [piece.message.text for piece in later.context.pieces][:2] == [p.message.text for p in first.context.pieces]
    assert later.note.asked == 3


@pytest.mark.parametrize("room", [0, -1])
def test_no_room_at_all_is_said_before_anything_is_managed(room: int) -> None:
    with pytest.raises(BudgetTooSmall) as error:
        next(viewing(Note(), request(room=room, beside=40)))
    assert (error.value.needed, error.value.budget) == (41, 40 + room)


def test_a_session_in_which_nothing_is_decided_is_read_once_a_call() -> None:
    with Memory.open(":memory:", enable_context_management=False) as memory:
        session = memory.session("s")
        session.add([Message(role=("user", "assistant")[n % 2], content=f"number {n} " * 30) for n in range(20)])
        wanted = ViewRequest(1_000, memory.counter, memory.settings, fresh=False)
        decided = [drive(viewing(Note(upto=20), wanted), lambda step: step(session)).report.compacted]
        with counted_reads() as reads:
            quiet = drive(viewing(Note(upto=20), wanted), lambda step: step(session))
        assert decided[0]
        assert not quiet.report.compacted
        assert len(reads) == 1
        apart = session.context(None, 1_000, steady=True, recall=False, within="everything", quoted={"m19": ""})
        assert quiet.context.pieces == apart.pieces


@contextmanager
def counted_reads() -> Iterator[list[object]]:
    heard: list[object] = []
    read = Database.read

    def counting(self: Database, body: Any, brief: Any = None) -> Any:
        heard.append(body)
        return read(self, body, brief)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "read", counting)
        yield heard
