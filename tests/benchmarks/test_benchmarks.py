"""The benchmarks on a tiny input: that they run, count right, and give every memory a fair hearing."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_classic")
pytest.importorskip("llama_index.core")

from benchmarks import report, saved
from benchmarks.__main__ import main
from benchmarks.answers import apollo, peers, tiered
from benchmarks.answers.conversation import Conversation, read
from benchmarks.cost import measure as cost
from benchmarks.cost import turns
from benchmarks.cost.prose import said
from benchmarks.models import ExtractiveModel, reply, tokens

ROOT = Path(__file__).parents[2]
FACT = "The spare key of the observatory hangs behind the barometer in room 417."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Forty messages; the fact is the second, the last ones fill a small budget by themselves."""
    texts = [said(0), FACT, *(said(place) for place in range(2, 40))]
    lines = [
        {"id": f"x{place}", "role": ("user", "assistant")[place % 2], "speaker": "Ada", "content": text}
        for place, text in enumerate(texts)
    ]
    question = {"id": "q", "question": "Where does the spare key of the observatory hang?", "category": "single"}
    with gzip.open(tmp_path / apollo.MESSAGES, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    (tmp_path / apollo.QUESTIONS).write_text(json.dumps(question | {"evidence_ids": ["x1"]}) + "\n", "utf-8")
    return tmp_path


def both(data: Path) -> Conversation:
    return read(data / apollo.MESSAGES, data / apollo.QUESTIONS)


def test_a_question_is_answered_by_the_whole_text_of_its_evidence_only(data: Path) -> None:
    asked = both(data)
    assert asked.answered(asked.questions[0], f"before\n> {FACT.replace(' key', '  key')}\nafter")
    assert not asked.answered(asked.questions[0], FACT[:-3])


def test_evidence_that_is_not_there_is_refused(data: Path) -> None:
    (data / apollo.QUESTIONS).write_text(
        '{"id": "q", "question": "?", "category": "c", "evidence_ids": ["nobody"]}\n', "utf-8"
    )
    with pytest.raises(ValueError, match="nobody"):
        both(data)


def test_every_memory_is_asked_in_its_framework_and_buffers_forget(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {(row.name, row.note): row for row in apollo.run(data, 600, markdown=True)}
    assert len(rows) == 11
    assert not [name for name, row in rows.items() if row.failed or not row.tokens]
    assert all(rows[name, ""].answering == 1 for name in ("tiermem core", "TieredChatMemory"))
    assert not [row for (name, _), row in rows.items() if name in {"ChatMemoryBuffer", "Memory"} and row.anywhere]
    printed = capsys.readouterr().out
    assert "| restored byte for byte | 40 of 40, SHA-256 of the whole equal |" in printed
    assert "| verify | clean |" in printed


def test_no_question_finds_the_one_before(data: Path, tmp_path: Path) -> None:
    asked, stored = both(data), tmp_path / "stored.db"
    apollo.imported(asked, stored)
    for peer in (one for one in peers.everyone(stored) if not isinstance(one, tiered.Core)):
        peer.load(asked, 600, tmp_path)
        peer.ask("Is a purple zeppelin moored outside?")
        assert "zeppelin" not in "\n".join(peer.ask("Which query blocks the cache?")), peer.name
    simple = tiered.Simple(stored)
    simple.load(asked, 600, tmp_path)
    simple.ask("Is a purple zeppelin moored outside?")
    assert "zeppelin" not in "\n".join(simple.ask("Which query blocks the cache?"))


def test_a_turn_that_fails_counts_as_unanswered(data: Path, tmp_path: Path) -> None:
    class Broken(tiered.Core):
        name = "broken"

        def ask(self, question: str) -> list[str]:
            raise RuntimeError("no")

    row = apollo.measured(Broken(tmp_path / "none.db"), both(data), 600, tmp_path)
    assert (row.failed, row.anywhere) == (1, 0)


def test_the_stand_ins_rephrase_nothing_and_summarise_within_their_limit() -> None:
    from langchain_classic.memory.prompt import SUMMARY_PROMPT

    assert reply("...\nFollow Up Input: Where is it?\nStandalone question:") == "Where is it?"
    lines = "\n".join(said(place) for place in range(30))
    prompt = SUMMARY_PROMPT.format(summary=FACT, new_lines=f"{lines}\nok")
    summary = str(ExtractiveModel(limit=150).invoke(prompt).content)
    assert 60 < tokens(summary) <= 150
    assert set(summary.splitlines()) <= {FACT, *lines.splitlines()}


def test_every_memory_takes_turns_and_the_tables_compare_them_with_the_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [turns.limit(), *turns.everyone()]
    times = cost.at(40, 3, chosen, tmp_path)
    assert set(times) == {one.name for one in chosen}
    assert all(len(one.wall) == 3 and min(one.wall) > 0 for one in times.values())
    cost._show("CPU", "cpu", min, [40], {name: [one] for name, one in times.items()}, markdown=False)
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(turns.limit().name))
    assert line.split()[-2:] == ["1.00", "1.0x"]


def test_a_smaller_conversation_than_asked_for_is_named() -> None:
    assert cost._cell(7.0, cost.Times(1_000), 100_000) == "7.00 (at 1,000)"


def test_fsyncs_are_those_of_the_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "strace")
    monkeypatch.setattr(cost, "_fsyncs", lambda name, count: 9 + 2 * count)
    assert cost.synced(["a"]) == [("a", 2.0)]
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert cost.synced(["a"]) == [("a", None)]


def test_missing_data_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apollo", "--data", str(tmp_path)]) == 2
    assert "apollo13" in capsys.readouterr().out


def test_the_commands_are_listed() -> None:
    done: Any = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "apollo" in done.stdout
    assert "cost" in done.stdout


def test_tables_align_and_turn_into_markdown() -> None:
    assert report.table(["a", "b"], [["x", 10]]) == "a   b\n-----\nx  10"
    assert report.table(["a", "b"], [["x", 10]], markdown=True) == "| a | b |\n| --- | ---: |\n| x | 10 |"


def test_what_a_window_saves_is_told_by_the_length_of_the_session() -> None:
    short, long = saved.session(25, 2_000, (0.5, 4.0))
    assert (short.overall, short.last, short.covered) == (0.0, 0.0, 0)
    assert 0.3 < long.overall < long.last < 1.0
    assert long.stubs == 0  # a stub would be as long as such a message
    assert long.covered
