"""What is exported of a user and imported elsewhere is the same there, byte for byte and answer for answer."""

from __future__ import annotations

import asyncio
import gzip
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.erasure.lives import ByLetters, encodings
from tests.portability.holdings import SMALL, answers, claims, live, opened
from tests.waiting import until
from tiermem import AsyncMemory, Memory, Message
from tiermem.events import collecting
from tiermem.storage.exported.content import COLUMNS

ANNA, BOB = "zyxxyquark", "vupptorin"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """An export of one of two users, out of a file, and what that file answered."""
    folder = tmp_path_factory.mktemp("exported")
    with opened(folder / "one.db") as memory:
        live(memory, "anna", ANNA)
        live(memory, "bob", BOB, sessions=1)
        memory.settle(60)
        memory.export("anna", folder / "anna.jsonl")
        return folder / "anna.jsonl", answers(memory, "anna", ANNA)


def kinds(file: Path) -> set[str]:
    return {json.loads(line)["row"] for line in file.read_bytes().splitlines()}


def different(now: dict[str, Any], before: dict[str, Any]) -> set[str]:
    """What is answered otherwise, by name: the words have a lone surrogate, which no report can show."""
    return {name for name in before if now[name] != before[name]}


def test_an_export_that_is_imported_and_exported_again_has_the_same_bytes(
    exported: tuple[Path, Any], target: str, tmp_path: Path
) -> None:
    file, _ = exported
    with opened(target) as memory:
        brought = memory.import_(file)
        again = memory.export("anna", tmp_path / "again.jsonl")
        assert (again.overall, again.counts, again.namespace) == (brought.overall, brought.counts, "anna")
        assert (tmp_path / "again.jsonl").read_bytes() == file.read_bytes()
        assert (tmp_path / "again.md").read_bytes() == file.with_suffix(".md").read_bytes()
        memory.settle(60)
        memory.export("anna", tmp_path / "settled.jsonl.gz", readable=False)
    assert gzip.decompress((tmp_path / "settled.jsonl.gz").read_bytes()) == file.read_bytes()
    assert not (tmp_path / "settled.md").exists()


def test_everything_answers_as_it_did_at_once_and_when_the_background_is_done(
    exported: tuple[Path, dict[str, Any]], target: str
) -> None:
    file, before = exported
    with opened(target) as memory:
        memory.import_(file)
        volatile = {"stats", "search", "documents", "recall"}  # until the background has made its vectors
        if others := different(answers(memory, "anna", ANNA), before) - volatile:
            pytest.fail(f"other answers: {sorted(others)}", pytrace=False)
        for name in memory.sessions("anna"):
            memory.session(name, "anna").index()
        memory.settle(60)
        until(lambda: not different(answers(memory, "anna", ANNA), before))
        assert all(proof.ok for proof in memory.verify().values()), memory.verify()
        session = memory.session("monday", "anna")
        session.undo(next(one for one in session.journal() if one.kind == "hide" and not one.undone))
        assert f"{ANNA}-3" in [one.id for one in session.view().messages] or session.explain("m5").shown != "hidden"
        assert session.verify().ok


def test_the_export_has_a_line_of_every_kind_and_people_can_read_it(exported: tuple[Path, Any]) -> None:
    file, _ = exported
    expected = {table.name.removeprefix("tiermem_").replace("item_v", "item v") for table in COLUMNS}
    assert kinds(file) == expected | {"export", "manifest"}
    text = file.with_suffix(".md").read_text("utf-8")
    for words in ("## Conversation 星期二", "我住在", "## Documents", "## Items", "Summary s1", "hidden", "was erased"):
        assert words in text
    assert [line for line in text.splitlines() if line.startswith("#") and ANNA in line] == []
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(file.with_suffix(".md").stat().st_mode) == 0o600


def test_nothing_of_anybody_else_is_in_it(exported: tuple[Path, Any]) -> None:
    file, _ = exported
    for path in (file, file.with_suffix(".md")):
        body = path.read_bytes()
        assert not [form for form in encodings(BOB) if form in body]
        assert ANNA.encode() in body


def test_another_user_may_take_it_and_nobody_mixes(exported: tuple[Path, Any], target: str, tmp_path: Path) -> None:
    file, before = exported
    with opened(target) as memory:
        live(memory, ("shop", "bob"), BOB, sessions=1)
        others = answers(memory, ("shop", "bob"), BOB)
        moved = memory.import_(file, ("shop", "anna2"))
        assert moved.namespace == ("shop", "anna2")
        memory.export(("shop", "anna2"), tmp_path / "again.jsonl", readable=False)
        now = answers(memory, ("shop", "anna2"), ANNA)
        assert [now[name] for name in ("messages", "view", "journal", "facts", "profile", "items")] == [
            before[name] for name in ("messages", "view", "journal", "facts", "profile", "items")
        ]
        assert different(answers(memory, ("shop", "bob"), BOB), others) == set()
        assert memory.sessions("anna") == []
    ours, theirs = ((tmp_path / "again.jsonl").read_bytes().splitlines(), file.read_bytes().splitlines())
    assert ours[1:-3] == theirs[1:-3]  # but the header, two erasures, whose digests are of names, and the manifest


def test_what_was_erased_before_the_move_is_not_stored_again_after_it(exported: tuple[Path, Any], target: str) -> None:
    with opened(target) as memory:
        memory.import_(exported[0])
        session = memory.session("monday", "anna")
        (again,) = session.add([Message(role="user", content="it was the seventh", id=f"{ANNA}-5")])
        assert again.sequence == 7
        assert "m7" not in [f"m{one.sequence}" for one in session.view().messages]
        assert session.expand("m7").messages[0].origin == "erased"


def test_a_loop_moves_a_user_as_well(exported: tuple[Path, Any], tmp_path: Path) -> None:
    async def moved() -> None:
        options: dict[str, Any] = {**SMALL, "embedder": ByLetters(), "extractor": claims}
        async with await AsyncMemory.open(tmp_path / "async.db", **options) as memory:
            with collecting() as told:
                await memory.import_(exported[0])
                await memory.export("anna", tmp_path / "anna.jsonl")
            assert [one.kind for one in told if one.kind in {"imported", "exported"}] == ["imported", "exported"]

    asyncio.run(moved())
    assert (tmp_path / "anna.jsonl").read_bytes() == exported[0].read_bytes()


def test_an_export_of_nobody_says_that_nothing_is_held(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        assert str(memory.export("nobody", tmp_path / "n.jsonl")) == "nothing"
        memory.import_(tmp_path / "n.jsonl")
        assert memory.sessions("nobody") == []
        with pytest.raises(FileExistsError):
            memory.export("nobody", tmp_path / "n.jsonl")
