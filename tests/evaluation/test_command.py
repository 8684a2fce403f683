"""`tiermem eval` as a person and a pipeline meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("typer")

from tests.cli.command_line import ok, refused, tiermem
from tests.evaluation.chats import QUESTIONS, normalised, records, write

QUICK = ("--budget", "128,512", "--turns", "0")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    return str(write(tmp_path / "chat.jsonl", records(5))), str(write(tmp_path / "questions.jsonl", QUESTIONS))


def test_the_table_tells_recall_wrong_pages_and_what_a_prompt_keeps(files: tuple[str, str]) -> None:
    chat, asked = files
    shown = ok("eval", chat, "--questions", asked, "--budget", "512", COLUMNS="80")
    assert "16 messages in 1 conversation; 2 own questions with evidence" in shown
    for words in (
        "@512",
        "recall",
        "context",
        "wrong pages",
        "no answer",
        "cache reuse",
        "tokens saved",
        "constraints",
    ):
        assert words in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_without_questions_it_says_how_they_were_made(files: tuple[str, str]) -> None:
    shown = " ".join(ok("eval", files[0], *QUICK, "--way", "recall").split())
    assert "generated question" in shown
    assert "Nobody wrote questions" in shown


def test_a_program_reads_the_same_figures_and_what_was_missed(files: tuple[str, str]) -> None:
    chat, asked = files
    missing = ("--require", "recall@512=0.5", "--require", "silence=1", "--require", "kept=0.5")
    result = tiermem("eval", chat, "--questions", asked, *QUICK, "--json", *missing)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ways"]["recall"]["budgets"]["512"]["recall"] == 1.0
    assert told["missed"][-1].startswith("kept was not measured")
    assert tiermem("eval", chat, "--questions", asked, *QUICK, "--require", "recall@512=0.5").exit_code == 0


def test_a_set_comes_by_a_pipe_and_others_ask_their_own(tmp_path: Path, files: tuple[str, str]) -> None:
    from typer.testing import CliRunner

    from tiermem.cli.commands import app

    others = write(tmp_path / "set.jsonl", [normalised()])
    given = ["eval", "-", "--others", str(others), *QUICK, "--json", "--way", "recall"]
    told = CliRunner().invoke(app, given, input=Path(files[0]).read_bytes())
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["strangers"]["source"] == "of the other file"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--require", "recall"), "a figure and a share"),
        (("--require", "recal@5=1", *QUICK), "there is no figure"),
        (("--budget", "many"), "numbers with commas"),
        (("--embedder", "glove"), "local"),
        (("--embedder", "no_such_module:embed"), "no_such_module"),
    ],
)
def test_what_cannot_be_meant_is_one_line(files: tuple[str, str], options: tuple[str, ...], said: str) -> None:
    assert said in refused("eval", files[0], "--questions", files[1], *options)


def test_a_file_without_questions_is_no_reason_to_make_some_up(files: tuple[str, str], tmp_path: Path) -> None:
    empty = tmp_path / "none.jsonl"
    empty.write_text("\n")
    assert "none.jsonl has no questions" in refused("eval", files[0], "--questions", str(empty))


def test_what_makes_no_sense_is_told_from_what_is_missed_by_the_exit_code(files: tuple[str, str]) -> None:
    assert tiermem("eval", files[0], "--require", "recall@512=much").exit_code == 2
