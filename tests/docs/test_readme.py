"""Every Python block of the READMEs runs, and what they point to exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT, blocks, names_for, run

READMES = ["README.md", "README.zh.md"]


def all_blocks() -> list[Any]:
    return [
        pytest.param(code, id=f"{name}-{number}")
        for name in READMES
        for number, code in enumerate(blocks((ROOT / name).read_text("utf-8")), start=1)
    ]


@pytest.mark.parametrize("code", all_blocks())
def test_a_block_of_the_readme_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(code, "README", names_for(code, str(tmp_path / "memory.db")))


@pytest.mark.parametrize("name", READMES)
def test_what_the_readme_points_to_exists(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


def test_both_readmes_have_the_same_parts() -> None:
    levels = [re.findall(r"^(#+) ", (ROOT / name).read_text("utf-8"), re.MULTILINE) for name in READMES]
    counts = [len(blocks((ROOT / name).read_text("utf-8"))) for name in READMES]
    assert levels[0] == levels[1]
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "core/ARCHITECTURE.md"]
)
def test_the_documents_speak_of_the_project_only(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"/work/|/root/|/tmp/", text)
