"""Every Python block of the READMEs runs, and what they point to exists."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "README.zh.md"]
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks() -> list[Any]:
    found = []
    for name in READMES:
        text = (ROOT / name).read_text("utf-8")
        for number, match in enumerate(_BLOCK.finditer(text), start=1):
            found.append(pytest.param(match[1], id=f"{name}-{number}"))
    return found


def names_for(code: str, path: str) -> dict[str, Any]:
    """What a reader has at hand before the block starts: a path, a model, a retriever."""
    names: dict[str, Any] = {"path": path}
    if "llama_index" in code or "llamaindex" in code:
        names["llm"] = _llm()
    elif "langchain" in code:
        from langchain_core.language_models import FakeListChatModel
        from langchain_core.retrievers import BaseRetriever

        class Nothing(BaseRetriever):
            def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Any]:
                return []

        class Model(FakeListChatModel):
            def bind_tools(self, tools: Any, **kwargs: Any) -> Model:
                return self

        model = Model(responses=["We agreed on 50."])
        names |= {"llm": model, "model": model, "retriever": Nothing()}
    return names


def _llm() -> Any:
    from llama_index.core.llms.mock import MockFunctionCallingLLM

    return MockFunctionCallingLLM()


@pytest.mark.parametrize("code", blocks())
def test_a_block_of_the_readme_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = names_for(code, str(tmp_path / "memory.db"))
    exec(compile(code, "README", "exec"), names)
    if "ask" in names:
        assert asyncio.run(names["ask"]("What do I like?"))


@pytest.mark.parametrize("name", READMES)
def test_what_the_readme_points_to_exists(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "core/ARCHITECTURE.md"]
)
def test_the_documents_speak_of_the_project_only(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"/work/|/root/|/tmp/", text)
