"""What the command line puts on a terminal or into a pipe, and how it starts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")

from tests.cli.command_line import ok, refused, write
from tiermem.text.sanitizing import visible


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "memory.db")


def test_messages_cannot_act_on_the_terminal(tmp_path: Path, database: str) -> None:
    nasty = "a\x1b[2Jb\x9bc\u202ed\u2066e\rf\x07g [bold red]h[/] :smile: \U000e0041 \ud800 👩‍🚀"
    record = {"role": "user", "speaker": "x\x1b]0;owned\x07", "content": nasty}
    path = tmp_path / "t.json"
    path.write_text(json.dumps([record]))
    ok("import", str(path), "--session", "s\x1b[1m", "--path", database)
    for command in (
        ["show", "--session"],
        ["ask", "smile", "--session"],
        ["stats", "--session"],
        ["show", "m1", "--session"],
    ):
        shown = ok(*command, "s\x1b[1m", "--path", database)
        assert not set(shown) & set("\x1b\x9b\u202e\u2066\r\x07\U000e0041\ud800")
    shown = ok("show", "--session", "s\x1b[1m", "--path", database)
    assert r"a\x1b[2Jb\x9bc\u202ed\u2066e\x0df\x07g [bold red]h[/] :smile: \U000e0041 \ud800 👩‍🚀" in shown
    assert "\\x1b" in refused("stats", "--session", "no\x1b[1m", "--path", database)


def test_in_a_pipe_a_message_is_one_line_and_on_a_terminal_it_is_wrapped(tmp_path: Path, database: str) -> None:
    text = "word " * 100 + "end"
    ok("import", str(write(tmp_path / "t", [{"role": "user", "content": text}])), "--session", "s", "--path", database)
    assert f"    {text}\n" in ok("show", "--session", "s", "--path", database, COLUMNS="60")
    wrapped = ok(
        "show", "--session", "s", "--path", database, COLUMNS="60", FORCE_COLOR="1", TERM="xterm", NO_COLOR="1"
    )
    assert text not in wrapped
    assert max(map(len, wrapped.splitlines())) <= 60


def test_tool_calls_and_blocks_are_shown_by_name(tmp_path: Path, database: str) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "read_file", "arguments": '{"path": "池.py"}'}}
    image = [{"type": "text", "text": "看图"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    records: list[dict[str, Any]] = [
        {"role": "user", "content": image},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "name": "read_file", "tool_call_id": "c", "content": "POOL = 50"},
    ]
    ok("import", str(write(tmp_path / "t", records)), "--session", "s", "--path", database)
    shown = ok("show", "--session", "s", "--path", database)
    assert "    看图\n    [image_url]" in shown
    assert '→ read_file({"path": "池.py"})' in shown
    assert "read_file (tool)" in shown


def test_visible_keeps_what_words_need() -> None:
    kept = "数据库\tA\n👩‍🚀 می‌خواهم é"
    assert visible(kept) == kept
    assert visible("a\r\nb") == "a\nb"


def test_the_version_is_the_packages_own() -> None:
    from tiermem import __version__

    assert ok("--version").strip() == f"tiermem {__version__}"


def test_python_m_tiermem_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "tiermem", "--help"], capture_output=True, text=True, check=True)
    commands = ("import", "ask", "sessions", "stats", "verify", "show", "explain", "restore", "export")
    assert all(command in done.stdout for command in commands)


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_one_line_says_what_to_install(missing: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; from tiermem.cli.main import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == ['The command line needs two more packages: pip install "tiermem[cli]"']
