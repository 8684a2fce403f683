"""Each column of each table, damaged alone: `verify` finds it and names the table, and the rest stays readable."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.properties.thinned import share, thinned, turn
from tests.storage.damage import damage, fill, opened, unreadable
from tests.storage.older import engine_of
from tiermem import Memory, TiermemError
from tiermem.errors import StorageCorrupt
from tiermem.storage import schema
from tiermem.storage.tables.columns import metadata

# What no other row witnesses, and why it has no checksum.
UNWITNESSED = {
    ("session", "look_at"): "when the window is looked at next; every look sets it anew, and nothing said hangs on it",
    ("owner", "stamp"): "it only counts; where it is another one, all sessions are looked at again",
    ("import", "beat"): "when the last batch of an import came; by another one it is given up sooner or later",
    ("item", "expires"): "moved by every reading; it is only known to belong to a ttl",
}
GONE = "tiermem_message: message 26 is missing"
COLUMNS = [
    (table.name.removeprefix("tiermem_"), column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if table.name != "tiermem_meta" and column.name != "pk"
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("whole") / "memory.db"
    fill(file)
    return file


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "memory.db"))


@pytest.fixture(params=["file", "postgres"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that may be damaged."""
    if request.param == "file":
        return str(request.getfixturevalue("copy"))
    fill(url := str(request.getfixturevalue("opened_url")))
    return url


def problems(memory: Memory) -> list[str]:
    return [problem for proof in memory.verify().values() for problem in proof.problems]


def read_all(memory: Memory) -> None:
    """Every way to read; what is damaged may have a typed error, and nothing else."""
    session, items = memory.session("s", "ann"), memory.items("ann")
    for verb in (
        session.messages,
        session.view,
        session.journal,
        session.stats,
        lambda: session.context("pool 7", budget=500),
        lambda: session.search("pool 7 raised"),
        lambda: session.recall("pool 7", budget=300),
        lambda: session.explain("m10"),
        lambda: session.expand("s1"),
        lambda: memory.sessions("ann"),
        lambda: memory.profile("ann").text(),
        lambda: memory.profile("bob").lines(),
        lambda: memory.turns("ann"),
        lambda: memory.conversations("ann"),
        lambda: memory.interests("ann"),
        session.keywords,
        lambda: memory.knowledge("ann").sources(),
        lambda: memory.knowledge("ann").chunks("d"),
        lambda: items.get(("drinks",), "tea"),
        lambda: items.search(("drinks",), query="tea"),
        items.paths,
    ):
        with suppress(TiermemError):
            verb()


def test_the_undamaged_one_has_no_problem(copy: Path) -> None:
    with opened(copy, read_only=True) as memory:
        assert problems(memory) == []


def test_verify_finds_every_damaged_column_and_names_its_table(filled: str) -> None:
    missed = {}
    # The next test looks for each, too, where it cannot be read; here, where it says something else, one in three on a
    # file and, since a server takes twice as long to say the same, one in nine there; all in the soak.
    every = 1 if share(3) == 3 else 9 if "://" in filled else 3
    tried = COLUMNS[turn % every :: every]
    with opened(filled) as memory:
        for table, column in tried:
            mend = damage(filled, table, column)
            found = problems(memory)
            if not any(f"tiermem_{table}" in problem for problem in found):
                missed[table, column] = found
            mend()
        assert problems(memory) == []
    assert missed.keys() == (UNWITNESSED.keys() | {("session", "messages")}) & {*tried}
    assert missed.get(("session", "messages"), [GONE])[0] == GONE


@pytest.mark.parametrize(("table", "column"), thinned(COLUMNS, 5), ids=str)
def test_what_cannot_be_read_is_named_and_hides_nothing_else(copy: Path, table: str, column: str) -> None:
    damage(copy, table, column, unreadable)
    with opened(copy, read_only=True) as memory:
        found = problems(memory)
        assert any(f"tiermem_{table}" in problem for problem in found) or (table, column) in UNWITNESSED
        read_all(memory)
        assert len(memory.session("other", "bob").messages()) == 2


def test_one_damaged_message_hides_no_other(filled: str) -> None:
    damage(filled, "message", "body")  # that of message 25
    with opened(filled) as memory:
        session = memory.session("s", "ann")
        for verb in (session.messages, lambda: session.expand("m25")):
            with pytest.raises(StorageCorrupt, match="message 25 does not match its hash"):
                verb()
        assert [one.sequence for one in session.messages(1, 24)] == [n for n in range(1, 25) if n != 7]  # one is hidden
        assert "m25 does not match its hash" in session.view().messages[-1].text
        assert session.search("raise pool 8")[0].message.id == "i8"
        assert all(hit.ref != "m25" for hit in session.search("message 23: raise pool 23"))
        assert session.context("pool 8", budget=500).messages
        session.add([f"zebra{n}" for n in range(10)])
        session.index()
        assert session.search("zebra7")[0].message.text == "zebra7"
        assert [p for p in session.verify().problems if "25" not in p] == []


