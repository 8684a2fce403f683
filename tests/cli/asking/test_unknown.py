"""What is asked for and is not there, and what makes no sense, is said in words of the command line."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from tests.cli.command_line import ok, refused, tiermem
from tests.histories.shapes import FILES
from tiermem.cli.terminal.wording import in_options

ROOT = Path(__file__).parents[3]
PYTHON = re.compile(r"\b[a-z_]+=(?![=\s])|\b[a-z_]+=(?= )|\b[a-z_]+\([^)\s]*\)")  # an argument, a call
# What no command leads to: options of `Memory.open` that commands have not, routers, frameworks, steady contexts.
ELSEWHERE = {"memory.py", "runtime/options.py", "runtime/opening.py", "routing/route.py", "routing/router.py",
             "life/placement.py", "media/describing.py", "items/reembed.py", "flows/indexing/vectors.py"}  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = str(tmp_path / "m.db")
    ok("import", str(FILES / "cline_task.json"), "--session", "kiln", "--namespace", "ann", "--path", path)
    return path


@pytest.mark.parametrize("option", ["--from-session", "--exclude-session"])
def test_a_session_that_is_not_there_is_said(database: str, option: str) -> None:
    for more in ((), ("--session", "kiln", "--within", "user")):
        words = refused("search", "kiln", *more, option, "nope", "--namespace", "ann", "--path", database)
        assert "no session 'nope' in namespace 'ann'; there are: kiln" in words
    where = ("--session", "kiln", "--within", "user", "--namespace", "ann", "--path", database)
    for command in ("context", "ask"):
        assert "no session 'nope'" in refused(command, "kiln", *where, option, "nope")
    assert ok("search", "kiln", "--from-session", "kiln", "--namespace", "ann", "--path", database)


def test_a_document_that_is_not_there_is_said_and_none_is_kept_and_hidden(database: str, tmp_path: Path) -> None:
    where = ("--namespace", "ann", "--path", database)
    assert "no document 'x' of namespace 'ann'; there are none" in refused("documents", "x", *where)
    text = tmp_path / "a.txt"
    text.write_text("The kiln is blue.")
    assert "adding it again replaces it" in refused("documents", "--remove", str(text), "--add", str(text), *where)
    assert json.loads(ok("documents", "--json", *where)) == []


def test_an_empty_file_is_no_database_and_stays_empty(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    commands = ("sessions", "verify", "documents", "search x", "journal --session s", "undo 1 --session s",
                "backup b.db", "report r.html --session s", "erase --session s --yes")  # fmt: skip
    for command in commands:
        assert "an empty file, and no database" in refused(*command.split(), "--path", str(empty))
        assert empty.stat().st_size == 0
    assert list(tmp_path.iterdir()) == [empty]


def test_a_dry_run_counts_what_would_come_in(tmp_path: Path) -> None:
    rows = [{"id": 1, "session_id": "whole", "message_data": '{"role": "user", "content": "Hot?"}'},
            {"id": 2, "session_id": "broken", "message_data": "{"}]  # fmt: skip
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    told = ok("import", str(tmp_path / "rows.json"), "--dry-run")
    assert "1 conversation, 1 message; nothing was stored" in told
    assert "Left out: 1 × rows that are damaged" in told


def test_questions_of_others_that_are_none_are_said(tmp_path: Path) -> None:
    chat = str(FILES / "chatgpt_conversations.json")
    assert "the others have no question" in refused("eval", chat, "--others", chat, "--turns", "0")


def test_errors_speak_of_options_and_commands(database: str) -> None:
    words = refused("search", "x", "--path", database)
    assert "--within user needs a user" in words
    assert "Name the user with --namespace anna, or --tenant and --namespace" in words
    told = tiermem("search", "x", "--session", "kiln", "--within", "notes", "--namespace", "ann", "--from-session",
                   "kiln", "--path", database)  # fmt: skip
    assert "--from-session and --exclude-session are for --within user and 'everything'" in told.stderr


def test_no_error_that_a_command_may_end_with_speaks_of_python() -> None:
    found = []
    for path in sorted((ROOT / "core/tiermem").rglob("*.py")):
        if str(path.relative_to(ROOT / "core/tiermem")) not in ELSEWHERE:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Raise) and node.exc is not None:
                    parts = (one.value for one in ast.walk(node.exc) if isinstance(one, ast.Constant))
                    words = "".join(one for one in parts if isinstance(one, str))
                    found += (
                        [(path.name, words)]
                        if PYTHON.search(in_options(words.partition("and steady")[2] or words))
                        else []
                    )
    assert found == []
