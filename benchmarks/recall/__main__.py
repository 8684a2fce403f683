"""`python -m benchmarks.recall --data FILE`: evidence recall of every memory at every budget, as Markdown tables."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import report
from benchmarks.recall import conversations, measure, memories, results
from benchmarks.recall.conversations import Conversation
from benchmarks.recall.results import Result
from benchmarks.recall.vectors import Embedding, embedding

BUDGETS = (512, 1024, 2048, 4096, 8192)
OURS = "tiermem"


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.recall", description="Does the context hold what answers the question?"
    )
    common(made)
    made.add_argument("--memories", type=_names, default=memories.NAMES, help=f"of {', '.join(memories.NAMES)}")
    made.add_argument("--budgets", type=_numbers, default=BUDGETS, help="tokens, with commas")
    made.add_argument("--sample", type=int, help="questions a conversation at most, spread evenly")
    made.add_argument("--out", type=Path, help="folder for a JSON file a memory, from which plots are made")
    made.add_argument("--before", type=Path, help="folder that an older version wrote with --out, to compare")
    made.add_argument("--reuse", action="store_true", help="do not ask again a memory whose file is in --out")
    return made


def common(made: argparse.ArgumentParser) -> None:
    """The options that all commands of this package take."""
    made.add_argument("--data", type=Path, required=True, help="a .jsonl, .jsonl.gz or LongMemEval .json, or a folder")
    made.add_argument(
        "--embedder", choices=("hash", "local", "minilm"), default="hash", help="vectors (default: %(default)s)"
    )
    made.add_argument("--cache", type=Path, help="file that keeps MiniLM's vectors")


def _names(text: str) -> tuple[str, ...]:
    found = tuple(text.split(","))
    if unknown := set(found) - set(memories.NAMES):
        raise argparse.ArgumentTypeError(f"no memory is called {', '.join(sorted(unknown))}")
    return found


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(part.replace("_", "")) for part in text.split(",")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 2 when the data are not there."""
    given = parser().parse_args(arguments)
    quiet()
    try:
        asked = conversations.sampled(conversations.read(given.data), given.sample)
    except FileNotFoundError as error:
        print(f"{error.filename}: not found; --data names the file")
        return 2
    vectors = embedding(given.embedder, given.cache)
    name = conversations.label(given.data)
    found = []
    for key in given.memories:
        spelled = "" if key in memories.WITHOUT_VECTORS else given.embedder
        file = results.file_of(given.out, name, key, spelled) if given.out else None
        if given.reuse and file and file.exists():
            found.append(results.read(file))
            continue
        found.append(Result(name, spelled, key, *_asked(key, vectors, asked, given.budgets)))
        keep(found[-1], given.out)
    show(found)
    if given.before:
        since(given.before, found)
    return 0


def keep(result: Result, folder: Path | None) -> None:
    """Keep *result* in *folder*, and say in one line what it came to: a run takes long."""
    if folder:
        results.write(result, folder)
    shares = "  ".join(f"@{budget} {results.percent(point.recall)}" for budget, point in result.curve.items())
    print(f"{result.label}: {shares}", file=sys.stderr, flush=True)


def _asked(
    key: str, vectors: Embedding, asked: Sequence[Conversation], budgets: Sequence[int]
) -> tuple[str, tuple[measure.Row, ...]]:
    """The memory's own name, and its rows."""
    memory = memories.made(key, vectors)
    try:
        return memory.name, tuple(measure.asked(memory, asked, budgets))
    finally:
        memory.close()


def show(found: Sequence[Result]) -> None:
    """Print all tables of the results of one data set."""
    questions = next(iter(found[0].curve.values())).questions
    print(f"\n{report.versions()}\n\n### {found[0].data}: {questions} questions, evidence recall in %\n")
    print(results.overview(found))
    print(f"\n### {found[0].data}: by category\n\n{results.categories(found)}")
    ours = next((one for one in found if one.key == OURS), None)
    if ours and len(found) > 1:
        others = [one for one in found if one is not ours]
        print(f"\n### {found[0].data}: points above each memory, 95 % interval over conversations\n")
        print(results.differences(ours, others))


def since(folder: Path, found: Sequence[Result]) -> None:
    """Print what the results in *folder* were, and by how many points each of *found* has changed since."""
    files = {one: results.file_of(folder, one.data, one.key, one.embedder) for one in found}
    for now, file in files.items():
        if not file.exists():
            print(f"\n{now.label}: {file} is not there")
            continue
        before = replace(results.read(file), name=f"{now.name} before")
        print(f"\n### {now.data}: {now.label}, before and since\n\n{results.overview([before, now])}")
        print(f"\n{results.differences(now, [before])}")


def quiet() -> None:
    """The peers say at every construction that they are deprecated; LangChain puts its filter in front at import."""
    try:
        import langchain_classic  # noqa: F401
        from langchain_core._api import LangChainDeprecationWarning
    except ModuleNotFoundError:  # then no peer of LangChain is asked
        return
    warnings.filterwarnings("ignore", category=LangChainDeprecationWarning)
    warnings.filterwarnings("ignore", message=".*langchain-community.*being sunset.*")


if __name__ == "__main__":
    raise SystemExit(main())