def test_messages_that_are_gone_are_named_and_the_rest_goes_on(filled: str) -> None:
    gone = (1, 20, 26, 29)
    with opened(filled, index_batch=64) as memory:
        memory.session("s", "ann").add([f"zebra{n}" for n in range(26, 30)])
    engine = engine_of(filled)
    with engine.begin() as connection:
        mine = schema.message.c.session.in_(sa.select(schema.session.c.pk).where(schema.session.c.name == b"s"))
        connection.execute(schema.message.delete().where(mine, schema.message.c.sequence.in_(gone)))
    engine.dispose()
    with opened(filled) as memory:
        session = memory.session("s", "ann")
        assert {f"tiermem_message: message {n} is missing" for n in gone} <= set(session.verify().problems)
        with pytest.raises(StorageCorrupt, match="message 1 is missing; message 20 is missing; message 26 is missing"):
            session.messages()
        session.add("zebra30")
        session.index()  # ends, though a batch begins and ends with what is gone
        assert [session.search(f"zebra{n}")[0].ref for n in (27, 28, 30)] == ["m27", "m28", "m30"]


def test_where_a_stretch_of_the_index_is_gone_its_messages_are_read_as_they_are(filled: str) -> None:
    with opened(filled) as memory:
        session = memory.session("gone", "ann")
        for first in (0, 20):
            session.add([f"zebra{n}" for n in range(first, first + 20 - first // 2)])
            session.index()
    engine = engine_of(filled)
    with engine.begin() as connection:
        mine = schema.segment.c.session.in_(sa.select(schema.session.c.pk).where(schema.session.c.name == b"gone"))
        assert connection.execute(schema.segment.delete().where(mine, schema.segment.c.first == 1)).rowcount == 1
        left = connection.execute(sa.select(schema.segment.c.first).where(mine)).scalars().all()
    engine.dispose()
    assert left == [21]
    with opened(filled) as memory:
        session = memory.session("gone", "ann")
        assert [session.search(f"zebra{n}")[0].ref for n in (3, 25)] == ["m4", "m26"]
        assert session.verify().problems


def test_a_damaged_item_is_named_and_hides_no_other(filled: str) -> None:
    damage(filled, "item", "value", unreadable)
    with opened(filled) as memory:
        items = memory.items("ann")
        with pytest.raises(StorageCorrupt, match="tiermem_item, row 1"):
            items.get(("drinks",), "tea")
        assert [one.key for one in items.search(("drinks",))] == ["milk"]
        assert [one.key for one in items.search(("drinks",), query="milk")] == ["milk"]
        items.put(("drinks",), "tea", {"text": "again"})
        assert items.get(("drinks",), "tea").value == {"text": "again"}
        assert problems(memory) == []


def test_a_damaged_summary_or_stub_says_so_in_its_place(filled: str) -> None:
    damage(filled, "summary", "body")
    with opened(filled) as memory:
        session = memory.session("s", "ann")
        summary = session.expand("s1")
        assert "s1" in summary.summaries[0].text
        assert "is damaged" in summary.summaries[0].text
        assert len(summary.messages) == summary.summaries[0].last - summary.summaries[0].first + 1


def test_rows_from_before_there_were_checksums_are_not_doubted(filled: str) -> None:
    engine = engine_of(filled)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if "checksum" in table.c:
                connection.execute(table.update().values(checksum=None))
    engine.dispose()
    with opened(filled) as memory:
        assert problems(memory) == []
        assert len(memory.session("s", "ann").messages()) == 24


def test_what_is_of_another_type_is_found_or_has_a_typed_error(copy: Path) -> None:
    """SQLite keeps any type in any column, and so does a page that stands in the place of another."""
    silent = []
    with opened(copy) as memory:
        for table, column in COLUMNS if share(3) == 3 else COLUMNS[turn % 4 :: 4]:
            kind = metadata.tables[f"tiermem_{table}"].c[column].type
            if not isinstance(kind, sa.Integer | sa.LargeBinary):
                continue
            wrong = "x" if isinstance(kind, sa.Integer) else 2_000_000_000  # bytes() of a number is as many zeros
            try:
                mend = damage(copy, table, column, lambda *_, wrong=wrong: wrong)
            except sa.exc.IntegrityError:  # the key by which SQLite keeps a row is a number
                continue
            try:
                found = problems(memory)
            except StorageCorrupt:
                found = ["raised"]
            read_all(memory)
            silent += [] if found else [(table, column)]
            mend()
    assert silent == []


def of_another_type(value: object, _: object) -> int | bytes:
    """What SQLite gives of a row that another page has in its place."""
    return 10**15 if isinstance(value, str | bytes) else b"\x80x"


def test_a_row_without_a_checksum_whose_values_are_of_other_types_hides_no_other(copy: Path) -> None:
    """Of a row from before there were checksums its types are all that is known, and a page that stands in the place of
    another gives rows without one."""
    engine = engine_of(str(copy))
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if "checksum" in table.c:
                connection.execute(table.update().values(checksum=None))
    engine.dispose()
    tried = [one for one in COLUMNS if one[0] in {"fact", "message", "summary", "stub", "item"}]
    for table, column in tried if share(3) == 3 else tried[turn % 6 :: 6]:
        try:
            mend = damage(copy, table, column, of_another_type)
        except (sa.exc.IntegrityError, sa.exc.StatementError):  # a key, or what no driver takes for a number
            continue
        with opened(copy) as memory:  # what another one has read, it does not read again
            read_all(memory)
        mend()
