"""What is no whole export of a user, or would mix with what is held, is refused, and changes nothing."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Open
from tests.portability.holdings import live, opened, rows
from tests.properties.thinned import share
from tiermem import Memory, Message
from tiermem.errors import ExportTooNew, InvalidExport, NamespaceNotEmpty, StorageBusy
from tiermem.importers import formats
from tiermem.portability import importing, lines
from tiermem.storage.exported import staging


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    with opened(folder / "one.db") as memory:
        live(memory, "anna", "zyxxyquark", sessions=1)
        memory.export("anna", folder / "anna.jsonl", readable=False)
    return folder / "anna.jsonl"


@pytest.fixture
def memory(store: Open) -> Memory:
    return store()


def test_any_byte_that_is_another_one_is_found_before_anything_is_written(file: Path, tmp_path: Path) -> None:
    whole, chance = file.read_bytes(), random.Random(14)
    damaged = tmp_path / "damaged.jsonl"
    with Memory.open(tmp_path / "m.db") as memory:
        before = rows(memory)
        for _ in range(share(200)):
            place, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
            damaged.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
            with pytest.raises(InvalidExport):
                memory.import_(damaged)
        assert rows(memory) == before


def test_any_line_that_is_missing_doubled_or_moved_is_found(file: Path, tmp_path: Path) -> None:
    whole, chance = file.read_bytes().splitlines(keepends=True), random.Random(14)
    damaged = tmp_path / "damaged.jsonl"
    with Memory.open(tmp_path / "m.db") as memory:
        for number in range(share(60)):
            changed, place = [*whole], chance.randrange(len(whole))
            if number % 3 == 0:
                del changed[place]
            elif number % 3 == 1:
                changed.insert(chance.randrange(len(whole)), whole[place])
            else:
                changed.insert(chance.choice([n for n in range(len(whole)) if n != place]), changed.pop(place))
            damaged.write_bytes(b"".join(changed))
            with pytest.raises(InvalidExport):
                memory.import_(damaged)


def test_a_file_that_is_cut_short_anywhere_is_refused(file: Path, tmp_path: Path) -> None:
    whole, short = file.read_bytes(), tmp_path / "short.jsonl"
    packed = gzip.compress(whole)
    with Memory.open(tmp_path / "m.db") as memory:
        for body in (whole, packed):
            for length in [0, 1, len(body) // 3, len(body) // 2, len(body) - 1]:
                short.write_bytes(body[:length])
                with pytest.raises(InvalidExport):
                    memory.import_(short)
        short.write_bytes(packed)
        memory.import_(short)


def test_a_newer_format_and_files_of_another_kind_are_refused_by_name(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    with Memory.open(tmp_path / "m.db") as memory:
        other.write_bytes(file.read_bytes().replace(b'"format":1', b'"format":2', 1))
        with pytest.raises(ExportTooNew, match="reads up to 1"):
            memory.import_(other)
        other.write_text('{"role": "user", "content": "hi"}\n')
        with pytest.raises(InvalidExport, match="--session NAME"):
            memory.import_(other)
        for body in (b"\x89PNG\r\n", b"[1, 2]\n", b'"x"\n', b"\xff\xfe"):
            other.write_bytes(body)
            with pytest.raises(InvalidExport):
                memory.import_(other)
        with pytest.raises(Exception, match="without --session"):
            formats.survey(file)


def test_lines_that_say_nonsense_under_right_hashes_are_refused_and_leave_nothing(
    file: Path, memory: Memory, tmp_path: Path
) -> None:
    before = rows(memory)
    forged = tmp_path / "forged.jsonl"
    for old, new in (
        (b'{"row":"message","sequence":3,', b'{"row":"message","sequence":4,'),
        (b'"number":2,', b'"number":"2",'),
        (b'"row":"item"', b'"row":"idem"'),
        (b"lone", b"long"),
        (b'"erased_hex":"ff', b'"erased_hex":"00'),
        (b'"messages":12,', b'"messages":13,'),
        (b'"kind":"knowledge"', b'"kind":"wisdom"'),
    ):
        body = file.read_bytes()
        assert old in body
        _written(forged, body.replace(old, new, 1).splitlines(keepends=True)[:-1])
        with pytest.raises(InvalidExport, match="line"):
            memory.import_(forged)
        assert rows(memory) | {"tiermem_meta": 0} == before | {"tiermem_meta": 0}
    assert memory.sessions("anna") == []


def test_a_fork_of_what_no_session_before_it_stores_is_refused_and_leaves_nothing(
    memory: Memory, tmp_path: Path
) -> None:
    with Memory.open(tmp_path / "one.db") as other:
        session = other.session("s", "anna")
        session.add(["one", "two", "three"])
        session.fork("m2", "fork").add("another three")
        session.fork("m1", "second").add("another two")
        other.export("anna", tmp_path / "anna.jsonl", readable=False)
    body, before, forged = (tmp_path / "anna.jsonl").read_bytes(), rows(memory), tmp_path / "forged.jsonl"
    for old, new in (
        (b'"parent":1,"base":2', b'"parent":2,"base":2'),
        (b'"shared":"1:2"', b'"shared":"2:2"'),
        (b'"shared":"1:2"', b'"shared":"3:2"'),
        (b'"shared":"1:2"', b'"shared":"-1:2"'),
        (b'"shared":"1:2"', b'"shared":"1:3"'),
        (b'"shared":"1:2"', b'"shared":"1 2"'),
        (b'"base":2,"shared":"1:2"', b'"base":9,"shared":"1:9"'),
        (b'"shared":"1:1"', b'"shared":"2:1"'),
        (b'"erased":[]', b'"erased":[1]'),
    ):
        assert old in body
        _written(forged, body.replace(old, new, 1).splitlines(keepends=True)[:-1])
        with pytest.raises(InvalidExport, match="line"):
            memory.import_(forged)
        assert rows(memory) | {"tiermem_meta": 0} == before | {"tiermem_meta": 0}
    memory.import_(tmp_path / "anna.jsonl")
    assert [one.text for one in memory.session("fork", "anna").messages()] == ["one", "two", "another three"]


def _written(file: Path, body: list[bytes]) -> None:
    """*body* with the hashes that it has."""
    from tiermem.portability.files import _Hashes

    hashes = _Hashes()
    for number, raw in enumerate(body):
        hashes.add(lines.kind_of(raw) if number else "", raw)
    digests = hashes.hex()
    last = {"format": 1, "tenant": "", "user": "anna", "counts": dict(hashes.counts)}
    said = {**last, "sha256": {kind: one for kind, one in digests.items() if kind}, "overall": digests[""]}
    file.write_bytes(b"".join([*body, lines.line("manifest", said)]))


def test_a_user_of_whom_something_is_held_is_not_mixed_with_another(file: Path, memory: Memory) -> None:
    for begin in (
        lambda user: memory.session("x", user).add("hello"),
        lambda user: memory.items(user).put(("a",), "b", {"c": 1}),
        lambda user: memory.facts(user).state("employer", "nobody"),
        lambda user: memory.knowledge(user).add_documents("text", source="s"),
    ):
        begin("anna")
        with pytest.raises(NamespaceNotEmpty, match="erase"):
            memory.import_(file)
        memory.erase("anna")
    memory.import_(file)
    with pytest.raises(NamespaceNotEmpty):
        memory.import_(file)
    assert memory.session("monday", "anna").verify().ok


KILLED = """
import os, sys
from tiermem import Memory
from tiermem.storage.exported import staging
real, left = staging.add_rows, [int(sys.argv[3])]
def dying(*given):
    real(*given)
    left[0] -= 1
    if not left[0]:
        os._exit(9)
