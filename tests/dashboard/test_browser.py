"""The screen in a real browser, where Chromium is installed, as `.ci/run` does it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.screens import addresses, hostile
from tiermem.dashboard import serving

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = shutil.which("chromium")
SERIOUS = {"serious", "critical"}
LOOKS = {("light", 1400): set(addresses()), ("dark", 400): {"users", "window", "decisions", "question"}}
JUDGED = {"sessions", "profile", "message", "dropped", "costs", *LOOKS["dark", 400]}  # axe-core takes a second a page
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a screen on hostile names and words, served as the command does it."""
    with hostile(tmp_path / "m.db") as memory:
        told: list[str] = []
        options = {"args": (memory, 0, told.append), "kwargs": {"write": True}, "daemon": True}
        threading.Thread(target=serving.serve, **options).start()
        while not told:
            threading.Event().wait(0.02)
        yield told[0]


def watched(page: Any, base: str, wrong: list[str]) -> None:
    """Note what *page* says to its console, asks of others, or shows as a dialog."""
    page.on("console", lambda said: wrong.append(said.text))
    page.on("request", lambda asked: None if asked.url.startswith(base) else wrong.append(asked.url))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))


def faults(page: Any, *, judged: bool) -> list[str]:
    """What is too wide, and what axe-core calls serious."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = axe.Axe().run(page).response["violations"] if judged else []
    serious = [one for one in found if one["impact"] in SERIOUS]
    told = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in serious]
    return [*told, *([f"{wide} too wide"] if wide > 0 else [])]


def test_a_browser_stays_on_this_machine_and_finds_nothing_wrong(served: str) -> None:
    base, wrong = served.partition("/?")[0], list[str]()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for (scheme, width), names in LOOKS.items():
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            watched(page, base, wrong)
            page.goto(served)
            assert "token" not in page.url
            for name in names:
                page.goto(base + addresses()[name])
                wrong += [f"{name}, {width}: {fault}" for fault in faults(page, judged=name in JUDGED)]
        by_keyboard(page, base)
        browser.close()
    assert wrong == []


def by_keyboard(page: Any, base: str) -> None:
    """The first tab leads to the content; an undo needs no mouse."""
    page.goto(base + addresses()["decisions"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    before = page.locator("tr.undone").count()
    page.locator("td button").first.focus()
    page.keyboard.press("Enter")
    page.locator("tr.undone").nth(before).wait_for()  # by no script: the page allows none
