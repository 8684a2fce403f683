"""Imports stay light, and each adapter works without the other framework; `make matrix` installs it so."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LANGCHAIN = ("langchain", "langchain_classic", "langchain_core", "langchain_text_splitters", "langgraph", "langsmith")
LLAMAINDEX = ("llama_index", "llama_index_instrumentation", "workflows")
HEAVY = ("faiss", "numpy", "opentelemetry", "pydantic", "rjieba", "sqlalchemy", "tiktoken")
MOST_MODULES = 30  # beyond what the interpreter has loaded; 12 and 13 when this was written

LIGHT = """
import json, sys
from tests.matrix.smoke import Forbid
name, forbidden = sys.argv[1], sys.argv[2:]
sys.meta_path.insert(0, Forbid(forbidden))
before = set(sys.modules)
module = __import__(name)
public = {name: name in dir(module) for name in module.__all__}
print(json.dumps({"new": sorted(set(sys.modules) - before), "public": public}))
"""

# A framework from before it had a name that we import.
OLD = """
import importlib, sys
home, lacking, adapter, name = sys.argv[1:]
delattr(importlib.import_module(home), lacking)
try:
    getattr(importlib.import_module(adapter), name)
except ImportError as error:
    print(type(error).__name__, error)
"""


def python(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", ["tiermem", "langchain_tiered_memory", "llamaindex_tiered_memory"])
def test_a_plain_import_loads_no_framework_and_nothing_heavy(name: str) -> None:
    said = json.loads(python("-c", LIGHT, name, *HEAVY, *LANGCHAIN, *LLAMAINDEX))
    assert len(said["new"]) <= MOST_MODULES, said["new"]
    assert all(said["public"].values())
    assert not [one for one in said["new"] if one.split(".")[0] in (*HEAVY, *LANGCHAIN, *LLAMAINDEX)]


@pytest.mark.parametrize(
    "absent", [LANGCHAIN, LLAMAINDEX, (*LANGCHAIN, *LLAMAINDEX)], ids=["langchain", "llamaindex", "both"]
)
def test_every_public_name_works_or_names_its_extra_without(absent: tuple[str, ...]) -> None:
    said = python("-W", "ignore", "-m", "tests.matrix.smoke", "--forbid", *absent)
    langchain, llamaindex = said.strip().splitlines()[-1].split("; ")
    assert (" 0 used" in llamaindex) == (LLAMAINDEX[0] in absent)
    assert llamaindex.endswith("0 ask for their extra") or LLAMAINDEX[0] in absent
    assert langchain.endswith("0 ask for their extra") or LANGCHAIN[0] in absent


@pytest.mark.parametrize(
    ("home", "lacking", "adapter", "name", "extra"),
    [
        (
            "langchain.agents.middleware.types",
            "ExtendedModelResponse",
            "langchain_tiered_memory",
            "TieredMemoryMiddleware",
            "langchain",
        ),
        (
            "llama_index.core.base.llms.types",
            "ThinkingBlock",
            "llamaindex_tiered_memory",
            "TieredChatMemory",
            "llamaindex",
        ),
    ],
)
def test_a_framework_that_is_too_old_names_what_it_lacks_and_the_extra(
    home: str, lacking: str, adapter: str, name: str, extra: str
) -> None:
    said = python("-W", "ignore", "-c", OLD, home, lacking, adapter, name)
    assert said.startswith(f"MissingExtra {name}: cannot import name '{lacking}'")
    assert said.strip().endswith(f"pip install 'tiermem[{extra}]'")


def test_the_hook_of_these_tests_forbids() -> None:
    with pytest.raises(AssertionError, match="No module named 'pydantic' \\(forbidden\\)"):
        python("-c", LIGHT, "tiermem.records", "pydantic")