staging.add_rows = dying
import tiermem.portability.importing as importing
importing.BATCH = 5
Memory.open(sys.argv[1]).import_(sys.argv[2])
"""


def test_a_killed_import_leaves_nothing_to_be_seen_and_what_it_brought_goes(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "m.db"
    with Memory.open(database) as memory:
        memory.session("s", "bob").add("hello")
        before = rows(memory)
    done = subprocess.run([sys.executable, "-c", KILLED, str(database), str(file), "30"], check=False)
    assert done.returncode == 9, done
    with Memory.open(database) as memory:
        assert rows(memory)["tiermem_message"] > before["tiermem_message"]  # aside
        assert (memory.sessions("anna"), memory.facts("anna").history()) == ([], [])
        assert [scope.user for scope in memory.verify()] == ["bob"]
        memory.import_(file)  # another one needs not wait
        assert memory.sessions("anna") == ["monday"]
        memory.erase("anna")
    monkeypatch.setattr(staging, "STALE", -1.0)
    with Memory.open(database) as memory:
        assert {name: rows(memory)[name] for name in before if name not in {"tiermem_meta", "tiermem_session"}} == {
            name: count for name, count in before.items() if name not in {"tiermem_meta", "tiermem_session"}
        }
        assert memory.sessions("bob") == ["s"]


def test_erasing_a_user_ends_an_import_of_theirs_and_removes_what_it_put_aside(
    file: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 5)
    real, batches = staging.add_rows, [0]

    def erasing(*given: object) -> None:
        real(*given)  # type: ignore[arg-type]
        batches[0] += 1

    put, erased = importing._put, []

    def between(connection: object, **given: object) -> object:
        if batches[0] > 3 and not erased:
            erased.append(True)
            connection.execute(staging.importing.delete())  # type: ignore[attr-defined]
        return put(connection, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(staging, "add_rows", erasing)
    monkeypatch.setattr(importing, "_put", between)
    with pytest.raises(StorageBusy, match="nothing was imported"):
        memory.import_(file)
    left = rows(memory)
    assert left.get("tiermem_message", 0) == left.get("tiermem_session", 0) == left.get("tiermem_item", 0) == 0


def test_an_export_that_fails_leaves_no_file(store: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = store()
    memory.session("s", "anna").add([Message(role="user", content=f"message {n}") for n in range(3)])

    def full(_: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        memory.export("anna", tmp_path / "anna.jsonl")
    assert not list(tmp_path.glob("anna.*"))


def test_the_manifest_says_what_the_lines_are(file: Path) -> None:
    *body, last = file.read_bytes().splitlines()
    said = json.loads(last)
    assert sum(said["counts"].values()) == len(body) - 1
    assert said["counts"].keys() == said["sha256"].keys()
