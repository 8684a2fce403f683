"""`python -m benchmarks COMMAND`."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description="tiermem beside the memories it replaces.")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    apollo = commands.add_parser("apollo", help="a long real conversation: import, restore, and questions about it")
    apollo.add_argument("--data", type=Path, required=True, help="folder with apollo13.jsonl.gz and its questions")
    apollo.add_argument("--budget", type=int, default=4_000, help="tokens a prompt (default: %(default)s)")
    cost = commands.add_parser("cost", help="CPU, time and fsyncs of one turn at several sizes of the conversation")
    cost.add_argument("--sizes", type=_sizes, default=(100, 10_000, 100_000), help="messages stored, with commas")
    cost.add_argument("--turns", type=int, default=64, help="turns measured, at most (default: %(default)s)")
    cost.add_argument("--only", help="only memories whose name contains this (the limit is always measured)")
    cost.add_argument("--fsync-child", help=argparse.SUPPRESS)
    agents = commands.add_parser("agents", help="create_agent under one limit, with five answers to it")
    agents.add_argument("only", nargs="*", choices=[[], "sixty", "prefixes"], help="one of the two measurements")
    for command in (apollo, cost, agents):
        command.add_argument("--markdown", action="store_true", help="tables in Markdown")
    return made


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part.replace("_", "")) for part in text.split(","))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 2 when its data are not there."""
    given = parser().parse_args(arguments)
    _quiet()
    if given.command == "apollo":
        from benchmarks.answers import apollo

        try:
            apollo.run(given.data, given.budget, markdown=given.markdown)
        except FileNotFoundError as error:
            print(f"{error.filename}: not found; --data names the folder that holds it")
            return 2
        return 0
    if given.command == "agents":
        from benchmarks.agents import measure as agents

        agents.run(given.only, markdown=given.markdown)
        return 0
    from benchmarks.cost import measure as cost

    if given.fsync_child:
        cost.child(given.fsync_child, given.turns)
    else:
        cost.run(given.sizes, given.turns, only=given.only or "", markdown=given.markdown)
    return 0


def _quiet() -> None:
    """The peers are deprecated and say so at every construction. LangChain puts its own filter in front at import."""
    import langchain_classic  # noqa: F401
    from langchain_core._api import LangChainDeprecationWarning

    warnings.filterwarnings("ignore", category=LangChainDeprecationWarning)
    warnings.filterwarnings("ignore", message=".*langchain-community.*being sunset.*")


if __name__ == "__main__":
    raise SystemExit(main())
