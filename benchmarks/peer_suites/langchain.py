"""LangChain's own unit tests for the memories that tiermem replaces, run with tiermem's classes in their place.

    python benchmarks/peer_suites/langchain.py --checkout DIR [--checkout DIR]

DIR holds LangChain's sources: a checkout of the repository, or a folder of the unpacked sdists of langchain-core and
langchain-classic; `benchmarks/RESULTS.md` says how to get them. The classes are exchanged while the tests run; nothing
of LangChain's is copied or changed. Its test configuration imports `blockbuster` and `pytest-mock`. With
`langchain-tests` installed its retriever suite runs too. Every suite runs twice, with its classes and with ours.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE]  # this file is named langchain.py
sys.path.insert(0, str(HERE.parents[1]))

from benchmarks.peer_suites.suites import Outcomes, counted, explain, home_of, run, tests_of  # noqa: E402

SUITES = [
    ("RunnableWithMessageHistory", "tests/unit_tests/runnables/test_history.py"),
    ("histories", "tests/unit_tests/chat_history/test_chat_history.py"),
    ("ConversationChain and its memories", "tests/unit_tests/chains/test_conversation.py"),
    ("ConversationalRetrievalChain", "tests/unit_tests/chains/test_conversation_retrieval.py"),
    ("ReadOnlySharedMemory", "tests/unit_tests/chains/test_memory.py"),
    ("SequentialChain with a memory", "tests/unit_tests/chains/test_sequential.py"),
    ("ConversationSummaryBufferMemory", "tests/unit_tests/chains/test_summary_buffer_memory.py"),
    ("CombinedMemory", "tests/unit_tests/memory/test_combined_memory.py"),
]
REASONS = {
    "test_chat_history_deprecated": "asks that the class's own docstring calls it deprecated",
    "test_summary_buffer_memory_summary": "asks for the words of LangChain's summary prompt within 5 tokens; a "
    "structured summary has fields, and what cannot fit a budget is a typed error",
    "test_summary_buffer_memory_summary_async": "as test_summary_buffer_memory_summary",
}
MEMORIES = (
    ("buffer", "ConversationBufferMemory"),
    ("buffer_window", "ConversationBufferWindowMemory"),
    ("summary", "ConversationSummaryMemory"),
    ("summary_buffer", "ConversationSummaryBufferMemory"),
)


def main() -> int:
    arguments = _arguments()
    if arguments.inside:
        return _inside(arguments.inside, exchanged=arguments.exchanged)
    failures = 0
    print(f"{'suite':<40}{'LangChain':>12}{'tiermem':>12}")
    for name, test_file in SUITES:
        home = home_of(arguments.checkout, test_file)
        if home is None:
            print(f"{name:<40}{'not there':>12}")
            continue
        stock, ours = (run(__file__, home, test_file, flags) for flags in ([], ["--exchanged"]))
        print(f"{name:<40}{counted(stock):>12}{counted(ours):>12}", flush=True)
        failures += explain(ours, REASONS)
    failures += _standard_retriever_suite()
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", action="append", type=Path, default=[], help="sources of LangChain")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--exchanged", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


# --- in the process of one suite


class Watched(Outcomes):
    def pytest_runtest_call(self, item: Any) -> None:
        if blockbuster := item.funcargs.get("blockbuster"):
            _sync_verbs_may_wait(blockbuster)


def _sync_verbs_may_wait(blockbuster: Any) -> None:
    """LangChain's async tests make expected histories and compare them with sync verbs, which wait for a disk.

    Every other wait on the event loop, in `aget_messages`, `aadd_messages` or `aclear`, still fails the test.
    """
    for function in blockbuster.functions.values():
        function.can_block_in("peer_suites/langchain.py", "__init__")
        function.can_block_in("langchain_tiered_memory/chains/history.py", "messages")


def _inside(test_file: str, *, exchanged: bool) -> int:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if exchanged:
            _exchange(Path(folder))
        return tests_of(test_file, Watched())


def _exchange(folder: Path) -> None:
    """Puts our classes where the tests import LangChain's from, each object with a session of its own."""
    import importlib
    import uuid

    import langchain_core.chat_history as histories

    from langchain_tiered_memory import ConversationTieredMemory, TieredChatMessageHistory

    path = folder / "chat.db"

    class History(TieredChatMessageHistory):
        def __init__(self, messages: Iterable[Any] = ()) -> None:
            super().__init__(uuid.uuid4().hex, path=path)
            if given := list(messages):
                self.add_messages(given)

    class Classic(ConversationTieredMemory):
        """LangChain's defaults for what is a matter of taste; `k` and `llm` have no meaning for us."""

        memory_key: str = "history"
        return_messages: bool = False

        def __init__(self, **values: Any) -> None:
            kept = {name: value for name, value in values.items() if name not in {"k", "llm"}}
            super().__init__(path=path, **kept)

    histories.InMemoryChatMessageHistory = History  # type: ignore[assignment,misc]
    for module, name in MEMORIES:
        for place in (f"memory.{module}", "memory", "chains.conversation.memory"):
            home = importlib.import_module(f"langchain_classic.{place}")
            if hasattr(home, name):
                setattr(home, name, Classic)


def _standard_retriever_suite() -> int:
    """langchain-tests' suite for retrievers, over an archive of ours."""
    import importlib.util

    if importlib.util.find_spec("langchain_tests") is None:
        print(f"{'retriever suite of langchain-tests':<40}{'not installed':>24}")
        return 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        test_file = Path(folder) / "test_retriever.py"
        test_file.write_text(RETRIEVER_SUITE.format(path=str(Path(folder) / "chat.db")))
        results = run(__file__, Path(folder), test_file.name)
    print(f"{'retriever suite of langchain-tests':<40}{'':>12}{counted(results):>12}")
    return explain(results, REASONS)


RETRIEVER_SUITE = """
from langchain_tests.integration_tests import RetrieversIntegrationTests
from langchain_tiered_memory import TieredArchiveRetriever, TieredChatMessageHistory

for number in range(20):
    TieredChatMessageHistory("s", path={path!r}).add_user_message(f"City {{number}} has a river.")

class TestRetriever(RetrieversIntegrationTests):
    retriever_constructor = TieredArchiveRetriever
    retriever_constructor_params = {{"session_id": "s", "path": {path!r}}}
    retriever_query_example = "which city has a river?"
"""


if __name__ == "__main__":
    raise SystemExit(main())
