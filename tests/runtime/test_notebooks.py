"""What a notebook shows of our values, and that the notebooks of the examples print what is stored in them."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from examples.notebooks.execute import executed
from tiermem import Memory
from tiermem.reports import notebooks

NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples" / "notebooks").glob("*.ipynb"))
HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)> & \u202eevil"
ALLOWED = {"p", "b", "pre", "table", "thead", "tbody", "tr", "th", "td"}


class Tags(HTMLParser):
    """The names of all tags, and the words between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.names.add(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def test_what_a_message_says_is_never_markup() -> None:
    with Memory.open(":memory:", pre_rot_threshold=400) as memory:
        session = memory.session(HOSTILE, HOSTILE)
        session.add([{"role": "user", "content": f"The key of the gate {HOSTILE}", "name": "<b>"}])
        shown = [
            memory,
            session,
            session.view(),
            session.context("the key of the gate?", 300),
            session.search("key of the gate")[0],
            session.recall("the key of the gate?"),
        ]
        pages = [Tags(one._repr_html_()) for one in shown]
    assert [page.names - ALLOWED for page in pages] == [set()] * 6
    assert all("<script>alert(1)</script>" in page.words for page in pages[2:5])


def test_what_acts_on_whoever_shows_it_is_told_by_its_code() -> None:
    for shown in (notebooks.block("x\u202e", "y\x07\ud800"), notebooks.table("x\u202e", ["n"], [("y\x07\ud800",)])):
        assert not {"\u202e", "\x07", "\ud800"} & set(shown)
        assert "\\u202e" in shown


def test_long_texts_and_long_tables_are_cut_and_say_so() -> None:
    shown = notebooks.table("many", ["n", "text"], [(number, "x" * 999) for number in range(60)])
    assert "… and 10 more" in shown
    assert "x" * 299 + "…" in shown
    assert "x" * 301 not in shown
    assert "<table>" not in notebooks.table("none", ["n"], [])


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_prints_what_is_stored_in_it(file: Path) -> None:
    stored = json.loads(file.read_text("utf-8"))
    assert stored["nbformat"] == 4
    assert executed(stored) == stored


def test_there_are_two() -> None:
    assert [file.stem for file in NOTEBOOKS] == ["evaluating", "remembering"]
