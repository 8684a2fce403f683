"""The screen's databases, and how long its pages take.

    python -m benchmarks.screen real FOLDER DATABASE       sessions of real talk, to look at (`filling.real`)
    python -m benchmarks.screen large DATABASE [COUNT]     a million messages of one user (`filling.large`)
    python -m benchmarks.screen paint DATABASE             each page of its newest user's largest session, in Chromium

`paint` opens each page in a Chromium that has shown none of this server's pages before, and tells the milliseconds to
the first contentful paint by the browser's own clock, the first time and the median of five times after. It needs
Playwright's package and /usr/bin/chromium.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import report
from benchmarks.screen import filling
from tiermem import Memory
from tiermem.browsing import listing
from tiermem.dashboard.addresses import address, of_session, of_user
from tiermem.dashboard.serving import serve
from tiermem.settings import Scope

CHROMIUM = "/usr/bin/chromium"
AGAIN = 5
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def pages(memory: Memory) -> dict[str, str]:
    """The addresses that are painted, by name."""
    user = listing.users(memory).users[0]
    names = of_user(user.tenant, user.user)
    session = max(_sessions(memory, (user.tenant, user.user)), key=lambda one: one.messages)
    mine = of_session(Scope(user.tenant, user.user, session.session))
    return {
        "users": "/",
        "sessions": address("/user", **names),
        "sessions by id": address("/user", begins="short-007", **names),
        "window": address("/session", **mine),
        "messages": address("/messages", first=session.messages // 2, **mine),
        "message": address("/message", ref=f"m{session.messages // 3}", **mine),
        "decisions": address("/decisions", **mine),
        "dropped": address("/dropped", **mine),
        "costs of the session": address("/session-costs", **mine),
        "question": address("/ask", q="Who saw that the index blocks the cache at peak load?", **mine),
        "costs": "/costs",
        "documents": address("/documents", **names),
        "facts": address("/facts", **names),
        "profile": address("/profile", **names),
    }


def _sessions(memory: Memory, namespace: Any) -> list[Any]:
    first = listing.sessions(memory, namespace, limit=1)
    by_name = listing.sessions(memory, namespace, begins="long", limit=10)
    return [*first.sessions, *by_name.sessions]


def paint(database: Path) -> None:
    """Print how long each page takes."""
    from playwright.sync_api import sync_playwright

    with Memory.open(database, read_only=True) as memory:
        told: list[str] = []
        threading.Thread(target=serve, args=(memory, 0, told.append), daemon=True).start()
        while not told:
            threading.Event().wait(0.05)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_context().new_page()

            page.goto(told[0].replace("/?", "/style.css?"))  # the cookie, and no page
            base = told[0].partition("/?")[0]
            rows = [[name, *_painted(page, base + at)] for name, at in pages(memory).items()]
            browser.close()
    print(report.versions())
    print(report.table(["page", "first, ms", f"median of {AGAIN}, ms", "HTML, kB"], rows, markdown=True))


def _painted(page: Any, at: str) -> list[str]:
    times, size = list[float](), 0
    for _ in range(AGAIN + 1):
        size = len(page.goto(at, timeout=600_000).body())
        while (painted := page.evaluate(PAINT)) is None:
            page.wait_for_timeout(5)
        times.append(painted)
    return [f"{times[0]:,.0f}", f"{median(times[1:]):,.0f}", f"{size / 1000:,.0f}"]


def main() -> int:
    """What the first word asks for."""
    words = sys.argv[1:]
    if words[:1] == ["real"] and len(words) == 3:
        print(f"{filling.real(Path(words[1]), Path(words[2]))} sessions")
    elif words[:1] == ["large"] and len(words) in {2, 3}:
        filling.large(Path(words[1]), int(words[2]) if len(words) == 3 else 1_000_000)
    elif words[:1] == ["paint"] and len(words) == 2:
        paint(Path(words[1]))
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
