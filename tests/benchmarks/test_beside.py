"""This tree beside an older commit: what is stored and asked, which targets are met, and a small run of it all."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from benchmarks.beside import child, corpus, rows, steps, trees
from benchmarks.beside.__main__ import main
from benchmarks.beside.filled import Cache, beside_others, many_sessions, one_session
from tests.benchmarks.test_recall_benchmark import normalised

IN_GIT = subprocess.run(["git", "-C", str(trees.HERE), "rev-parse", "HEAD"], check=False, capture_output=True)
needs_git = pytest.mark.skipif(IN_GIT.returncode != 0, reason="no repository around the tests")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one conversation, in which one text is long."""
    record = normalised()
    record["messages"][1]["text"] = "".join(f"{number:-<100}" for number in range(20))
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "talks.jsonl").write_text(json.dumps(record) + "\n", "utf-8")
    return folder


# --- what is stored


def test_long_texts_are_cut_and_questions_kept(data: Path, tmp_path: Path) -> None:
    made = corpus.made(data, tmp_path)
    stored = json.loads(made.file.read_text("utf-8"))["messages"]
    assert sorted(len(text) for *_, text in stored) == [2, 400, 400, 400]
    assert made.questions == ("Code?",)
    assert corpus.made(data, tmp_path) == made


def test_a_folder_without_conversations_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no such files"):
        corpus.made(tmp_path / "empty", tmp_path)


def test_messages_do_not_end_and_come_from_any_number_on(data: Path, tmp_path: Path) -> None:
    file = str(corpus.made(data, tmp_path).file)
    source = child.messages(file)
    first = [next(source) for _ in range(8)]
    assert [one.text for one in first[:4]] != [one.text for one in first[4:]]
    later = child.messages(file, 5)
    assert (next(later).text, next(later).created_at) == (first[5].text, first[6].created_at)


def test_a_user_of_many_sessions_has_as_many_messages_and_others_beside() -> None:
    assert sum(number for *_, number in one_session(500)) == sum(number for *_, number in many_sessions(500)) == 500
    assert len({name for _, name, _ in many_sessions(500)}) == 5
    assert {user for user, *_ in beside_others(500)} == {"anna", *(f"user{place}" for place in range(5))}


# --- what is asked of it


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (rows.part("a", 80.0, 10.0, 8), True),
        (rows.part("a", 80.0, 10.1, 8), False),
        (rows.part("a", 80.0, 800.0, None), True),
        (rows.multiple("b", 12.0, 1.2, 10.0, "one thread"), True),
        (rows.multiple("b", 12.1, 1.2, 10.0, "one thread"), False),
        (rows.limited("c", 130.0, 130.0, 513.0), True),
        (rows.limited("c", 131.0, 130.0), False),
    ],
)
def test_a_target_is_met_up_to_its_figure(row: rows.Row, met: bool) -> None:
    assert row.met is met
    printed = rows.printed([row], "older", "newer", markdown=True).splitlines()[-1]
    assert ("not met" not in printed) is met


# --- what is measured


@pytest.mark.parametrize("name", [*steps.AGENTS, *steps.FRAMEWORKS])
def test_an_agents_steps_count_once_its_limit_is_full(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for needed in ("langchain", "llama_index.core"):
        pytest.importorskip(needed)
    monkeypatch.setattr(steps, "STEPS", 6)
    monkeypatch.setattr(steps, "FULL", 2)
    spent = child.Work().steps(name, str(tmp_path))
    assert len(spent) == 4
    assert all(one > 0 for one in spent)


# --- the trees


@needs_git
def test_a_commit_is_checked_out_and_imported_in_the_place_of_this_tree(tmp_path: Path) -> None:
    older = trees.checked_out("HEAD", tmp_path / "older")
    (older.folder / "core" / "tiermem" / "messages.py").open("a").write("\nraise ImportError('the older one')\n")
    assert older.key != trees.here().key
    with pytest.raises(trees.ChildFailed), trees.children(older, one_thread=True, folder=tmp_path) as (one,):
        one.do("load")
    with trees.children(trees.here(), one_thread=True, folder=tmp_path) as (one,):
        one.do("load")
        with pytest.raises(trees.ChildFailed, match="FileNotFoundError"):
            one.do("fill", file=str(tmp_path / "x.db"), corpus=str(tmp_path / "nothing.json"), layout=[["a", "s", 1]])
    with pytest.raises(ValueError, match="no-such-commit"):
        trees.checked_out("no-such-commit", tmp_path / "none")


def test_what_one_tree_filled_is_filled_once(data: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path, corpus.made(data, tmp_path), tmp_path)
    filled = cache.one_session(trees.here(), 12)
    written = filled.file.stat().st_mtime_ns
    assert filled.seconds > 0
    assert cache.one_session(trees.here(), 12).file.stat().st_mtime_ns == written
    (tmp_path / "another run").mkdir()
    fresh = Cache(tmp_path, cache.corpus, tmp_path / "another run", fresh=True)
    assert fresh.one_session(trees.here(), 12).file.stat().st_mtime_ns > written


@needs_git
def test_one_command_prints_both_trees_and_says_what_is_not_met(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--commit", "HEAD", "--sizes", "100", "--cache", str(tmp_path / "cache"), "--markdown"]
    assert main([*given, "--only", "import"]) == 1  # no tree is five times as fast as itself
    printed = capsys.readouterr().out
    assert "| import of 100 messages, seconds |" in printed
    assert printed.endswith("1 targets, 1 not met\n")
    assert main(["--commit", "no-such-commit", "--cache", str(tmp_path / "cache")]) == 2
