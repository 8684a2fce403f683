"""What the demo shows: a live line while it runs, and one screen at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from examples.demo.conversation import Point, Restored
from tiermem import Settings, Summary, Verification

WIDTH = 100
HEIGHT = 8  # rows of the chart
FACTS = 4  # of the critical context of a summary, so that all fits on one screen
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_AXIS = 8  # columns left of the chart
_COLUMNS = WIDTH - _AXIS
_TICK = 9  # columns between two message numbers


@dataclass(frozen=True)
class Outcome:
    """All that the last screen shows; every number in it was measured in this run."""

    model: str
    settings: Settings
    points: Sequence[Point]
    summary: Summary | None
    question: str
    answer: str
    sources: Sequence[str]
    restored: Restored
    verification: Verification
    seconds: float


class Live:
    """The window filling while the session runs, and a line for every decision about it."""

    def __init__(self, console: Console, settings: Settings) -> None:
        self._console = console
        self._settings = settings
        self._progress = Progress(
            TextColumn("message {task.fields[messages]:>3}"),
            BarColumn(bar_width=40),
            TextColumn("window {task.fields[window]:>7,} tokens · session {task.fields[full]:>7,}"),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        full = settings.pre_rot_threshold
        self._task: TaskID = self._progress.add_task("", total=full, messages=0, window=0, full=0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, point: Point) -> None:
        """Move the bar to *point*, and say what was decided."""
        self._progress.update(
            self._task, completed=point.window, messages=point.messages, window=point.window, full=point.full
        )
        for line in events(point):
            self._console.print(line)


def events(point: Point) -> list[Text]:
    """One line for each decision that was taken in the turn that ended at *point*."""
    lines = []
    for decision in point.decisions:
        compact = decision.kind == "compact"
        word = "compaction" if compact else "summary"
        lines.append(
            Text.assemble(
                f"message {point.messages:>3}  ",
                (f"{word:<11}", "yellow" if compact else "magenta"),
                f"of m{decision.first}…m{decision.last}: "
                f"{decision.tokens_before:,} tokens shown as {decision.tokens_after:,}; {decision.reason}",
            )
        )
    return lines


def render(outcome: Outcome) -> RenderableType:
    """The last screen."""
    return Group(
        Rule("tiermem: a debugging session that does not end"),
        _headline(outcome),
        Text(),
        chart(outcome.points, outcome.settings),
        Text(),
        _costs(outcome.points),
        _summary(outcome.summary),
        _question(outcome),
        _proof(outcome),
    )


def _headline(outcome: Outcome) -> Text:
    last, settings = outcome.points[-1], outcome.settings
    standard = "the defaults" if settings == Settings() else "small ones, for the shortened session"
    return Text(
        f"{last.messages} messages, {last.full:,} tokens, lived in {outcome.seconds:.0f} s. Every tool output is real: "
        "a web shop with its own database was measured, repaired and measured again, on this machine.\n"
        f"Model: {outcome.model}.\n"
        f"Thresholds ({standard}): {settings.pre_rot_threshold:,} tokens; compaction from {settings.compact_at:,}, "
        f"summary from {settings.summarize_at:,}."
    )


def chart(points: Sequence[Point], settings: Settings) -> Text:
    """Tokens of the window by message number, with the two triggers and what happened at them."""
    columns = [points[column * len(points) // _COLUMNS] for column in range(_COLUMNS)]
    triggers = {settings.compact_at: "yellow", settings.summarize_at: "magenta"}
    text = Text()
    for row in range(HEIGHT, 0, -1):
        low, high = (settings.pre_rot_threshold * part // HEIGHT for part in (row - 1, row))
        trigger = next((at for at in triggers if low < at <= high), None)
        text.append(f"{f'{trigger / 1000:.4g}k' if trigger else '':>{_AXIS - 2}} ", triggers.get(trigger or 0, ""))
        text.append("│", "dim")
        for point in columns:
            eighths = max(0, min(8, round(8 * (point.window - low) / (high - low))))
            text.append(*((_EIGHTHS[eighths], "cyan") if eighths else ("┄" if trigger else " ", "dim")))
        text.append("\n")
    text.append(f"{'0':>{_AXIS - 2}} └", "dim")
    for column, point in enumerate(columns):
        text.append(*_mark(point, new=not column or point is not columns[column - 1]))
    ruler = "".join(f"{columns[n].messages:<{_TICK}}" for n in range(0, _COLUMNS - _TICK // 2, _TICK))
    text.append(f"\n{'':{_AXIS}}{ruler}\n", "dim")
    text.append(f"{'':{_AXIS}}tokens in the window, by message    ")
    return text.append("▲ compaction    ", "yellow").append("◆ summary", "magenta")


def _mark(point: Point, *, new: bool) -> tuple[str, str]:
    kinds = {decision.kind for decision in point.decisions} if new else set()
    if "cover" in kinds:
        return "◆", "magenta"
    return ("▲", "yellow") if "compact" in kinds else ("─", "dim")


def _costs(points: Sequence[Point]) -> Table:
    full, read = sum(point.full for point in points), sum(point.read for point in points)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("tokens sent to the model", "over the session", "in the last turn"):
        table.add_column(name, justify="left" if name.startswith("tokens") else "right")
    table.add_row("everything, every time", f"{full:,}", f"{points[-1].full:,}")
    table.add_row("with tiermem", f"{read:,}", f"{points[-1].read:,}")
    table.add_row("saved", f"{1 - read / full:.1%}", f"{1 - points[-1].read / points[-1].full:.1%}", style="green")
    return table


def _summary(summary: Summary | None) -> Panel:
    if summary is None:
        return Panel("no summary was needed", title="structured summary", title_align="left")
    structure = summary.structure
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(style="bold")
    table.add_column()
    rows = [("goal", "user_goal", structure.user_goal), ("last step", "last_step", structure.last_step)]
    rows[1:1] = [("decision", f"key_decisions.{n}", line) for n, line in enumerate(structure.key_decisions)]
    rows[-1:-1] = [("files", "", ", ".join(structure.modified_files))]
    context = list(structure.critical_context.items())
    rows += [("critical", f"critical_context.{label}", f"{label}: {line}") for label, line in context[:FACTS]]
    if len(context) > FACTS:
        rows.append(("", "", f"… and {len(context) - FACTS} more facts"))
    for name, path, line in rows:
        refs = " ".join(f"m{sequence}" for sequence in structure.sources.get(path, ()))
        table.add_row(name, Text.assemble(line, (f"  {refs}", "dim")))
    title = f"structured summary {summary.ref} of messages {summary.first} to {summary.last}"
    return Panel(table, title=title, title_align="left", border_style="magenta")


def _question(outcome: Outcome) -> Panel:
    source = f"\nsource: {', '.join(outcome.sources)}" if outcome.sources else "\nno quoted line stands in the archive"
    asked = f"; asked {outcome.points[-1].messages} messages after the session began"
    text = Text.assemble((f"{outcome.question}\n", "bold"), outcome.answer, (source + asked, "dim"))
    return Panel(text, title="a question about the beginning", title_align="left", border_style="cyan")


def _proof(outcome: Outcome) -> Panel:
    restored, verified = outcome.restored, outcome.verification
    before, after = restored.sha256
    same = Text("identical", "green") if restored.before == restored.after else Text("DIFFERENT", "red")
    found = Text("no difference", "green") if verified.ok else Text("; ".join(verified.problems), "red")
    checked = f"{verified.messages} messages, {verified.decisions} decisions, {verified.summaries} summaries: "
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    table.add_row("explain", restored.shown)
    table.add_row("restore", Text.assemble(f"{restored.ref}, {len(restored.after.encode()):,} bytes: ", same))
    table.add_row("sha256", f"{before}  of the tool's output")
    table.add_row("", f"{after}  of what came back")
    table.add_row("verify", Text.assemble(checked, found))
    return Panel(table, title="nothing is lost", title_align="left", border_style="green")
