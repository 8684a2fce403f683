"""`search`, `context` and `documents`; `-` and `--json` where commands take a text or print one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")
from typer.testing import CliRunner

from tests.cli.command_line import conversation, ok, refused, tiermem, write
from tiermem.cli.commands import app

QUESTION = "密码保险箱在哪里？"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("finding")
    path = str(folder / "memory.db")
    ok(
        "import",
        str(write(folder / "a.jsonl", conversation(5))),
        "--session",
        "s",
        "--namespace",
        "ann",
        "--path",
        path,
    )
    return path


def at(database: str, *words: str) -> tuple[str, ...]:
    return (*words, "--namespace", "ann", "--path", database)


def piped(text: str, *words: str) -> str:
    result = CliRunner().invoke(app, list(words), input=text)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_search_tells_hits_best_first_and_the_parts_of_a_score(database: str) -> None:
    shown = ok("search", QUESTION, *at(database, "--session", "s", "--limit", "2", "--explain"))
    assert shown.splitlines()[0].startswith("m3 · 小王 · 2024-05-01 09:02 UTC · score")
    assert "keyword 0." in shown
    assert "2 hits" in shown
    hits = json.loads(ok("search", QUESTION, *at(database, "-k", "1", "--json")))
    assert [one["ref"] for one in hits] == ["s/m3"]


def test_search_that_finds_nothing_ends_as_grep_does(database: str) -> None:
    result = tiermem("search", QUESTION, *at(database, "--session", "s", "--role", "tool"))
    assert (result.exit_code, result.stdout.strip()) == (1, "0 hits")


def test_a_question_comes_by_a_pipe(database: str) -> None:
    assert "青石巷七号" in piped(f"{QUESTION}\n", "search", "-", *at(database))
    assert "青石巷七号" in piped(QUESTION, "ask", "-", *at(database, "--session", "s"))
    assert "青石巷七号" in piped(QUESTION, "context", "-", *at(database, "--session", "s"))


def test_context_prints_the_text_of_every_message_and_nothing_beside_it(database: str, tmp_path: Path) -> None:
    (tmp_path / "system.txt").write_text("Be brief.", "utf-8")
    system = tmp_path / "system.txt"
    words = ("context", QUESTION, *at(database, "--session", "s", "--budget", "900", "--system", str(system)))
    result = tiermem(*words)
    made = json.loads(ok(*words, "--json"))
    texts = [piece["message"]["content"] for piece in made["pieces"]]
    assert result.stdout.startswith("[system]\nBe brief.\n")
    assert all(text in result.stdout for text in texts)
    assert f"{made['tokens']:,} of 900 tokens" in result.stderr
    assert "tokens" not in result.stdout


def test_documents_are_added_read_hidden_and_brought_back(tmp_path: Path) -> None:
    path = str(tmp_path / "m.db")
    (tmp_path / "handbook.md").write_text("Everybody has 30 days of leave.", "utf-8")
    assert "1 document" in ok("documents", "--add", str(tmp_path / "handbook.md"), "--as", "handbook", *at(path))
    piped("第二章 每人有三十天假期。", "documents", "--add", "-", "--as", "第二章", *at(path))
    listed: list[dict[str, Any]] = json.loads(ok("documents", *at(path, "--json")))
    assert [one["source"] for one in listed] == ["handbook", "第二章"]
    assert "30 days of leave" in ok("documents", "handbook", *at(path))
    told = ok("documents", "--remove", "handbook", *at(path))
    assert "handbook hidden by decision 1; `tiermem documents --undo 1 --namespace ann" in told
    assert len(json.loads(ok("documents", *at(path, "--undo", "1", "--json")))) == 2
    assert "give one --add" in refused("documents", "--as", "x", *at(path))
    assert "needs a name" in refused("documents", "--add", "-", *at(path))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
    assert "no text in UTF-8" in refused("documents", "--add", str(tmp_path / "picture.png"), *at(path))


def test_every_command_that_decides_tells_programs_what_it_did(tmp_path: Path) -> None:
    path = str(tmp_path / "m.db")
    here = ("--session", "s", *at(path))

    def told(*words: str) -> Any:
        return json.loads(ok(*words, "--json"))

    added = told("import", str(write(tmp_path / "a.jsonl", conversation(3))), *here)
    assert (added["added"], added["known"], added["stats"]["messages"]) == (9, 0, 9)
    (hidden,) = told("forget", "m2", *here)
    assert (hidden["kind"], hidden["first"]) == ("hide", 2)
    assert told("undo", str(hidden["number"]), *here)["undone"] == hidden["number"]
    assert told("restore", *here).keys() == {"restored", "window_tokens"}
    assert told("fork", "m4", "--as", "other", *here) == {"session": "other", "of": "s", "messages": 4}
    assert [one["kind"] for one in told("rewind", "m2", "--session", "other", *at(path))] == ["hide"]
    assert told("head", *here)["head"].startswith("tiermem-chain-1")
    assert told("export", str(tmp_path / "s.jsonl"), *here)["messages"] == 9
    assert told("export", str(tmp_path / "all.jsonl"), "--everything", *at(path))["manifest"]["counts"]["session"] == 2
    assert told("retain", "--keep-for", "9", "--namespace", "ann", "--path", path)["keep_for"] == 9
    assert told("expire", "--dry-run", *at(path))["dry_run"] is True
    assert told("erase", "m3", *here, "--dry-run")["removed"]
    erased = told("erase", "m3", *here, "--yes", "--receipt", str(tmp_path / "receipt.json"))
    assert erased["removed"]["tiermem_message"] == 1
    assert told("verify-erased", str(tmp_path / "receipt.json"), *at(path)[2:])["ok"] is True
    first = told("sessions", *at(path))[0]
    assert (first["session"], first["first"][:10], first["last"][:10]) == ("s", "2024-05-01", "2024-05-01")
    said = told("import", str(tmp_path / "all.jsonl"), "--namespace", "bob", "--path", str(tmp_path / "b.db"))
    assert said["namespace"] == "bob"


def test_what_is_asked_before_erasing_is_not_in_what_programs_read(database: str) -> None:
    result = CliRunner().invoke(app, ["erase", "m5", *at(database, "--session", "s", "--json")], input="n\n")
    assert (result.exit_code, result.stdout.strip()) == (1, "n")  # which the runner typed
    assert "Erase it for good?" in result.stderr


def test_exit_codes_and_every_command_stand_in_the_help_whole() -> None:
    shown = ok("--help", COLUMNS="80", TERMINAL_WIDTH="80")
    assert "Exit codes:" in shown
    assert "..." not in shown.partition("Commands:")[2]
    assert " ".join(shown.split()).count("Measure recall, silence, cache reuse and tokens on a chat of yours.") == 1


def test_at_80_columns_the_journal_is_lines_and_names_are_whole(database: str, tmp_path: Path) -> None:
    path = str(tmp_path / "m.db")
    name = "a-conversation-with-a-rather-long-name-about-the-database"
    file = str(write(tmp_path / "a.jsonl", conversation(3)))
    ok("import", file, "--session", name, "--path", path)
    ok("forget", "m2", "--session", name, "--path", path, "--reason", "private matters of the user")
    narrow = ok("journal", "--session", name, "--path", path, COLUMNS="80")
    assert "hide m2 to m2" in narrow
    assert "private matters of the user" in narrow
    for command in ("sessions", "verify"):
        shown = ok(command, "--path", path, COLUMNS="80")
        assert "…" not in shown
        assert max(map(len, shown.splitlines())) <= 80
