"""What an import costs: time and modules, beside the import of the framework that is there anyway.

    python -m benchmarks.imports [--runs 7] [--markdown]

Every number is the median of fresh processes, the subjects taking turns, so that a busy machine slows all alike. Three
imports are measured of each subject: the framework's own; ours alone; and ours in a process that has the framework
loaded, which is what a user pays who has imported the framework already. The names of a package are lazy, so the
package alone and each way to use it are separate rows.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Prints seconds and modules of each statement. -I: no script folder, no PYTHON* variables, as installed.
CHILD = """
import sys, json
from time import perf_counter
cost = []
for statement in sys.argv[1:]:
    modules, start = len(sys.modules), perf_counter()
    exec(statement)
    cost.append((perf_counter() - start, len(sys.modules) - modules))
print(json.dumps(cost))
"""
LANGCHAIN, LLAMAINDEX = "langchain_tiered_memory", "llamaindex_tiered_memory"
# Ours, and what someone who uses it has imported of the framework.
SUBJECTS = (
    ("import tiermem", ""),
    ("from tiermem import Memory", ""),
    (f"import {LANGCHAIN}", "import langchain_core.messages"),
    (f"from {LANGCHAIN} import TieredChatMessageHistory", "import langchain_core.runnables.history"),
    (f"from {LANGCHAIN} import ConversationTieredMemory", "import langchain_classic.chains, langchain_classic.memory"),
    (f"from {LANGCHAIN} import TieredMemoryMiddleware", "import langchain.agents"),
    (f"from {LANGCHAIN} import TieredMemoryStore", "import langgraph.graph, langgraph.store.memory"),
    (f"import {LLAMAINDEX}", "import llama_index.core.memory"),
    (f"from {LLAMAINDEX} import TieredChatMemory", "import llama_index.core.memory"),
    (f"from {LLAMAINDEX} import TieredChatMemory", "import llama_index.core"),
)
HEAD = ("import", "beside", "its ms", "its modules", "ours alone ms", "modules", "ours after it ms", "modules", "ratio")


class Cost(NamedTuple):
    """Of one statement: milliseconds, and modules that it loaded."""

    milliseconds: float
    modules: int


def cost(*statements: str) -> list[Cost]:
    """What each of *statements* costs, one after the other in one fresh process."""
    command = [sys.executable, "-I", "-c", CHILD, *statements]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Cost(seconds * 1000, modules) for seconds, modules in json.loads(done.stdout)]


def median(costs: Sequence[Cost]) -> Cost:
    """The median time; the number of modules is the same in every run."""
    return Cost(statistics.median(one.milliseconds for one in costs), costs[-1].modules)


def measure(runs: int) -> Iterator[tuple[str, str, Cost, Cost, Cost]]:
    """For every subject: the framework's import, ours alone, ours after it."""
    found: dict[tuple[str, str], list[tuple[Cost, Cost, Cost]]] = {subject: [] for subject in SUBJECTS}
    for _ in range(runs):
        for ours, theirs in SUBJECTS:
            beside, after = cost(theirs, ours)
            found[ours, theirs].append((beside, cost(ours)[0], after))
    for (ours, theirs), costs in found.items():
        beside, alone, after = (median(column) for column in zip(*costs, strict=True))
        yield ours, theirs, beside, alone, after


def row(ours: str, theirs: str, beside: Cost, alone: Cost, after: Cost) -> tuple[str, ...]:
    """One line of the table; the ratio is ours after theirs, to theirs."""
    its = (f"{beside.milliseconds:.0f}", str(beside.modules)) if theirs else ("", "")
    own = (f"{alone.milliseconds:.1f}", str(alone.modules))
    later = (f"{after.milliseconds:.1f}", str(after.modules)) if theirs else ("", "")
    ratio = f"{after.milliseconds / beside.milliseconds:.3f}" if theirs else ""
    return (ours, theirs.removeprefix("import "), *its, *own, *later, ratio)


def table(rows: Sequence[tuple[str, ...]], *, markdown: bool) -> str:
    """The rows under their heads."""
    if markdown:
        lines = [HEAD, ("---",) * len(HEAD), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in (HEAD, *rows))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="fresh processes a number (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args()
    print(table([row(*line) for line in measure(given.runs)], markdown=given.markdown))


if __name__ == "__main__":
    main()
