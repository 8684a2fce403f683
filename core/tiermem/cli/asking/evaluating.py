"""`tiermem eval`: how well a chat of one's own is remembered, in figures that a pipeline can hold on to."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from tiermem.cli.importing.piping import name_of, readable
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import console, counted, facts, line, table
from tiermem.errors import InvalidSettings, brief_repr

if TYPE_CHECKING:
    from rich.console import Console

    from tiermem.evaluation.results import Evaluation

GENERATED = (
    "Nobody wrote questions, so they were made of the talk: each a sentence without its rarest detail. "
    "They share words with their answers; people's do so less. Compare settings by them, and write --questions."
)


def evaluate_chat(
    chat: Annotated[Path, typer.Argument(help="A chat as `import` reads it, or an evaluation set; - reads a pipe.")],
    questions: Annotated[
        Path | None, typer.Option("--questions", help="JSON lines: question, evidence, asked, category, language.")
    ] = None,
    others: Annotated[
        Path | None, typer.Option("--others", help="An evaluation set whose questions nothing here answers.")
    ] = None,
    budget: Annotated[str, typer.Option("--budget", help="Tokens of an answer, with commas.")] = "256,512,1024,2048",
    embedder: Annotated[
        str, typer.Option("--embedder", help="words, local, minilm, or module:name of one of your own.")
    ] = "words",
    way: Annotated[str, typer.Option("--way", help="recall, context, or both.")] = "both",
    one_user: Annotated[bool, typer.Option("--one-user", help="All conversations are of one user.")] = False,
    window: Annotated[int | None, typer.Option("--window", min=1, help="Tokens of a prompt; else a quarter.")] = None,
    turns: Annotated[int, typer.Option("--turns", min=0, help="Turns that are talked again, at most.")] = 1_000,
    require: Annotated[
        list[str] | None, typer.Option("--require", help="recall@1024=0.8, silence=0.5, saved=0.3 …; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")] = False,
) -> None:
    """Measure recall, silence, cache reuse and tokens on a chat of yours. Exit code 1 where --require is missed."""
    from tiermem.evaluation import evaluating, reading

    required = _required(require or [])
    embedding, budgets = _embedder(embedder), _budgets(budget)
    ways = ("recall", "context") if way == "both" else (way,)
    with readable(chat) as there:
        talks = reading.talks_of(there, questions, name_of(chat) if there != chat else None)
    found = evaluating.evaluate(
        talks, budgets=budgets, ways=ways, others=reading.talks_of(others) if others else (),
        one_user=one_user, window=window, turns=turns, embedder=embedding,
    )  # fmt: skip
    missed = found.missed(required)
    if as_json:
        document({**found.as_dict(), "missed": missed})
    else:
        _tell(console(), found, missed)
    if missed:
        raise typer.Exit(1)


def _required(given: list[str]) -> dict[str, float]:
    required = {}
    for one in given:
        name, _, least = one.partition("=")
        try:
            required[name.strip()] = float(least)
        except ValueError:
            raise InvalidSettings(
                f"--require is a figure and a share, recall@1024=0.8, not {brief_repr(one)}"
            ) from None
    return required


def _budgets(given: str) -> list[int]:
    try:
        return [int(part.replace("_", "")) for part in given.split(",")]
    except ValueError:
        raise InvalidSettings(f"--budget is numbers with commas, 512,1024, not {brief_repr(given)}") from None


def _embedder(given: str) -> Any:
    """What `Memory.open` takes as an embedder; of one's own the module is looked for here, too."""
    if given in {"words", "hash"}:
        return None
    module, colon, name = given.partition(":")
    if not colon:
        return given
    sys.path.insert(0, "")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidSettings(f"--embedder {line(given)}: {line(str(error))}") from error
    finally:
        sys.path.remove("")


def _tell(screen: Console, found: Evaluation, missed: list[str]) -> None:
    rows = next(iter(found.rows.values()))
    asked = len({(one.conversation, one.question) for one in rows})
    own = "own" if found.questions == "own" else "generated"
    what = f"{counted(found.messages, 'message')} in {counted(found.conversations, 'conversation')}"
    screen.print(Text(f"{what}; {asked:,} {own} question{'' if asked == 1 else 's'} with evidence"))
    if found.questions == "generated":
        screen.print(Text(GENERATED, style="dim"))
    if asked:
        _recall(screen, found)
    screen.print(facts(_beside(found)))
    for words in missed:
        screen.print(Text(f"Missed: {line(words)}"))


def _recall(screen: Console, found: Evaluation) -> None:
    budgets = list(next(iter(found.curves.values())))
    heads = ["", *(f"@{one:,}#" for one in budgets), "tokens#", "ms#"]
    rows = []
    for way, points in found.curves.items():
        last = points[budgets[-1]]
        rows.append([way, *(percent(points[one].recall) for one in budgets), f"{last.tokens:,.0f}", f"{last.p50:.1f}"])
    screen.print(table(heads, rows, "Evidence that stands whole in so many tokens, %"))
    for way, own in found.categories.items():
        if len(own) > 1:
            rows = [
                [name or "(none)", str(points[budgets[0]].questions), *(percent(points[one].recall) for one in budgets)]
                for name, points in own.items()
            ]
            screen.print(
                table(["category", "questions#", *(f"@{one:,}#" for one in budgets)], rows, f"By category: {way}")
            )


def _beside(found: Evaluation) -> list[tuple[str, str]]:
    told = []
    for name, silence in (("wrong pages", found.strangers), ("no answer", found.unanswered)):
        if silence is not None:
            many = f"of {counted(silence.asked, 'question')} {silence.source}, {percent(silence.recalled)} % recalled"
            told.append((name, f"{many} something ({silence.tokens:,.0f} tokens on average)"))
    replays = found.replays
    if replays:
        turns, largest = sum(one.turns for one in replays), max(one.window for one in replays)
        cut = sum(one.cut for one in replays)
        left = f"; {counted(cut, 'turn')} left out" if cut else ""
        told.append(("talked again", f"{counted(turns, 'turn')}, prompts of at most {largest:,} tokens{left}"))
    if found.reused is not None:
        told.append(("cache reuse", f"{percent(found.reused)} % of a prompt begins as the one before"))
    if found.saved is not None:
        sent, whole = sum(one.sent for one in replays), sum(one.whole for one in replays)
        told.append(("tokens saved", f"{percent(found.saved)} %: {sent:,} sent, {whole:,} without a memory"))
    if found.kept is not None:
        laid = counted(sum(one.rules for one in replays), "rule")
        told.append(("constraints", f"{percent(found.kept)} % of {laid} laid down stand in every prompt since"))
    return told


def percent(share: float) -> str:
    """A share from 0 to 1 with one digit."""
    return f"{100 * share:.1f}"
