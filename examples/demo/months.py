"""The second act of `make demo`: a user over nine months, on a clock that is moved; what changed, held, and faded.

Each month ends with a sleep. All that the screen shows is asked of the memory, none of it is written down beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from examples.demo.diary import ASKS_THE_NUMBER, ASKS_THE_PLACE, DIARY, NUMBER
from tiermem import Memory, Session
from tiermem.testing import StoppedClock

USER, THREAD = "mira", "companion"
WINDOW, RECENT = 900, 4  # tokens and messages: a window as small as the diary is short
BUDGET = 700


@dataclass(frozen=True)
class Month:
    """The end of a month: messages so far, tokens of the window before and after the sleep, what faded, and home."""

    name: str
    messages: int
    before: int
    after: int
    faded: int
    home: str


@dataclass(frozen=True)
class Months:
    """All that the second screen shows."""

    months: Sequence[Month]
    level_faded: str  # of the message with the number, when the months are over
    in_view: bool  # whether the number stands in the window then
    found: str  # what is quoted when it is asked for
    level_used: str  # after an answer rested on it, and a sleep
    homes: Sequence[str]  # each with since when
    rules: Sequence[str]  # what was laid down, as it stands in the prompt of a question in the last month
    profile: str
    ok: bool


def live(folder: Path) -> Months:
    """Live through the diary in a database in *folder*."""
    clock = StoppedClock(datetime(2026, 1, 1, 9, tzinfo=UTC))
    settings = {"pre_rot_threshold": WINDOW, "keep_recent_count": RECENT, "clock": clock}
    with Memory.open(folder / "months.db", **settings) as memory:
        session, months = memory.session(THREAD, USER), []
        for place, (day, said, answered) in enumerate(DIARY):
            clock.now = datetime.fromisoformat(f"{day}T09:00:00+00:00")
            session.add([{"role": "user", "content": said}, {"role": "assistant", "content": answered}])
            if place + 1 == len(DIARY) or DIARY[place + 1][0][:7] != day[:7]:
                months.append(_slept(memory, session, day[:7]))
        return _asked(memory, session, months)


def _slept(memory: Memory, session: Session, month: str) -> Month:
    session.settle()
    before = session.stats().window_tokens
    slept = memory.life(USER).sleep()
    after = session.stats()
    home = memory.facts(USER).current("user", "home")
    return Month(month, after.messages, before, after.window_tokens, slept.faded, home[0].value if home else "")


def _asked(memory: Memory, session: Session, months: Sequence[Month]) -> Months:
    life = memory.life(USER)
    (hit, *_) = session.search(ASKS_THE_NUMBER)
    ref = f"{THREAD}/m{hit.message.sequence}"
    in_view = NUMBER in str(session.view().summaries) + " ".join(one.text for one in session.view().messages)
    level = life.of(ref).level
    found = session.recall(ASKS_THE_NUMBER, 120).text
    life.used(ref)
    life.sleep()
    homes = memory.facts(USER).history("user", "home")
    context = session.context(ASKS_THE_PLACE, BUDGET, profile=120)
    return Months(
        months=months,
        level_faded=level,
        in_view=in_view,
        found=found,
        level_used=life.of(ref).level,
        homes=[f"{one.value} (said {one.said_at:%Y-%m-%d} in {one.ref})" for one in homes if one.said_at],
        rules=[line for one in context.pieces if one.kind == "rules" for line in one.message.text.splitlines()[1:-1]],
        profile=memory.profile(USER).text(120),
        ok=all(found.ok for found in memory.verify().values()),
    )


def render(lived: Months) -> RenderableType:
    """The second screen."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("month", "messages", "window", "after sleep", "faded", "lives in"):
        table.add_column(name, justify="left" if name in {"month", "lives in"} else "right")
    for one in lived.months:
        faded = str(one.faded) if one.faded else ""
        table.add_row(one.name, str(one.messages), f"{one.before:,}", f"{one.after:,}", faded, one.home)
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold")
    rows.add_column()
    rows.add_row("a changed fact", " → ".join(lived.homes))
    rows.add_row("a kept rule", Text("\n".join(lived.rules)))
    rows.add_row("faded", f"{NUMBER}, said in January: {_shown(lived)}")
    rows.add_row("found again", Text("\n".join(_lines(lived.found, NUMBER))))
    rows.add_row("used, so back", f"after the next sleep it is {lived.level_used}")
    proof = Text("verify: no difference", "green") if lived.ok else Text("verify: DIFFERENT", "red")
    return Group(
        Rule("tiermem: nine months of a user"), table, Text(), rows, Text(), Text(lived.profile, "cyan"), proof
    )


def _shown(lived: Months) -> str:
    return f"{lived.level_faded}, {'still in' if lived.in_view else 'no longer in'} the window"


def _lines(text: str, word: str) -> list[str]:
    """The lines of *text* with *word* in them."""
    return [line.strip() for line in text.splitlines() if word in line]
