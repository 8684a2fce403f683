"""The options of a memory: one list, typed, and a mistyped one is refused with the nearest name by every face."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from langchain_tiered_memory import (
    ConversationTieredMemory,
    TieredArchiveRetriever,
    TieredChatMessageHistory,
    TieredKnowledgeRetriever,
    TieredMemoryMiddleware,
    TieredMemoryStore,
    memory_tools,
)
from llamaindex_tiered_memory import TieredChatMemory, TieredMemoryBlock
from tests.programs import type_checked
from tiermem import AsyncMemory, Memory, Settings
from tiermem.errors import InvalidSettings
from tiermem.runtime.options import OPTION_NAMES, OpenOptions, check, parted
from tiermem.settings import SETTING_NAMES

ROOT = Path(__file__).parents[2]
PARTS = {
    "settings",
    "read_only",
    "sleep_after",
    "redactor",
    "counter",
    "summarizer",
    "extractor",
    "describe",
    "compactor",
    "store_summary",
    "keep",
    "embedder",
    "vector_store",
    "vector_index",
    "synonyms",
    "clock",
    "timezone",
}
FACES: dict[str, Callable[..., Any]] = {
    "Memory.open": Memory.open,
    "Memory.shared": Memory.shared,
    "AsyncMemory.open": AsyncMemory.open,
    "AsyncMemory.shared": AsyncMemory.shared,
    "TieredChatMessageHistory": TieredChatMessageHistory,
    "ConversationTieredMemory": ConversationTieredMemory,
    "TieredArchiveRetriever": TieredArchiveRetriever,
    "TieredKnowledgeRetriever": TieredKnowledgeRetriever,
    "TieredMemoryMiddleware": TieredMemoryMiddleware,
    "TieredMemoryStore": TieredMemoryStore,
    "memory_tools": memory_tools,
    "TieredChatMemory": TieredChatMemory,
    "TieredChatMemory.from_defaults": TieredChatMemory.from_defaults,
    "TieredMemoryBlock": TieredMemoryBlock,
}
IN_SESSION = {"TieredChatMessageHistory", "TieredArchiveRetriever", "memory_tools"}  # where the session comes first


def keywords(face: Callable[..., Any]) -> dict[str, Any]:
    """The names and types of what *face* takes as `**keywords`, as a type checker reads them."""
    function = face.__init__ if isinstance(face, type) else face
    signature = inspect.signature(function)
    (name,) = (one.name for one in signature.parameters.values() if one.kind is inspect.Parameter.VAR_KEYWORD)
    (typed,) = get_args(get_type_hints(function)[name])  # of Unpack[...]
    return get_type_hints(typed)


def test_every_setting_is_an_option_of_the_same_type_and_nothing_else_is_but_the_parts() -> None:
    options, settings = get_type_hints(OpenOptions), get_type_hints(Settings)
    assert {name: options[name] for name in settings} == settings
    assert options.keys() - settings.keys() == PARTS
    assert options.keys() == OPTION_NAMES
    assert settings.keys() == SETTING_NAMES


@pytest.mark.parametrize("face", FACES)
def test_every_face_declares_every_option_to_type_checkers(face: str) -> None:
    declared, options = keywords(FACES[face]), get_type_hints(OpenOptions)
    assert {name: declared.get(name) for name in options} == options


@pytest.mark.parametrize(
    "face", [TieredArchiveRetriever, TieredKnowledgeRetriever, ConversationTieredMemory, TieredMemoryBlock]
)
def test_what_else_a_class_with_fields_takes_are_its_fields(face: Any) -> None:
    explicit = inspect.signature(face.__init__).parameters.keys()
    assert (keywords(face).keys() - OPTION_NAMES) | (explicit & face.model_fields.keys()) == face.model_fields.keys()


def opened(face: str, **options: Any) -> Any:
    result = FACES[face](*(["s"] if face in IN_SESSION else []), path=":memory:", **options)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


@pytest.mark.parametrize("face", FACES)
def test_a_mistyped_option_is_refused_with_the_nearest_name(face: str) -> None:
    message = r"unknown arguments: pre_rot_treshold \(did you mean pre_rot_threshold\?\)$"
    with pytest.raises(InvalidSettings, match=message):
        opened(face, pre_rot_treshold=10_000)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("face", FACES)
def test_every_face_takes_every_option(face: str) -> None:
    """A new option of the core that an adapter does not take fails here, and above for type checkers."""
    values = {name: getattr(Settings(), name) for name in SETTING_NAMES} | {
        "settings": Settings(),
        "read_only": False,
        "sleep_after": 600.0,
        "counter": len,
        "summarizer": lambda messages: {},
        "extractor": lambda messages: [],
        "describe": lambda medium: "",
        "compactor": lambda message: None,
        "store_summary": lambda summary: None,
        "keep": lambda message: False,
        "redactor": lambda text: text,
        "embedder": None,
        "vector_store": None,
        "vector_index": "ram",
        "synonyms": [["gym", "fitness studio"]],
        "clock": lambda: datetime.now(UTC),
        "timezone": "Asia/Shanghai",
    }
    assert values.keys() == OPTION_NAMES
    opened(face, **values)
    for name, value in values.items():
        opened(face, **{name: value})


def test_a_name_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(InvalidSettings, match=r"unknown arguments: qqq$"):
        check({"qqq": 1})  # type: ignore[typeddict-unknown-key]


def test_options_are_told_from_the_arguments_of_a_class() -> None:
    assert parted({"k": 3, "recall_limit": 5}, {"k"}) == ({"recall_limit": 5}, {"k": 3})
    with pytest.raises(InvalidSettings, match=r"neigbours \(did you mean neighbours\?\), qqq$"):
        parted({"qqq": 1, "neigbours": 2}, {"k", "neighbours"})


def test_a_part_that_is_no_function_is_refused_before_a_database_is_made(tmp_path: Path) -> None:
    for name in ("summarizer", "compactor", "store_summary", "keep", "clock"):
        with pytest.raises(InvalidSettings, match=f"{name}= takes a function, not str"):
            TieredChatMessageHistory("s", path=tmp_path / "chat.db", **{name: "gpt-5"})
    assert not list(tmp_path.iterdir())


PROGRAM = """
from tiermem import AsyncMemory, Memory

Memory.open(":memory:", pre_rot_threshold=10_000, keep=lambda message: message.pinned)
Memory.open(":memory:", pre_rot_treshold=10_000)
Memory.shared(":memory:", pre_rot_treshold=10_000)
Memory.open(":memory:", pre_rot_threshold="much")


async def main() -> None:
    await AsyncMemory.open(":memory:", pre_rot_treshold=10_000)
"""


def test_mypy_names_the_mistyped_option(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    done = type_checked(tmp_path / "program.py")
    errors = [line.partition("program.py:")[2] for line in done.stdout.splitlines() if ": error: " in line]
    near = '; did you mean "pre_rot_threshold"?  [call-arg]'
    wrong = 'has incompatible type "str"; expected "int"  [arg-type]'
    assert errors == [
        f'5: error: Unexpected keyword argument "pre_rot_treshold" for "open" of "Memory"{near}',
        f'6: error: Unexpected keyword argument "pre_rot_treshold" for "shared" of "Memory"{near}',
        f'7: error: Argument "pre_rot_threshold" to "open" of "Memory" {wrong}',
        f'11: error: Unexpected keyword argument "pre_rot_treshold" for "open" of "AsyncMemory"{near}',
    ], done.stdout + done.stderr
