"""`tiermem erase` counts and asks first; `tiermem verify-erased` proves it."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("typer")

from typer.testing import CliRunner

from tests.cli.command_line import conversation, ok, refused, tiermem, write
from tiermem import Memory
from tiermem.cli.commands import app


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A database with two users."""
    file = str(tmp_path / "m.db")
    messages = str(write(tmp_path / "a.jsonl", conversation(3)))
    for user in ("anna", "bob"):
        ok("import", messages, "--session", "s", "--namespace", user, "--path", file)
    with Memory.open(file) as memory:
        memory.knowledge("anna").add_documents("The pool runs on port 8080.", source="manual.md")
    return file


def test_it_counts_first_asks_and_does_nothing_where_the_answer_is_no(path: str) -> None:
    words = ["erase", "--everything", "--namespace", "anna", "--path", path]
    result = CliRunner().invoke(app, words, input="n\n")
    assert result.exit_code == 1
    assert "Would erase rows: " in result.stdout
    assert "10 message" in result.stdout
    assert "Nothing was erased." in result.stdout
    assert "10 message" in ok(*words, "--dry-run")
    with Memory.open(path) as memory:
        assert memory.session("s", "anna").stats().messages == 9


def test_a_user_is_erased_and_the_receipt_checks_it_here_and_on_a_backup(path: str, tmp_path: Path) -> None:
    backup, receipt = str(tmp_path / "backup.db"), tmp_path / "receipt.json"
    shutil.copy(path, backup)
    words = ("erase", "--everything", "--namespace", "anna", "--path", path, "--receipt", str(receipt))
    told = ok(*words, "--yes", "--reason", "request 17")
    assert "Erasure 1 removed rows: " in told
    assert "Not in reach: backups" in told
    assert stat.S_IMODE(receipt.stat().st_mode) == 0o600
    assert "All of it is gone: 10 messages" in ok("verify-erased", str(receipt), "--path", path)
    checked = tiermem("verify-erased", str(receipt), "--path", backup)
    assert checked.exit_code == 1
    assert "a copy from before" in checked.stdout
    assert "already" in refused(*words, "--yes")
    with Memory.open(path) as memory:
        assert (memory.sessions("anna"), memory.sessions("bob")) == ([], ["s"])


def test_a_session_a_message_and_a_document_are_erased_alone(path: str) -> None:
    user = ("--namespace", "anna", "--path", path, "--yes")
    assert "1 message" in ok("erase", "m3", "--session", "s", *user)
    assert "青石巷七号" not in ok("show", "--session", "s", *user[:-1])
    assert "1 message" in ok("erase", "--source", "manual.md", *user)
    assert "there is nothing of it" in ok("erase", "m3", "--session", "s", *user)
    assert "9 message" in ok("erase", "--session", "s", *user)
    with Memory.open(path) as memory:
        assert memory.sessions("anna") == []
        assert all(proof.ok for proof in memory.verify().values())


def test_what_is_to_be_erased_must_be_named(path: str) -> None:
    assert "name what to erase" in refused("erase", "--path", path, "--yes")
    assert "name what to erase" in refused("erase", "m3", "--everything", "--path", path, "--yes")
    assert "no session" in refused("erase", "--session", "nowhere", "--path", path, "--yes")
    assert "no document" in refused("erase", "--source", "x", "--namespace", "bob", "--path", path, "--yes")
    assert "no receipt" in refused("verify-erased", __file__, "--path", path)


def test_what_is_past_its_time_expires_without_being_asked_about(path: str, tmp_path: Path) -> None:
    assert "keep-for: no limit" in ok("retain", "--path", path)
    told = ok("retain", "--keep-for", "30", "--keep-at-least", "2", "--namespace", "anna", "--path", path)
    assert "keep-for: 30 days" in told
    assert "keep-at-least: 2 days" in told
    assert "keep-for: no limit" in ok("retain", "--namespace", "bob", "--path", path)
    assert "keep-at-least is 31" not in refused(
        "retain", "--keep-at-least", "31", "--namespace", "anna", "--path", path
    )
    words = ("expire", "--namespace", "anna", "--path", path)
    assert "Erased 0 messages, 0 chunks, 0 notes." in ok(*words)
    with Memory.open(path, clock=lambda: datetime.now(UTC) + timedelta(days=40)) as memory:
        assert memory.life("anna").expire(dry_run=True).conversations == 1
    refused("erase", "--everything", "--namespace", "anna", "--path", path, "--yes")
    erase = ("erase", "--everything", "--namespace", "anna", "--path", path, "--yes", "--overrule")
    assert "removed rows: " in ok(*erase)
    file = tmp_path / "receipts.jsonl"
    assert "Would erase 0 messages" in ok(*words, "--dry-run", "--receipts", str(file))
    assert not file.exists()
    ok(*words, "--receipts", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    refused(*words, "--receipts", str(file))
