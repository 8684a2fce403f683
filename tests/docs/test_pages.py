"""Every block of every page runs, those of a page in one go as a reader would run them, and prints what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT, blocks, names_for, pairs, run

DOCS = ROOT / "docs"
# Run by the tests of what they are about.
ELSEWHERE = {"importing.md": "tests/histories/test_unpacking.py", "mcp.md": "tests/tools/test_anthropic_memory.py"}


def sources() -> list[Any]:
    return [
        pytest.param(page, id=str(page.relative_to(DOCS)))
        for page in sorted(DOCS.rglob("*.md"))
        if str(page.relative_to(DOCS)) not in ELSEWHERE
    ]


def texts() -> list[Any]:
    return [one for one in sources() if blocks(one.values[0].read_text("utf-8"))]


@pytest.mark.filterwarnings("ignore")  # of classes that LangChain will drop one day: the pages say so
@pytest.mark.parametrize("page", texts())
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = page.read_text("utf-8")
    names: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for number, code in enumerate(blocks(text), start=1):
        for name, value in names_for(code, str(tmp_path / "given.db")).items():
            if name not in names or names[name] is given.get(name):  # what a page made itself stays
                names[name] = given[name] = value
        run(code, f"{page.name}, block {number}", names)


@pytest.mark.parametrize("page", ["start/command-line.md", "zh/start/command-line.md"])
def test_the_commands_of_a_page_print_what_is_shown(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tiermem.cli.main import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    shown, text = "", (DOCS / page).read_text("utf-8")
    for language, code in pairs(text):
        if language == "json":
            name = re.findall(r"`(\w+\.jsonl)`", text.partition(code)[0])[-1]
            Path(name).write_text(code, "utf-8")
        if language == "sh":
            shown = "".join(_command(main, line, monkeypatch, capsys) for line in code.splitlines())
        if language == "text":
            missing = [line for line in code.splitlines() if line.strip(" …") not in shown]
            assert missing == [], shown


def _command(main: Any, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    words = shlex.split(line, comments=True)
    if words[:1] != ["tiermem"]:
        return ""
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code in (0, None), said.err
    return said.out + said.err


def test_what_is_run_elsewhere_is_run() -> None:
    for page, test in ELSEWHERE.items():
        assert f"docs/{page}" in (ROOT / test).read_text("utf-8")
        assert blocks((DOCS / page).read_text("utf-8"))


@pytest.mark.parametrize("page", sources())
def test_a_page_speaks_of_the_project_only(page: Path) -> None:
    assert not re.search(r"/work/|/root/|/tmp/", page.read_text("utf-8"))
