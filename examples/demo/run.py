"""`make demo`: a debugging session of more than 200 messages, lived through and remembered, and nine months of a user.
No key, no network.

Usage: python -m examples.demo.run [--short] [--model provider:name]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from rich.console import Console

from examples.demo import months
from examples.demo.conversation import Conversation
from examples.demo.reader import ExtractiveReader
from examples.demo.scenario import ABOUT_THE_BEGINNING, turns
from examples.demo.screen import WIDTH, Live, Outcome, render
from langchain_tiered_memory import ConversationTieredMemory
from tiermem import Memory, Settings

SESSION = "checkout-timeouts"
LOAD_TEST_1 = "call_3"  # the third step of the scenario, whose output is restored at the end
READER = "a small extractive reader that quotes the context it was given; not an LLM"
MODEL_HELP = "a real chat model instead of the extractive reader; it will read some 3.7 million tokens (--short: 0.2)"

# The shortened scenario says about a fifteenth as much, and must come to a summary too, which is at 95 % of this.
SHORT = Settings(pre_rot_threshold=8_500)


def chat_model(name: str | None) -> tuple[BaseChatModel, str]:
    """The model to answer with, and what to call it; SystemExit when the package of *name* is not installed."""
    if name is None:
        from tiermem.providers.tokenizers import encoding_counter

        return ExtractiveReader(count=encoding_counter(Settings().encoding)), READER
    try:
        from langchain.chat_models import init_chat_model

        return init_chat_model(name), name
    except (ImportError, ValueError) as error:
        message = f"--model {name}: {error}\nA real model needs the package langchain and that of its provider."
        raise SystemExit(message) from error


def run(folder: Path, console: Console, model: BaseChatModel, called: str = READER, *, short: bool = False) -> Outcome:
    """Live through the scenario in *folder*; everything that the last screen shows."""
    settings = SHORT if short else Settings()
    started = time.perf_counter()
    with Memory.open(folder / "memory.db", settings=settings) as store:
        memory = ConversationTieredMemory(session_id=SESSION, memory=store)
        session = store.session(SESSION)
        conversation = Conversation(model, memory, session)
        points = []
        with Live(console, settings) as live:
            for point in conversation.play(turns(folder / "webshop", short=short)):
                points.append(point)
                live.show(point)
        answer, _ = conversation.ask(ABOUT_THE_BEGINNING)
        summaries = session.view().summaries
        return Outcome(
            model=called,
            settings=settings,
            points=points,
            summary=max(summaries, key=lambda one: one.last - one.first, default=None),
            question=ABOUT_THE_BEGINNING,
            answer=answer["answer"],
            sources=conversation.sources(answer),
            restored=conversation.restore(LOAD_TEST_1),
            verification=session.verify(),
            seconds=time.perf_counter() - started,
        )


def main() -> None:
    """Run the demo and print its screen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a third of the session, in some ten seconds")
    parser.add_argument("--model", metavar="PROVIDER:NAME", help=MODEL_HELP)
    arguments = parser.parse_args()
    model, called = chat_model(arguments.model)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(
        f"A debugging session begins; it takes {'some ten seconds' if arguments.short else 'about a minute'}."
    )
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder), console, model, called, short=arguments.short)
        lived = months.live(Path(folder))
    console.print(render(outcome))
    console.print(months.render(lived))
    sys.exit(0 if outcome.verification.ok and lived.ok else 1)


if __name__ == "__main__":
    main()
