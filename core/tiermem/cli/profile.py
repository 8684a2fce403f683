"""`tiermem profile`: what is known of a user, and the words to correct it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from tiermem.cli.app import JsonOption, PathOption, TenantOption, app, space, the_memory
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import command, console, line, table
from tiermem.text.sanitizing import visible

if TYPE_CHECKING:
    from tiermem.profiles.profile import Profile
    from tiermem.records import Decision


@app.command()
def profile(
    namespace: Annotated[str, typer.Option("--namespace", help="The user whose profile it is.")],
    tenant: TenantOption = None,
    path: PathOption = None,
    budget: Annotated[int | None, typer.Option(min=0, help="Print the block of so many tokens for a prompt.")] = None,
    correct: Annotated[tuple[str, str] | None, typer.Option(help="A line's key, and what is so; yes or no.")] = None,
    forget: Annotated[str | None, typer.Option(help="A line's key: it is left out from now on.")] = None,
    pin: Annotated[str | None, typer.Option(help="A line's key, or a text of your own, to stand first.")] = None,
    undo: Annotated[int | None, typer.Option(min=1, help="The number of such a decision: it is taken back.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What is known of a user over all conversations, with its sources; correct it, forget or pin a line."""
    writing = any(wish is not None for wish in (correct, forget, pin, undo))
    with the_memory(path, writing=writing) as memory:
        known = memory.profile(space(namespace, tenant))
        made = _decided(known, correct, forget, pin)
        if undo is not None:
            known.undo(undo)
        block = None if budget is None else known.text(budget)
        lines, words = known.lines(), known.summary()
    if as_json:
        document({"summary": words, "lines": lines, "text": block, "decisions": made})
        return
    screen = console()
    for decision in made:
        address = {"--undo": str(decision.number), "--namespace": namespace, "--tenant": tenant, "--path": path}
        back = command("profile", None, address)
        screen.print(Text(f"{line(decision.reason)} by decision {decision.number}; `{back}` undoes it"), soft_wrap=True)
    if undo is not None:
        screen.print(Text(f"Decision {undo} is undone"))
    if block is not None:
        screen.print(Text(visible(block)), soft_wrap=True)
        return
    rows = [(one.section, line(one.key), line(one.text), line(" ".join(one.sources))) for one in lines]
    screen.print(table(["section", "key", "line", "sources"], rows))
    screen.print(Text(line(words) or "Nothing is known of this user."))


def _decided(known: Profile, correct: tuple[str, str] | None, forget: str | None, pin: str | None) -> list[Decision]:
    made: list[Decision] = []
    if correct is not None:
        made.append(known.correct(*correct))
    if forget is not None:
        made.append(known.forget(forget))
    if pin is not None:
        made.append(known.pin(pin))
    return made
