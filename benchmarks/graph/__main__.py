"""Whether names that are near those of a question help to find what answers it; and what the graph costs.

    python -m benchmarks.graph [--data FILE] [--sizes 1000,10000] [--markdown]

Share of the messages that a question rests on among the best k of `Session.search`, mean over questions, by their
kind. "near names": the three names nearest to those of the question (two hops, speakers apart) are asked along.
"near messages": the last fifth of the k makes room for the sources of the steps to those names. "of speakers too": what
is near the names of those who speak is asked along as well. Cost: CPU time of the
process, for prose of a made-up circle of 400 people.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.graph.cost import cost
from benchmarks.graph.recall import recall
from benchmarks.recall import conversations


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what is asked for."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.graph", description=__doc__.split("\n")[0])
    made.add_argument("--data", type=Path, help="a file as of `benchmarks.recall`; none: only what it costs")
    made.add_argument("--sizes", default="1000,10000", help="messages, with commas; empty: only recall")
    made.add_argument("--markdown", action="store_true", help="tables in Markdown")
    given = made.parse_args(arguments)
    if given.data is not None:
        recall(conversations.read(given.data), markdown=given.markdown)
    if sizes := [int(part) for part in given.sizes.split(",") if part]:
        cost(sizes, markdown=given.markdown)


if __name__ == "__main__":
    main()
