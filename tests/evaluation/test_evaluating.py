"""What `tiermem.evaluation` reads, counts and refuses, on a chat with known answers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.chats import QUESTIONS, normalised, records, write
from tiermem.errors import InvalidMessage, InvalidSettings
from tiermem.evaluation import Evaluation, Silence, evaluate, talks_of
from tiermem.evaluation.counting import Look, Scored, in_common
from tiermem.evaluation.generating import generated
from tiermem.evaluation.reading import together
from tiermem.evaluation.replaying import Replayed, replayed


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chat")
    write(folder / "questions.jsonl", QUESTIONS)
    return write(folder / "chat.jsonl", records())


@pytest.fixture(scope="module")
def found(chat: Path) -> Evaluation:
    return evaluate(talks_of(chat, chat.with_name("questions.jsonl")), budgets=[512, 128], window=1_000)


def test_questions_find_their_messages_by_words_by_number_and_nothing(chat: Path) -> None:
    (talk,) = talks_of(chat, chat.with_name("questions.jsonl"))
    assert [one.evidence for one in talk.questions] == [("id3",), ("id5",), ()]
    assert [one.category for one in talk.questions] == ["place", "en", ""]
    assert [one.id for one in talk.questions] == ["q1", "q2", "q3"]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"question": " ", "evidence": []}, '"question" must be'),
        ({"question": "Where?"}, '"evidence" is missing'),
        ({"question": "Where?", "evidence": ["m999"]}, "has 86 messages, and no m999"),
        ({"question": "Where?", "evidence": ["the abbot"]}, "no message of chat has the id or the words"),
        ({"question": "Where?", "evidence": ["nothing new has come up"]}, "stands in 40 messages"),
        ({"question": "Where?", "evidence": [3]}, "a list of texts"),
        ({"question": "Where?", "evidence": [], "asked": "soon"}, "no time in ISO 8601"),
        ({"question": "Where?", "evidence": [], "conversation": "x"}, "there is no conversation 'x'"),
        ({"question": "Where?", "evidence": [], "evidense": []}, "nobody knows evidense"),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(chat: Path, tmp_path: Path, record: Any, said: str) -> None:
    asked = write(tmp_path / "q.jsonl", [record])
    with pytest.raises(InvalidMessage, match="question 1") as refused:
        talks_of(chat, asked)
    assert said in str(refused.value)


def test_a_question_that_several_conversations_answer_must_name_one(tmp_path: Path) -> None:
    line = normalised()
    chats = write(tmp_path / "set.jsonl", [line, line | {"conversation_id": "again"}])
    asked = write(tmp_path / "q.jsonl", [{"question": "Where is the key?", "evidence": ["behind the barometer"]}])
    with pytest.raises(InvalidMessage, match="could be about posters, again"):
        talks_of(chats, asked)
    named = write(tmp_path / "q2.jsonl", [{"question": "Where?", "evidence": ["m3"], "conversation": "again"}])
    assert [len(one.questions) for one in talks_of(chats, named)] == [0, 1]


def test_an_evaluation_set_brings_its_own_questions_packed_or_not(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(normalised()).encode()))
    (talk,) = talks_of(file)
    assert talk.id == "posters"
    assert talk.questions[0].evidence == ("id3",)
    broken = normalised()
    del broken["messages"][0]["text"]
    with pytest.raises(InvalidMessage, match="line 1: no conversation of an evaluation set"):
        talks_of(write(tmp_path / "set2.jsonl", [broken]))


def test_known_answers_are_found_and_strangers_counted(found: Evaluation) -> None:
    assert (found.conversations, found.messages, found.questions) == (1, 86, "own")
    assert list(found.curves["recall"]) == [128, 512]
    assert found.figure("recall@512") == 1.0
    assert found.curves["context"][512].questions == 2
    assert set(found.categories["recall"]) == {"place", "en"}
    assert all(one.tokens <= one.budget and not one.overspent for rows in found.rows.values() for one in rows)
    assert found.strangers is not None
    assert found.strangers.asked == 20
    assert found.unanswered is not None
    assert found.unanswered.asked == 1


def test_the_talk_is_talked_again_within_its_window(found: Evaluation) -> None:
    (again,) = found.replays
    assert again.turns == 43
    assert again.window == 1_000
    assert again.managed > 0
    assert 0 < again.sent < again.whole
    assert again.reused is not None
    assert 0.5 < again.reused < 1
    assert again.rules >= 1
    assert again.kept == 1.0
    assert found.saved == pytest.approx(again.saved)


def test_turns_that_are_left_out_are_counted(chat: Path) -> None:
    (talk,) = talks_of(chat)
    assert replayed(talk, 600, most=5).cut == 38


def test_without_questions_some_are_made_of_the_talk_and_it_is_said(chat: Path) -> None:
    (talk,) = talks_of(chat)
    made = {one.evidence[0]: one.text for one in generated(talk).questions}
    assert "50" not in made.get("id5", "")
    assert all(made[ident] not in talk.by_id[ident].text for ident in made)
    assert len(generated(talk, 3).questions) <= 3
    found = evaluate([talk], budgets=[256], ways=["recall"], foreign=0, turns=0)
    assert (found.questions, found.strangers, found.replays) == ("generated", None, ())
    assert found.curves["recall"][256].questions == len(made)


def test_nothing_to_ask_is_refused(tmp_path: Path) -> None:
    talks = talks_of(
        write(tmp_path / "c.jsonl", [{"role": "user", "content": "hm"}, {"role": "user", "content": "ok"}])
    )
    with pytest.raises(InvalidMessage, match="none can be made"):
        evaluate(talks)


def test_conversations_of_one_user_are_asked_together(tmp_path: Path) -> None:
    line = normalised()
    other = {"conversation_id": "b", "messages": [{**line["messages"][0], "text": "The cat is called Wilhelmina."}]}
    other["questions"] = [{"id": "q", "question": "How is the cat called?", "category": "c", "evidence_ids": ["id1"]}]
    talks = talks_of(write(tmp_path / "set.jsonl", [line, other]))
    whole = together(talks)
    assert [len(said) for said in whole.by_session.values()] == [86, 1]
    found = evaluate(talks, budgets=[256], one_user=True, foreign=0, turns=0)
    assert found.figure("recall@256") == 1.0
    assert found.figure("context@256") == 1.0


@pytest.mark.parametrize(
    "wrong", [{"budgets": []}, {"budgets": [0]}, {"budgets": [True]}, {"ways": ["both"]}, {"ways": []}]
)
def test_arguments_without_sense_are_refused(chat: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        evaluate(talks_of(chat), **wrong)


def _of(**beside: Any) -> Evaluation:
    rows = tuple(Scored("c", f"q{n}", "", 512, value, 10, False, False, 1.0) for n, value in enumerate((1.0, 0.0)))
    given = {"strangers": Silence.of([0, 0, 0, 9], "x"), "unanswered": None, "replays": ()} | beside
    return Evaluation(1, 2, "own", {"recall": rows}, **given)


def test_what_is_required_and_missed_is_told_in_words() -> None:
    found = _of()
    assert found.missed({"recall@512": 0.5, "silence": 0.75}) == []
    assert found.missed({"recall@512": 0.6}) == ["recall@512 is 0.500, and at least 0.600 is required"]
    assert "was not measured" in found.missed({"context@512": 0.1})[0]
    assert "was not measured" in found.missed({"kept": 0.1})[0]
    with pytest.raises(InvalidSettings, match="there are recall@TOKENS"):
        found.missed({"recal@512": 0.5})
    with pytest.raises(InvalidSettings, match="a share from 0 to 1"):
        found.missed({"silence": 80})


def test_conversations_weigh_by_their_turns() -> None:
    long = Replayed(turns=11, window=1, sent=10, whole=100, reused=1.0, managed=0, rules=3, kept=1.0)
    short = Replayed(turns=1, window=1, sent=10, whole=10, reused=None, managed=0, rules=1, kept=0.0)
    found = _of(replays=(long, short))
    assert (found.reused, found.kept) == (1.0, 0.75)
    assert found.saved == pytest.approx(1 - 20 / 110)
    assert json.loads(json.dumps(found.as_dict()))["figures"]["kept"] == 0.75


def test_a_rule_in_other_words_is_there_and_its_opposite_topic_is_not() -> None:
    look = Look("user: Hi.\n- constraint: never use red in posters (m1)")
    assert look.has("Never use red in the posters.")
    assert not look.has("Never use blue ink on the banners.")


@pytest.mark.parametrize(("one", "other", "many"), [("abc", "abd", 2), ("", "a", 0), ("ab", "ab", 2), ("ab", "abc", 2)])
def test_what_two_prompts_begin_with(one: str, other: str, many: int) -> None:
    assert in_common(one, other) == many
