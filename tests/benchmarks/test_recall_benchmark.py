"""The recall benchmark's own rules: what is read, what counts as found, and that nobody gets more than the budget."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recall import conversations, measure, results, wrong_pages
from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.measure import Row, Shown, tokens
from benchmarks.recall.results import Result
from tiermem import Message

KEY = "The spare key hangs\nbehind the barometer."
CODE = "The code of the gate is 4711."
NOON = datetime(2024, 5, 3, 12, 0, tzinfo=UTC)


def said(ident: str, text: str, name: str | None = "Ada") -> Message:
    return Message(role="user", content=text, id=ident, name=name, created_at=NOON)


def talk(ident: str = "one", category: str = "single") -> Conversation:
    messages = (said("a", KEY), said("b", "Yes!"), said("c", CODE), said("d", "Lunch was late again, as on every day."))
    asked = (
        Question("q1", "Where does the spare key hang?", category, ("a",)),
        Question("q2", "Key and code?", "multi", ("a", "c")),
        Question("q3", "What is the name of the cat?", conversations.ABSTENTION),
    )
    return Conversation(ident, messages, asked)


class Saying:
    """Shows what it is told to, whatever is asked."""

    name = "saying"

    def __init__(self, text: str, frame: int = 0, recalled: str | None = None) -> None:
        self.shown = Shown(text, frame, recalled)
        self.asked: list[str] = []

    def feed(self, conversation: Conversation) -> None:
        self.asked.clear()

    def ask(self, question: Question, budget: int) -> Shown:
        self.asked.append(question.text)
        return self.shown

    def close(self) -> None: ...


# --- what is read


def normalised() -> dict[str, Any]:
    return {
        "conversation_id": "n1",
        "messages": [
            {
                "id": "m1",
                "session": "s",
                "timestamp": "2023-05-08 13:56",
                "speaker": "Eve",
                "role": "user",
                "text": "Hi",
            },
            {"id": "m2", "session": "s", "timestamp": None, "speaker": "Bob", "role": "assistant", "text": CODE},
        ],
        "questions": [
            {"id": "q", "question": "Code?", "category": "c", "evidence_ids": ["m2", "m2"], "answer": "4711"}
        ],
    }


@pytest.mark.parametrize("name", ["talks.jsonl", "talks.jsonl.gz"])
def test_normalised_lines_are_read_with_speaker_time_and_evidence(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with gzip.open(file, "wt") if name.endswith("gz") else file.open("w") as lines:
        lines.write(json.dumps(normalised()) + "\n\n")
    (found,) = conversations.read(file)
    assert [one.name for one in found.messages] == ["Eve", "Bob"]
    assert [one.created_at for one in found.messages] == [datetime(2023, 5, 8, 13, 56, tzinfo=UTC), None]
    assert found.lines == ["Eve (2023-05-08 13:56): Hi", f"Bob: {CODE}"]
    assert found.questions == (Question("q", "Code?", "c", ("m2",)),)
    assert conversations.label(file) == "talks"


def test_a_session_is_told_or_begins_the_id_or_is_a_day() -> None:
    record = normalised()
    told, begins = record["messages"]
    told["session"] = "s1"
    del begins["session"]
    begins["id"] = "92ab:4"
    record["messages"].append({**begins, "id": "m3", "timestamp": "2024-01-05 00:01"})
    record["questions"][0]["evidence_ids"] = ["92ab:4"]
    assert list(conversations.normalised(record).by_session) == ["s1", "92ab", "2024-01-05"]
    haystack = conversations.longmemeval(longmemeval("e47b"))
    assert [len(said) for said in haystack.by_session.values()] == [1, 2, 1]


def test_a_message_without_a_session_among_others_is_refused() -> None:
    with pytest.raises(ValueError, match="4 messages, sessions of 1"):
        Conversation("one", talk().messages, (), ("s",))


def test_a_question_is_asked_when_the_data_say_so() -> None:
    record = normalised()
    record["questions"][0]["asked"] = "2023-06-01 09:30"
    assert conversations.normalised(record).questions[0].asked == datetime(2023, 6, 1, 9, 30, tzinfo=UTC)


def test_a_day_without_a_time_is_shown_as_a_day() -> None:
    assert conversations.stamp(datetime(2024, 3, 15, tzinfo=UTC)) == "2024-03-15"


def test_evidence_that_is_not_there_is_refused() -> None:
    record = normalised()
    record["questions"][0]["evidence_ids"] = ["m9"]
    with pytest.raises(ValueError, match="m9"):
        conversations.normalised(record)


def longmemeval(ident: str, session: str = "s2") -> dict[str, Any]:
    """A record of LongMemEval's shape, written for this test."""
    return {
        "question_id": ident,
        "question_type": "single-session-user",
        "question": "What is the code of the gate?",
        "answer": "4711",
        "question_date": "2023/06/01 (Thu) 09:30",
        "haystack_session_ids": ["s1", "s2", "s1"],
        "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 17:05", "2023/05/22 (Mon) 08:00"],
        "haystack_sessions": [
            [{"role": "user", "content": "Good night."}],
            [{"role": "user", "content": CODE, "has_answer": True}, {"role": "assistant", "content": "Noted."}],
            [{"role": "user", "content": "Good morning.", "has_answer": False}],
        ],
        "answer_session_ids": [session],
    }


