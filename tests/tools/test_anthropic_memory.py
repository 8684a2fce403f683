"""Anthropic's memory tool over items: six commands, in words a model understands, one transaction each."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anthropic")

from anthropic.lib.tools import BetaAbstractMemoryTool, BetaAsyncAbstractMemoryTool, ToolError

from tests.conftest import Open
from tiermem.errors import MissingExtra
from tiermem.memory import AsyncMemory
from tiermem.tools import memory_files
from tiermem.tools.anthropic_memory import MemoryFiles, memory_tool

NOTES = "/memories/notes.md"


def call(tool: MemoryFiles, command: str, **arguments: Any) -> str:
    return str(tool.call({"command": command, **arguments}))


def refused(tool: MemoryFiles, command: str, **arguments: Any) -> str:
    with pytest.raises(ToolError) as error:
        call(tool, command, **arguments)
    return str(error.value.content)


def test_six_commands_do_what_they_say(store: Open) -> None:
    memory = store()
    tool = memory_tool(memory.items("anna"))
    assert isinstance(tool, BetaAbstractMemoryTool)
    assert tool.to_dict() == {"type": "memory_20250818", "name": "memory"}
    assert "empty" in call(tool, "view", path="/memories")
    call(tool, "create", path=NOTES, file_text="one\ntwo\nthree\n")
    call(tool, "create", path="/memories/窑/plan.md", file_text="1260")
    listing = call(tool, "view", path="/memories/")
    assert listing.splitlines()[1:] == [f"14\t{NOTES}", "4\t/memories/窑/", "4\t/memories/窑/plan.md"]
    changed = call(tool, "str_replace", path=NOTES, old_str="two", new_str="2")
    assert changed.splitlines()[1:4] == ["     1\tone", "     2\t2", "     3\tthree"]
    call(tool, "insert", path=NOTES, insert_line=0, insert_text="zero\n")
    call(tool, "insert", path=NOTES, insert_line=4, insert_text="four")
    assert memory.items("anna").get(("memories",), "notes.md").value == {"text": "zero\none\n2\nthree\nfour\n"}  # type: ignore[union-attr]
    assert call(tool, "view", path=NOTES, view_range=[2, 3]).splitlines()[1:] == ["     2\tone", "     3\t2"]
    assert call(tool, "view", path=NOTES, view_range=[5, -1]).splitlines()[1:] == ["     5\tfour", "     6\t"]
    call(tool, "rename", old_path="/memories/窑", new_path="/memories/old/窑")
    assert "1260" in call(tool, "view", path="/memories/old/窑/plan.md")
    assert call(tool, "delete", path="/memories/old") == "Deleted /memories/old, 1 file."
    assert "old" not in call(tool, "view", path="/memories")
    assert tool.clear_all_memory() == "Deleted 1 file."
    assert "empty" in call(tool, "view", path="/memories")


@pytest.mark.parametrize(
    "path",
    [
        "notes.md",
        "/etc/passwd",
        "/memories/../x",
        "/memories//x",
        "/memories/.",
        "/memoriesx",
        "",
        None,
        7,
        "/memories/a\0b",
        "/memories/a\nb",
        "/memories/a\tb",
        "/memories/a\u2028b",
        "/memories/" + "x" * 300,
    ],
)
def test_a_path_is_below_memories_or_none(path: Any) -> None:
    with pytest.raises(memory_files.FileRefused, match=r"begins with /memories|names of at most"):
        memory_files.placed(path)


def test_what_cannot_be_done_is_said_and_changes_nothing(store: Open) -> None:
    tool = memory_tool(store().items("anna"))
    call(tool, "create", path=NOTES, file_text="a\nb\na")
    call(tool, "create", path="/memories/d/e", file_text="x")
    before = [call(tool, "view", path=path) for path in ("/memories", NOTES)]
    told = [
        refused(tool, "create", path=NOTES, file_text="y"),
        refused(tool, "create", path=f"{NOTES}/below", file_text="y"),
        refused(tool, "create", path="/memories/d", file_text="y"),
        refused(tool, "create", path="/memories", file_text="y"),
        refused(tool, "str_replace", path=NOTES, old_str="a", new_str="y"),
        refused(tool, "str_replace", path=NOTES, old_str="z", new_str="y"),
        refused(tool, "str_replace", path=NOTES, old_str="", new_str="y"),
        refused(tool, "str_replace", path="/memories/d", old_str="x", new_str="y"),
        refused(tool, "insert", path=NOTES, insert_line=9, insert_text="y"),
        refused(tool, "insert", path="/memories/none", insert_line=0, insert_text="y"),
        refused(tool, "delete", path="/memories"),
        refused(tool, "delete", path="/memories/none"),
        refused(tool, "rename", old_path=NOTES, new_path="/memories/d"),
        refused(tool, "rename", old_path="/memories/d", new_path="/memories/d/f"),
        refused(tool, "rename", old_path="/memories/none", new_path="/memories/x"),
        refused(tool, "view", path="/memories/none"),
        refused(tool, "view", path=NOTES, view_range=[9, 10]),
        *(refused(tool, "view", path=NOTES, view_range=one) for one in ([1], ["a", "b"], [1, 2, 3], [True, 2])),
        refused(tool, "create", path="/memories/new.md"),
        refused(tool, "create", path="/memories/new.md", file_text=5),
        refused(tool, "create", path="/memories/a\nb", file_text="x"),
        refused(tool, "str_replace", path=NOTES, old_str="b"),
        refused(tool, "insert", path=NOTES, insert_line=0),
        refused(tool, "insert", path=NOTES, insert_line=True, insert_text="y"),
    ]
    assert all(told)
    assert "in lines 1, 3" in told[4]
    assert [call(tool, "view", path=path) for path in ("/memories", NOTES)] == before


def test_a_long_file_is_viewed_a_part_at_a_time(store: Open) -> None:
    tool = memory_tool(store().items("anna"))
    lines = [f"{number} {'x' * 1_000}" for number in range(250)]
    call(tool, "create", path=NOTES, file_text="\n".join(lines))
    seen, wished = list[str](), [1, -1]
    while wished:
        head, *told = call(tool, "view", path=NOTES, view_range=wished).splitlines()
        assert len("\n".join(told)) <= memory_files.LONGEST_VIEW + 200
        more = told.pop() if "view_range" in told[-1] else ""
        assert head.endswith(f"lines {len(seen) + 1} to {len(seen) + len(told)} of 250:")
        seen += [line.partition("\t")[2] for line in told]
        wished = [len(seen) + 1, 250] if more else []
        assert more.endswith(f"{wished}." if more else "")
    assert seen == lines
    call(tool, "create", path="/memories/one", file_text="x" * 300_000 + "\nend")
    told_long = call(tool, "view", path="/memories/one")
    assert "200,000 characters are not shown" in told_long
    assert "view_range [2, 2]" in told_long
    assert len(call(tool, "insert", path="/memories/one", insert_line=1, insert_text="y")) < 101_000


def test_a_long_listing_says_how_many_more_there_are() -> None:
    files: dict[tuple[str, ...], str] = {(f"{number:05}" + "x" * 190,): "" for number in range(600)}
    told = memory_files.shown(files, {"path": "/memories"}).splitlines()
    assert len("\n".join(told)) <= memory_files.LONGEST_VIEW + 200
    assert told[-1] == f"{600 - (len(told) - 2)} more are not shown; view one of the folders."


def test_agents_that_write_at_once_lose_nothing(store: Open) -> None:
    memory = store()
    tools = [memory_tool(memory.items("anna")) for _ in range(3)]
    call(tools[0], "create", path=NOTES, file_text="")

    def write(number: int) -> None:
        call(tools[number % 3], "insert", path=NOTES, insert_line=0, insert_text=f"line {number}")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(24)))
    text = memory.items("anna").get(("memories",), "notes.md").value["text"]  # type: ignore[union-attr]
    assert sorted(text.split()[1::2], key=int) == [str(number) for number in range(24)]
    assert all(proof.ok for proof in memory.verify().values())


def test_no_user_sees_the_files_of_another(store: Open) -> None:
    memory = store()
    call(memory_tool(memory.items("ben")), "create", path=NOTES, file_text="4711")
    tool = memory_tool(memory.items("anna"))
    assert "empty" in call(tool, "view", path="/memories")
    assert "Nothing stands" in refused(tool, "view", path=NOTES)
    call(tool, "create", path=NOTES, file_text="mine")
    assert memory.items("ben").get(("memories",), "notes.md").value == {"text": "4711"}  # type: ignore[union-attr]


def test_files_are_found_exported_and_private_words_never_stored(store: Open) -> None:
    memory = store(redactor=lambda text: text.replace("4711", "[PIN]"))
    tool = memory_tool(memory.items("anna"))
    call(tool, "create", path=NOTES, file_text="The safe opens with 4711.")
    call(tool, "insert", path=NOTES, insert_line=1, insert_text="again 4711")
    call(tool, "str_replace", path=NOTES, old_str="again", new_str="twice 4711")
    (found,) = memory.items("anna").search(("memories",), "safe")
    assert found.value["text"] == "The safe opens with [PIN].\ntwice [PIN] [PIN]"


async def test_who_waits_gets_the_same(store: Open) -> None:
    memory = store()
    tool = memory_tool(AsyncMemory(*memory.wiring).items("anna"))
    assert isinstance(tool, BetaAsyncAbstractMemoryTool)
    await tool.call({"command": "create", "path": NOTES, "file_text": "one"})
    assert "one" in str(await tool.call({"command": "view", "path": NOTES}))
    with pytest.raises(ToolError, match="there already"):
        await tool.call({"command": "create", "path": NOTES, "file_text": "two"})
    assert await tool.clear_all_memory() == "Deleted 1 file."


def test_without_their_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anthropic.lib.tools", None)
    monkeypatch.delitem(sys.modules, "tiermem.tools.anthropic_memory")
    with pytest.raises(MissingExtra, match=r"tiermem\[anthropic\]"):
        importlib.import_module("tiermem.tools.anthropic_memory")


def test_the_example_of_the_docs_runs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text("utf-8")
    exec(compile(text.split("```python\n")[1].split("```")[0], "docs/mcp.md", "exec"), {})
