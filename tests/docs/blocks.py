"""Blocks of the documents: read out of the text, and run as a reader would run them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_TOLD = re.compile(r"# => (.+)$", re.MULTILINE)


def blocks(text: str, language: str = "python") -> list[str]:
    """The blocks of *text* in that language, in order."""
    return [code for name, code in pairs(text) if name == language]


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """All blocks of *text* that name a language, with it."""
    return ((match[1], match[2]) for match in _BLOCK.finditer(text))


def names_for(code: str, path: str) -> dict[str, Any]:
    """What a reader has at hand before the block starts: a path, a model, a retriever."""
    names: dict[str, Any] = {"path": path, "__name__": "a_block"}
    if "llama_index" in code or "llamaindex" in code:
        names["llm"] = _llm()
    elif "langchain" in code:
        names |= _langchain()
    return names


def _langchain() -> dict[str, Any]:
    from langchain_core.language_models import FakeListChatModel
    from langchain_core.retrievers import BaseRetriever

    class Nothing(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Any]:
            return []

    class Model(FakeListChatModel):
        def bind_tools(self, tools: Any, **kwargs: Any) -> Model:
            return self

    model = Model(responses=["We agreed on 50."])
    return {"llm": model, "model": model, "retriever": Nothing()}


def _llm() -> Any:
    from llama_index.core.llms.mock import MockFunctionCallingLLM

    return MockFunctionCallingLLM()


def run(code: str, name: str, names: dict[str, Any]) -> str:
    """Run a block with *names*, which it adds to; what it printed.

    What a comment `# => …` says is printed must be, in that order.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name, "exec"), names)
        if "ask" in names:
            assert asyncio.run(names.pop("ask")("What do I like?"))
    rest = printed.getvalue()
    for told in _TOLD.findall(code):
        assert told in rest, f"{name}: {told!r} is not printed: {printed.getvalue()!r}"
        rest = rest.partition(told)[2]
    return printed.getvalue()
