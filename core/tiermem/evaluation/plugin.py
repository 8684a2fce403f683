"""The pytest plugin: a chat of one's own measured in a test, with the least shares that it must reach.

    @pytest.mark.tiermem_eval("chat.jsonl", questions="questions.jsonl", require={"recall@1024": 0.8, "saved": 0.3})
    def test_our_chat_is_remembered(tiermem_evaluation):
        assert tiermem_evaluation.figure("silence") > 0.5

The marker measures, and fails where a figure is missed; the fixture is what was measured, `tiermem_eval` the function
itself. Files are looked for beside the test. The same call is measured once in a run.

Rule: every pytest loads this file where tiermem is installed, so it imports nothing but pytest until it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tiermem.evaluation.results import Evaluation

MARK = "tiermem_eval"
_WORDS = "tiermem_eval(chat, questions=None, require={}, **options): what the fixture tiermem_evaluation measures"
_measured = pytest.StashKey[dict[str, Any]]()


def pytest_configure(config: pytest.Config) -> None:
    """Names the marker, and takes back what pytest marks for every distribution with a plugin.

    pytest would compile each module of such a distribution anew, with its assertions rewritten: seconds of the first
    run of everybody who installed tiermem. None of ours, but this one, asserts anything for a test.
    """
    config.addinivalue_line("markers", _WORDS)
    config.stash[_measured] = {}
    hook = config.pluginmanager.rewrite_hook
    marked = getattr(hook, "_must_rewrite", None)
    if isinstance(marked, set):
        marked -= {"tiermem", "langchain_tiered_memory", "llamaindex_tiered_memory"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Has the marker measure, whether or not its test names the fixture; on what takes no fixtures it is a mistake.

    Raises:
        UsageError: the marker stands on a test that takes none.
    """
    for item in items:
        if item.get_closest_marker(MARK) is not None:
            names = getattr(item, "fixturenames", None)
            if names is None:
                raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.{MARK} is for a test that is a function")
            if "tiermem_evaluation" not in names:
                names.append("tiermem_evaluation")


@pytest.fixture
def tiermem_eval(request: pytest.FixtureRequest) -> Callable[..., Evaluation]:
    """A function that measures a chat: `tiermem_eval(chat, questions=None, **options)`, options as of `evaluate`."""
    known = request.config.stash[_measured]

    def measured(chat: str | Path, questions: str | Path | None = None, **options: Any) -> Evaluation:
        from tiermem.evaluation import evaluate, talks_of

        folder = request.path.parent
        files = (folder / chat, None if questions is None else folder / questions)
        key = repr((files, sorted(options.items())))
        if key not in known:
            known[key] = evaluate(talks_of(*files), **options)
        found: Evaluation = known[key]
        return found

    return measured


@pytest.fixture
def tiermem_evaluation(request: pytest.FixtureRequest, tiermem_eval: Callable[..., Evaluation]) -> Evaluation:
    """What the marker `tiermem_eval` of the test names, measured; fails where less than `require` is reached."""
    mark = request.node.get_closest_marker(MARK)
    if mark is None:
        raise pytest.UsageError(f"tiermem_evaluation needs a marker: @pytest.mark.{MARK}('chat.jsonl')")
    return _required(tiermem_eval, *mark.args, **mark.kwargs)


def _required(
    measure: Callable[..., Evaluation], *files: Any, require: Mapping[str, float] | None = None, **options: Any
) -> Evaluation:
    found = measure(*files, **options)
    if missed := found.missed(require or {}):
        pytest.fail("\n".join(missed), pytrace=False)
    return found
