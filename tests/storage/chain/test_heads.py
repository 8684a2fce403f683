"""A session goes on from every head that was kept of it, whatever its owner does, and from no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks.trust import tampering
from benchmarks.trust.exports import closed
from tests.conftest import Open
from tests.faults.worker import length
from tests.properties.thinned import share
from tests.storage.older import engine_of, lower_to_15
from tiermem import AsyncMemory, Message, Session
from tiermem.errors import InvalidExport, InvalidSettings
from tiermem.portability import lines
from tiermem.portability.verifying import UNLINKED, verify_export
from tiermem.storage import schema
from tiermem.storage.chain.links import read_head
from tiermem.storage.exported.content import LINKS

SMALL: dict[str, Any] = {"pre_rot_threshold": 700, "keep_recent_count": 2, "index_batch": 4, "counter": length}
TEXT = "message {n}: we decided to raise pool {n} from 10 to {n}0 on 2024-03-01. "


def said(session: Session, first: int, last: int) -> None:
    session.add([Message(role="user", content=TEXT.format(n=n) * 4, id=f"i{n}") for n in range(first, last)])


def test_a_head_holds_whatever_its_owner_does(store: Open, tmp_path: Path) -> None:
    memory = store(**SMALL)
    session, kept = memory.session("s", "ann"), []

    def keep(*_: object) -> None:
        kept.append(session.head())

    keep()
    for first in range(0, 24, 4):
        keep(said(session, first, first + 4))
    keep(session.manage_context())
    keep(session.undo(session.forget("m3")[0]))
    keep(session.restore("m5"))
    fork = session.fork("m12", "fork")
    of_fork = fork.head()
    fork.add("it goes on elsewhere")
    keep(session.erase("m5", "m6", "m20", reason="asked for"))
    keep(session.clear())
    keep(session.add("more"))
    assert all(session.verify(chain=head).problems == () for head in kept)
    assert session.verify(chain=kept[-1]).notes == ()
    assert sorted(note.partition(", erased since")[0] for note in session.verify(chain=kept[8]).notes) == [
        "the words of m20",
        "the words of m5 to m6",
    ]
    assert fork.verify(chain=of_fork).problems == ()
    heads = {"s": kept[-1], "fork": fork.head()}
    memory.export("ann", tmp_path / "ann.jsonl")
    assert all(proof.ok for proof in verify_export(tmp_path / "ann.jsonl", heads).values())
    memory.import_(tmp_path / "ann.jsonl", "eve")
    for name, head in heads.items():
        moved = memory.session(name, "eve")
        assert moved.head() == head
        assert moved.verify(chain=head).problems == ()


def test_a_fork_goes_on_from_its_head_where_its_parent_is_erased(store: Open) -> None:
    memory = store(**SMALL)
    session = memory.session("s", "ann")
    said(session, 0, 16)
    session.manage_context()
    assert "[COMPACTED" in str([one.text for one in session.view().messages])
    fork = session.fork("m12", "fork")
    fork.add("it goes on")
    of_fork = fork.fork(session_id="fork of the fork")
    of_fork.add("and on")
    heads = [(one, one.head()) for one in (fork, of_fork)]
    session.erase("m3")
    session.erase(reason="asked for")
    memory.settle(60)
    for one, head in heads:
        assert one.verify(chain=head).problems == ()
        one.add("more")
        assert one.verify(chain=head).problems == ()
    fork.erase()
    assert heads[1][0].verify(chain=heads[1][1]).problems == ()


def test_another_head_is_found(store: Open, tmp_path: Path) -> None:
    memory = store()
    memory.session("s", "ann").add(["one", "two"])
    memory.session("t", "ann").add(["one", "two"])
    head, other = memory.session("s", "ann").head(), memory.session("t", "ann").head()
    assert head != other  # the same words under other salts
    assert memory.session("s", "ann").verify(chain=other).problems
    memory.session("s", "ann").erase()
    memory.session("s", "ann").add(["one", "two"])
    assert memory.session("s", "ann").verify(chain=head).problems
    assert memory.session("no", "ann").verify(chain=head).problems
    assert memory.session("no", "ann").verify(chain=memory.session("no", "ann").head()).ok
    memory.export("ann", tmp_path / "ann.jsonl")
    assert not all(proof.ok for proof in verify_export(tmp_path / "ann.jsonl", {"s": head}).values())
    assert not all(proof.ok for proof in verify_export(tmp_path / "ann.jsonl", {"no": head}).values())


@pytest.mark.parametrize("chain", ["", "x", "tiermem-chain-1 1 00 0 00", 3, b"x", "tiermem-chain-1  1 0 0 0"])
def test_what_is_no_head_is_refused(store: Open, chain: Any) -> None:
    with pytest.raises(InvalidSettings, match="is no head of a session"):
        store().session("s").verify(chain=chain)


def test_a_head_is_one_line_that_reads_back(store: Open) -> None:
    session = store().session("s")
    session.add("hello")
    head = read_head(session.head())
    assert (head.messages, head.decisions) == (1, 0)
    assert str(head) == session.head()
    assert "\n" not in session.head()


async def test_async_has_the_same_head(tmp_path: Path) -> None:
    async with await AsyncMemory.open(tmp_path / "m.db") as memory:
        session = memory.session("s")
        await session.add("hello")
        assert (await session.verify(chain=await session.head())).ok


def test_what_is_left_of_erased_words_tells_nothing_of_them(store: Open, target: str) -> None:
    """Who has the database and guesses the words cannot tell whether they were said: the salt is gone."""
    if target == ":memory:":
        pytest.skip("nobody else reads it")
    memory = store(**SMALL)
    session = memory.session("s", "ann")
    said(session, 0, 24)
    session.manage_context()
    session.erase("m4", reason="asked for")
    engine = engine_of(target)
    with engine.connect() as connection:
        message = connection.execute(sa.select(schema.message).where(schema.message.c.sequence == 4)).mappings().one()
        stubs = connection.execute(sa.select(schema.stub.c.sequence)).scalars().all()
    engine.dispose()
    assert len(message["witness"]) == 32  # the leaf, and no salt of 16 bytes
    assert 4 not in stubs


def test_random_tamperings_are_found() -> None:
    """`python -m benchmarks.trust.tampering` does it a hundred thousand times."""
    found: Any = tampering.run(share(600), seed=7)
    assert found["missed"] == {}
    assert found["false alarms"] == 0
    assert sum(found["tamperings"].values()) == share(600)


def test_a_database_of_version_15_gets_its_chains(store: Open, target: str, tmp_path: Path) -> None:
    if target == ":memory:":
        pytest.skip("a memory in RAM has no older version")
    memory = store(**SMALL)
    session = memory.session("s", "ann")
    said(session, 0, 24)
    session.manage_context()
    session.forget("m3")
    session.fork("m8", "fork").add("elsewhere")
    session.erase("m9", reason="asked for")
    memory.settle(60)
    memory.close()
    lower_to_15(target)
    raised = store(**SMALL)
    session = raised.session("s", "ann")
    assert all(proof.ok for proof in raised.verify().values())
    head = session.head()
    said(session, 24, 26)
    session.erase("m2")
    assert session.verify(chain=head).problems == ()
    assert raised.session("fork", "ann").verify().problems == ()


def older(file: Path, target: Path) -> None:
    """*target*: the export *file* as schema 15 wrote it."""
    raw = []
    for one in file.read_bytes().splitlines(keepends=True):
        fields = json.loads(one)
        if fields["row"] == "export":
            fields["schema"] = 15
        kept = {name: fields[name] for name in fields if name.removesuffix("_hex") not in LINKS}
        raw.append(lines.line(kept.pop("row"), kept))
    target.write_bytes(b"".join(closed(raw)))


def test_an_export_from_before_is_given_chains(store: Open, tmp_path: Path) -> None:
    memory = store(**SMALL)
    session = memory.session("s", "ann")
    said(session, 0, 24)
    session.manage_context()
    session.fork("m8", "fork").add("elsewhere")
    session.erase("m9", reason="asked for")
    memory.settle(60)
    memory.export("ann", tmp_path / "new.jsonl")
    older(tmp_path / "new.jsonl", tmp_path / "old.jsonl")
    assert {note for proof in verify_export(tmp_path / "old.jsonl").values() for note in proof.notes} == {UNLINKED}
    memory.import_(tmp_path / "old.jsonl", "eve")
    for name in ("s", "fork"):
        assert memory.session(name, "eve").verify().problems == ()
        memory.session(name, "eve").add("more")
        assert memory.session(name, "eve").verify().problems == ()


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("hello\n")
    with pytest.raises(InvalidExport):
        verify_export(tmp_path / "x.jsonl")
