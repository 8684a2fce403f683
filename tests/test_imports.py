"""Imports stay light, and each adapter works without the other framework; `make matrix` installs it so."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import type_checked

ROOT = Path(__file__).parents[1]
LANGCHAIN = ("langchain", "langchain_classic", "langchain_core", "langchain_text_splitters", "langgraph", "langsmith")
LLAMAINDEX = ("llama_index", "llama_index_instrumentation", "workflows")
HEAVY = ("faiss", "numpy", "opentelemetry", "pydantic", "rjieba", "sqlalchemy", "tiktoken")
MOST_MODULES = 30  # beyond what the interpreter has loaded; 12 and 13 when this was written

LIGHT = """
import importlib, json, sys
from tests.matrix.smoke import Forbid
name, forbidden = sys.argv[1], sys.argv[2:]
sys.meta_path.insert(0, Forbid(forbidden))
before = set(sys.modules)
module = importlib.import_module(name)
public = {name: name in dir(module) for name in module.__all__}
print(json.dumps({"new": sorted(set(sys.modules) - before), "public": public}))
"""

# Every public name is loaded when it is used, and an unknown one is told; the rooms that users import from by name.
ROOMS = ("tiermem.tools", "tiermem.items", "tiermem.knowledge")
NAMES = """
import importlib, sys
module = importlib.import_module(sys.argv[1])
assert all(getattr(module, name) is not None for name in module.__all__)
assert set(dir(module)) == set(module.__all__)
try:
    module.no_such_name
except AttributeError as error:
    print(error)
"""
TYPED = """
from tiermem import Message, Recalled
from tiermem.items import AsyncItems, Item, Items, Put
from tiermem.knowledge import Knowledge, Trial
from tiermem.tools import MemoryTool, memory_tools

def uses(items: Items, knowledge: Knowledge, recalled: Recalled) -> list[Message]:
    reveal_type(items)
    reveal_type(memory_tools)
    reveal_type(recalled)
    return knowledge.chunks("source")

from tiermem import Memroy
from tiermem.tools import memory_tool
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
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", ["tiermem", "langchain_tiered_memory", "llamaindex_tiered_memory", *ROOMS])
def test_a_plain_import_loads_no_framework_and_nothing_heavy(name: str) -> None:
    said = json.loads(python("-c", LIGHT, name, *HEAVY, *LANGCHAIN, *LLAMAINDEX))
    assert len(said["new"]) <= MOST_MODULES, said["new"]
    assert all(said["public"].values())
    assert not [one for one in said["new"] if one.split(".")[0] in (*HEAVY, *LANGCHAIN, *LLAMAINDEX)]


@pytest.mark.parametrize("name", ["tiermem", *ROOMS])
def test_a_room_hands_on_its_names_when_they_are_used(name: str) -> None:
    assert python("-c", NAMES, name).strip() == f"module '{name}' has no attribute 'no_such_name'"


def test_type_checkers_see_the_types_of_names_and_refuse_a_misspelled_one(tmp_path: Path) -> None:
    file = tmp_path / "uses.py"
    file.write_text(TYPED, encoding="utf-8")
    done = type_checked(file)
    told = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert 'note: Revealed type is "tiermem.items.items.Items"' in told
    assert 'note: Revealed type is "tiermem.records.Recalled"' in told
    assert any("-> dict[str, tiermem.tools.tools.MemoryTool]" in line.replace("builtins.", "") for line in told)
    errors = [line.partition("; ")[0] for line in told if line.startswith("error: ")]
    assert len(errors) == 2, done.stdout
    assert 'error: Module "tiermem" has no attribute "Memroy"' in errors[0]
    assert 'error: Module "tiermem.tools" has no attribute "memory_tool"' in errors[1]


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
