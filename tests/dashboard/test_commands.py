"""`tiermem report` and `tiermem dashboard`."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command_line import ok, refused
from tests.dashboard.screens import NAME, SESSION, hostile
from tiermem import Memory
from tiermem.dashboard.report import report


class Loads(HTMLParser):
    """Every element of a page, and every attribute that could load, act or lead away."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.leads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.leads += [
            name for name, _ in attrs if name in {"src", "href", "action", "srcset", "style"} or name[:2] == "on"
        ]


def test_a_report_is_one_file_that_loads_nothing(tmp_path: Path) -> None:
    with hostile(tmp_path / "m.db"):
        pass
    file = tmp_path / "out.html"
    given = ("--session", SESSION, "--namespace", NAME, "--path", str(tmp_path / "m.db"))
    assert "bytes" in ok("report", str(file), *given, "--language", "zh")
    text = file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "File exists" in refused("report", str(file), *given)
    (tmp_path / "link.html").symlink_to(tmp_path / "elsewhere.html")
    assert "File exists" in refused("report", str(tmp_path / "link.html"), *given)
    assert "<title>" in ok("report", "-", *given)
    seen = Loads()
    seen.feed(text)
    assert not seen.tags & {"script", "iframe", "link", "img", "a", "form", "object", "i", "b", "u"}
    assert seen.leads == []
    assert "url(" not in text
    assert "default-src 'none'" in text
    assert "\u202e" not in text
    assert "窗口" in text
    assert "&lt;script&gt;" in text
    assert "<svg" in text
    assert text.count("<article") >= 17


def test_a_report_has_nothing_that_was_erased(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        session = memory.session("s", "anna")
        session.add(["The safe is in Greenstone Lane.", "Noted.", "It is hot.", "Yes."])
        session.erase("m1")
        assert "Greenstone" not in report(memory, session.scope)
        assert "m3–m4" in report(memory, session.scope, newest=2)
        assert "Noted" not in report(memory, session.scope, newest=2)


def test_what_is_wrong_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ("--path", str(tmp_path / "no.db"))
    assert "no such database" in refused("dashboard", *missing)
    with Memory.open(tmp_path / "m.db") as memory:
        memory.session("s").add("Hello.")
    there = ("--path", str(tmp_path / "m.db"))
    assert "there are: s" in refused("report", str(tmp_path / "x.html"), "--session", "t", *there)
    served = list[Any]()
    monkeypatch.setattr("uvicorn.Server.run", lambda _, sockets: served.append(sockets[0].getsockname()))
    assert "Open http://127.0.0.1:" in ok("dashboard", *there)
    assert [host for host, _ in served] == ["127.0.0.1"]

    def missing_there(name: str) -> None:
        raise ModuleNotFoundError(name, name="pygal")

    monkeypatch.setattr("tiermem.cli.serving.import_module", missing_there)
    assert "pip install 'tiermem[dashboard]'" in refused("dashboard", *there)
    assert "pip install 'tiermem[dashboard]'" in refused("report", str(tmp_path / "x.html"), "--session", "s", *there)