def test_longmemeval_gives_a_conversation_a_question_with_its_marked_turns_as_evidence(tmp_path: Path) -> None:
    file = tmp_path / "longmemeval_s.json"
    file.write_text(json.dumps([longmemeval("e47b"), longmemeval("e47c_abs")]), "utf-8")
    asked, absent = conversations.read(file)
    (question,) = asked.questions
    assert [asked.by_id[ident].text for ident in question.evidence] == [CODE]
    assert (question.category, question.asked) == ("single-session-user", datetime(2023, 6, 1, 9, 30, tzinfo=UTC))
    assert [one.created_at for one in asked.messages][:2] == [
        datetime(2023, 5, 20, 2, 21, tzinfo=UTC),
        datetime(2023, 5, 21, 17, 5, tzinfo=UTC),
    ]
    assert len(asked.by_id) == 4  # a session that comes twice keeps both its turns
    assert absent.questions[0].category == conversations.ABSTENTION
    assert not absent.questions[0].evidence


def test_a_marked_turn_outside_the_answer_sessions_is_no_evidence() -> None:
    assert not conversations.longmemeval(longmemeval("e47b", session="s1")).questions[0].evidence


def test_a_sample_is_spread_over_the_questions_that_have_evidence() -> None:
    questions = tuple(Question(f"q{n}", "?", "c", ("a",) if n % 2 else ()) for n in range(20))
    (found,) = conversations.sampled([Conversation("c", talk().messages, questions)], 5)
    assert [one.id for one in found.questions] == ["q1", "q5", "q9", "q13", "q17"]


# --- what counts as found


def test_evidence_counts_whole_with_white_space_folded_and_not_in_part() -> None:
    one, asked = talk(), talk().questions
    assert measure.share(one, asked[0], "x The  spare key\thangs behind the barometer. y") == 1
    assert measure.share(one, asked[0], "The spare key hangs behind the barometer") == 0
    assert measure.share(one, asked[1], f"before {CODE} after") == 0.5


def test_a_short_text_must_stand_behind_its_speaker() -> None:
    one, asked = talk(), Question("q", "?", "c", ("b",))
    assert measure.share(one, asked, "Bob: Yes! Of course.") == 0
    assert measure.share(one, asked, "Ada: Yes!\nBob: Fine.") == 1
    assert measure.share(one, asked, "Ada (2024-05-03 12:00): Yes!") == 1


def test_a_question_without_evidence_has_no_share() -> None:
    with pytest.raises(ValueError, match="q3"):
        measure.share(talk(), talk().questions[2], "anything")


def test_what_is_above_the_budget_is_cut_off_before_evidence_is_looked_for() -> None:
    filler = "word " * 200
    first, last = Saying(f"{KEY} {filler}"), Saying(f"{filler} {KEY}")
    rows = {one.name: measure.row(one, talk(), talk().questions[0], 50) for one in (first, last)}
    assert measure.row(first, talk(), talk().questions[0], 50).recall == 1
    assert rows["saying"].recall == 0
    assert rows["saying"].overspent
    assert rows["saying"].tokens <= 50


@pytest.mark.parametrize("budget", [0, 1, 7, 40])
@pytest.mark.parametrize(
    "text", ["a plain English sentence, and another one. " * 9, "记忆不会丢掉任何一句话。" * 9, "🙂" * 40]
)
def test_a_cut_text_is_a_beginning_within_the_budget_and_no_shorter_than_it_must_be(text: str, budget: int) -> None:
    kept, used = measure.clipped(text, budget)
    assert text.startswith(kept)
    assert used == tokens(kept) <= budget
    assert len(kept) == len(text) or tokens(text[: len(kept) + 1]) > budget


def test_a_frame_is_allowed_beside_the_budget_and_not_counted_as_the_memorys() -> None:
    text = f"Answer the question. {KEY}"
    frame = tokens("Answer the question. ")
    spent = tokens(text) - frame
    inside = measure.row(Saying(text, frame), talk(), talk().questions[0], spent)
    assert (inside.recall, inside.tokens, inside.overspent) == (1, spent, False)
    assert measure.row(Saying(text, frame), talk(), talk().questions[0], spent - 1).recall == 0


def test_a_memory_that_fails_has_shown_nothing_and_is_asked_on(capsys: pytest.CaptureFixture[str]) -> None:
    class Failing(Saying):
        def ask(self, question: Question, budget: int) -> Shown:
            if question.id == "q1":
                raise OSError("no disk")
            return super().ask(question, budget)

    found = list(measure.asked(Failing(f"{KEY} {CODE}"), [talk()], [100]))
    assert [(one.question, one.recall, one.failed) for one in found] == [("q1", 0, True), ("q2", 1, False)]
    assert "OSError: no disk" in capsys.readouterr().err


