"""The memories that the recall benchmark compares, and the parts that its ablation switches off."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.recall import ablation, measure, memories
from benchmarks.recall.__main__ import main
from benchmarks.recall.contestants import baselines, tiered
from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.measure import tokens
from benchmarks.recall.vectors import embedding
from tests.benchmarks.test_recall_benchmark import NOON, normalised, row, said, talk
from tiermem.settings import Weights

# --- the memories that need no framework


@pytest.mark.parametrize("name", sorted(baselines.MEMORIES))
@pytest.mark.parametrize("budget", [5, 20, 60, 500])
def test_a_plain_memory_stays_within_its_budget(name: str, budget: int) -> None:
    memory = memories.made(name, embedding("hash"))
    found = list(measure.asked(memory, [talk()], [budget]))
    assert len(found) == 2
    assert not [one for one in found if one.overspent or one.failed]
    assert name == "newest" or budget < 60 or found[0].recall == 1
    memory.close()


def test_an_unknown_embedding_is_refused() -> None:
    with pytest.raises(ValueError, match="glove"):
        embedding("glove")


def long_talk() -> Conversation:
    texts = [f"On day {n} we talked about the weather in town number {n} and the trains there." for n in range(80)]
    texts[7] = "The spare key hangs behind the barometer."
    messages = tuple(said(f"m{n}", text, "Ada" if n % 2 else "Bob") for n, text in enumerate(texts))
    return Conversation("long", messages, (Question("q", "Where does the spare key hang?", "single", ("m7",)),))


def test_tiermem_is_asked_through_its_public_face_and_says_what_it_recalled() -> None:
    memory = tiered.WholeContext()
    memory.feed(long_talk())
    try:
        shown = memory.ask(long_talk().questions[0], 400)
        assert memory.clock() == NOON
        assert "barometer" in (shown.recalled or "")
        assert measure.row(memory, long_talk(), long_talk().questions[0], 400).recall == 1
        assert tokens(shown.text) <= 400
        folder = memory.folder
    finally:
        memory.close()
    assert not folder.exists()


def test_what_is_said_from_the_question_on_is_not_known_to_it() -> None:
    texts = ["The spare key hangs behind the barometer.", "Fine.", "The spare key hangs under the mat now."]
    messages = tuple(
        dataclasses.replace(said(f"m{n}", text), created_at=NOON + n * timedelta(minutes=5))
        for n, text in enumerate(texts)
    )
    asked = Question("q", "Where does the spare key hang?", "single", ("m0",), NOON + timedelta(minutes=10))
    memory = tiered.Recall()
    memory.feed(Conversation("key", messages, (asked,)))
    try:
        before, after = memory.ask(asked, 400).text, memory.ask(dataclasses.replace(asked, asked=None), 400).text
    finally:
        memory.close()
    assert "barometer" in before
    assert "mat" not in before
    assert "mat" in after


def test_a_conversation_is_cut_into_sessions_of_one_user() -> None:
    talk = dataclasses.replace(long_talk(), sessions=tuple(f"day {n // 20}" for n in range(80)))
    memory = tiered.User()
    memory.feed(talk)
    try:
        lengths = {name: memory.memory.session(name, namespace=tiered.USER).stats().messages for name in named(talk)}
        assert lengths == dict.fromkeys(named(talk), 20)
        assert measure.row(memory, talk, talk.questions[0], 400).recall == 1
    finally:
        memory.close()


def named(talk: Conversation) -> list[str]:
    return [f"of {name}" for name in talk.by_session]


def test_an_older_run_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_text(json.dumps(normalised()) + "\n", "utf-8")
    given = ["--data", str(file), "--memories", "bm25", "--budgets", "64", "--out", str(tmp_path / "before")]
    assert main(given) == 0
    assert main([*given[:-2], "--before", str(tmp_path / "before")]) == 0
    printed = capsys.readouterr().out
    assert "### talks: BM25, before and since" in printed
    assert "| BM25 before | +0.0 (+0.0 to +0.0) |" in printed
    assert main([*given[:-2], "--before", str(tmp_path / "nothing")]) == 0
    assert "is not there" in capsys.readouterr().out


def test_one_command_prints_tables_and_keeps_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "talks.jsonl"
    file.write_text(json.dumps(normalised()) + "\n", "utf-8")
    given = ["--data", str(file), "--memories", "bm25,oracle", "--budgets", "64,128", "--out", str(tmp_path / "out")]
    assert main(given) == 0
    printed = capsys.readouterr().out
    assert "| BM25 | 100.0 | 100.0 |" in printed
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["talks-bm25.json", "talks-oracle.json"]
    assert main([*given, "--reuse"]) == 0
    assert capsys.readouterr().out == printed
    assert main(["--data", str(tmp_path / "nothing.jsonl")]) == 2


# --- switching parts off


def test_each_weight_is_switched_off_by_itself_and_what_is_off_is_left_out() -> None:
    weights = Weights(fresh=0.0)
    found = ablation.switches(weights)
    assert "fresh" not in found
    assert "recency" not in found
    assert found["date"] == dataclasses.replace(weights, date=0.0)


def test_the_other_weights_that_sum_to_1_keep_their_proportions() -> None:
    weights = Weights()
    left = ablation.without(weights, "semantic")
    assert left.semantic == 0
    assert left.keyword + left.graph == pytest.approx(1)
    assert left.keyword / left.graph == pytest.approx(weights.keyword / weights.graph)


def test_losses_are_against_everything_on_and_the_dearest_part_comes_first() -> None:
    rows = {
        ablation.BASE: [row("x", "1", 1.0), row("x", "2", 0.5)],
        "cheap": [row("x", "1", 1.0), row("x", "2", 0.75)],
        "dear": [row("x", "1", 0.5), row("x", "2", 0.5)],
    }
    found = ablation.losses(rows, [512])
    assert found == {ablation.BASE: [75.0], "cheap": [-12.5], "dear": [25.0]}
    assert list(ablation.lines({"talks": found})) == [
        [ablation.BASE, "75.0"],
        ["dear", "-25.0"],
        ["cheap", "+12.5"],
    ]


def test_one_file_is_asked_under_every_set_of_options() -> None:
    memory = tiered.WholeContext()
    options = {ablation.BASE: {"recall_share": 0.6}, "nothing recalled": {"recall_share": 0.0}}
    try:
        found = ablation.asked(memory, [long_talk()], options, [400])
    finally:
        memory.close()
    assert {name: [one.recall for one in rows] for name, rows in found.items()} == {
        ablation.BASE: [1.0],
        "nothing recalled": [0.0],
    }


# --- the frameworks


@pytest.mark.parametrize("name", ["tiermem-chain", "tiermem-agent", "tiermem-simple", "tiermem-condense"])
def test_in_a_framework_the_prompt_of_the_model_is_read_and_no_question_finds_the_one_before(name: str) -> None:
    for needed in ("langchain", "langchain_classic", "llama_index.core"):
        pytest.importorskip(needed)
    memory = memories.made(name, embedding("hash"))
    memory.feed(long_talk())
    try:
        memory.ask(Question("z", "Is a purple zeppelin moored outside?", "c"), 600)
        shown = memory.ask(long_talk().questions[0], 600)
        assert "zeppelin" not in shown.text
        assert "Where does the spare key hang?" in shown.text
        assert shown.frame >= tokens("Where does the spare key hang?")
        found = measure.row(memory, long_talk(), long_talk().questions[0], 600)
        assert (found.recall, found.failed, found.overspent) == (1, False, False)
        assert found.tokens > 100
    finally:
        memory.close()


@pytest.mark.parametrize("name", sorted(set(memories.PEERS) - set(baselines.MEMORIES)))
def test_every_peer_answers_through_its_own_code_and_those_with_vectors_find_the_fact(name: str) -> None:
    for needed in ("langchain_classic", "langgraph.store.memory", "llama_index.core", "aiosqlite"):
        pytest.importorskip(needed)
    memory = memories.made(name, embedding("hash"))
    try:
        (found,) = measure.asked(memory, [long_talk()], [600])
    finally:
        memory.close()
    assert not found.failed
    assert 100 < found.tokens <= 600
    # LlamaIndex asks for the newest message too, which here is about the weather; buffers have forgotten the fact.
    assert found.recall == (name in {"langchain-vector", "langchain-vector-buffer", "langgraph-store"})