# --- means and intervals


def row(conversation: str, question: str, recall: float, budget: int = 512, **other: Any) -> Row:
    values = {"category": "c", "tokens": 10, "overspent": False, "failed": False, "milliseconds": 1.0, **other}
    return Row(conversation=conversation, question=question, recall=recall, budget=budget, **values)


def test_a_curve_has_means_of_questions_and_counts_only_whole_answers_as_complete() -> None:
    rows = [row("x", "1", 1.0, milliseconds=3.0), row("x", "2", 0.5, milliseconds=1.0), row("x", "1", 0.0, 256)]
    found = measure.curve(rows)
    assert list(found) == [256, 512]
    assert (found[512].recall, found[512].complete, found[512].questions) == (0.75, 0.5, 2)
    assert (found[512].p50, found[512].p95) == (1.0, 3.0)


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [measure.percentile(values, part) for part in (0.01, 0.5, 0.95, 1.0)] == [1, 50, 95, 100]
    with pytest.raises(ValueError, match="no values"):
        measure.percentile([], 0.5)


def test_categories_are_kept_apart() -> None:
    found = measure.by_category([row("x", "1", 1.0, category="b"), row("x", "2", 0.0, category="a")])
    assert {name: points[512].recall for name, points in found.items()} == {"a": 0.0, "b": 1.0}


def test_a_difference_is_paired_and_its_interval_tells_a_gain_from_an_accident() -> None:
    theirs = [row(name, str(n), (n % 3) / 2) for name in "uvwxyz" for n in range(30)]
    better = [row(one.conversation, one.question, min(1.0, one.recall + 0.5)) for one in theirs]
    found = measure.difference(better, theirs, 512)
    assert found is not None
    mean, low, high = found
    assert mean == pytest.approx(1 / 3)
    assert 0 < low < mean < high < 0.5
    mixed = [
        row(one.conversation, one.question, one.recall + (0.1 if one.conversation < "x" else -0.1)) for one in theirs
    ]
    uncertain = measure.difference(mixed, theirs, 512)
    assert uncertain is not None
    assert uncertain[1] < 0 < uncertain[2]
    assert measure.difference(better, theirs, 512) == found
    assert measure.difference(better, theirs, 999) is None


def test_a_result_is_the_same_when_it_was_written_and_read(tmp_path: Path) -> None:
    made = Result("talks", "minilm", "tiermem", "tiermem recall", (row("x", "1", 0.5),))
    assert results.read(results.write(made, tmp_path)) == made
    assert results.file_of(tmp_path, "talks", "bm25", "").name == "talks-bm25.json"


def test_tables_show_budgets_that_all_memories_share() -> None:
    ours = Result("t", "", "tiermem", "ours", (row("x", "1", 1.0), row("x", "1", 1.0, 256)))
    other = Result("t", "", "bm25", "BM25", (row("x", "1", 0.5),))
    assert results.overview([ours, other]).splitlines()[2].startswith("| ours | 100.0 | 100.0 | 10.0 | 0.0 | 0 |")
    assert "@256" not in results.overview([ours, other])
    assert results.differences(ours, [other]).splitlines()[-1] == "| BM25 | +50.0 (+50.0 to +50.0) |"


# --- wrong pages


def test_foreign_questions_are_of_other_conversations_and_spread() -> None:
    others = [Conversation(f"c{n}", (said("a", KEY),), (Question("q", f"Key {n}?", "c", ("a",)),)) for n in range(10)]
    found = wrong_pages.strangers(others[3], others, 3)
    assert [one.text for one in found] == ["Key 0?", "Key 4?", "Key 7?"]


def test_a_question_that_the_conversation_is_asked_too_is_not_foreign() -> None:
    assert not wrong_pages.strangers(talk("one"), [talk("one"), talk("two")], 9)


def test_pages_count_what_was_recalled_and_not_what_is_shown_anyway() -> None:
    other = Conversation("two", (said("z", CODE),), (Question("q", "Which gate?", "c", ("z",)),))
    silent = wrong_pages.pages(Saying(KEY, recalled="  "), [talk()], [other], 9, 100)
    assert [(one.kind, one.tokens) for one in silent] == [
        ("another conversation's", 0),
        ("unanswerable", 0),
        ("its own", 0),
        ("its own", 0),
    ]
    talking = wrong_pages.pages(Saying(KEY), [talk()], [other], 9, 100)
    assert {one.tokens for one in talking} == {tokens(KEY)}
    lines = wrong_pages.lines("both", [*silent, *talking])
    assert [line[:4] for line in lines] == [
        ["both", "another conversation's", "2", "50.0"],
        ["both", "unanswerable", "2", "50.0"],
        ["both", "its own", "4", "50.0"],
    ]
