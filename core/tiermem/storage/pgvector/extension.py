"""The extension, the table and its indexes: looked for, made and filled when a memory is opened that wants them."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa
from sqlalchemy import exc

from tiermem.errors import MissingExtension, StorageError, StorageReadOnly
from tiermem.index.outside.kinds import HNSW
from tiermem.storage.database import Database
from tiermem.storage.pgvector.rows import NAME, index_of, mend, nearby, there
from tiermem.storage.schema import embedded, embedder

LOCK = 0x7469_6576  # that of the migrations, plus four
HALVES, ITERATIVE = (0, 7, 0), (0, 8, 0)  # the first versions with `halfvec`, and with scans that go on past a filter
FILLED = "filled"  # the comment of a table whose every vector was given to it once
STRETCH = 1_000  # messages of a session that are filled in one transaction
AT_ONCE = 2_000  # vectors that are indexed within a transaction, in which nobody else may store one
MOST_INDEXED = 4_000  # dimensions of a `halfvec` that HNSW takes; of more every passage is scored

_VERSION = sa.text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
_AVAILABLE = sa.text("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
_COMMENT = sa.text(f"SELECT obj_description(to_regclass('{NAME}'), 'pg_class')")
_INDEXES = sa.text("""
SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass('tiermem_pgvector') AND c.relname LIKE 'tiermem\\_pgvector\\_hnsw\\_%'""")
_BUILDING = sa.text("SELECT count(*) FROM pg_stat_progress_create_index WHERE relid = to_regclass('tiermem_pgvector')")


def prepare(database: Database, kind: str) -> None:
    """Have *database* ready to be asked by pgvector. The first opening fills the table with all vectors there are, and
    the first with "pgvector-hnsw" builds the indexes; others may write meanwhile, and a killed one is gone on with.

    Raises:
        MissingExtension: pgvector is not on the server, may not be made by this role, or is too old; and what to do.
        StorageReadOnly: there is no table yet, and this memory may not make one.
    """
    if database.read_only:
        if not database.read(there):
            raise StorageReadOnly(
                f"{NAME} is not there yet: open {database.name} once to write, with this vector_index"
            )
        return
    _extended(database, ITERATIVE if kind == HNSW else HALVES)
    database.write(_made)
    if database.read(lambda connection: connection.execute(_COMMENT).scalar()) != FILLED:
        _fill(database)
    if kind == HNSW:
        _index(database)


def _extended(database: Database, least: tuple[int, ...]) -> None:
    version = database.read(lambda connection: connection.execute(_VERSION).scalar())
    if version is None:
        if database.read(lambda connection: connection.execute(_AVAILABLE).scalar()) is None:
            raise MissingExtension(
                "this server has no pgvector: install it there (Debian: apt install postgresql-NN-pgvector), then run "
                "CREATE EXTENSION vector; in this database"
            )
        try:
            database.write(lambda connection: connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS vector")))
        except StorageError as error:
            if not isinstance(error.__cause__, exc.ProgrammingError):
                raise
            raise MissingExtension(
                "pgvector is on this server and not in this database, and this role may not put it there: have its "
                "owner or a superuser run CREATE EXTENSION vector;"
            ) from error
        version = database.read(lambda connection: connection.execute(_VERSION).scalar())
    if _numbers(str(version)) < least:
        raise MissingExtension(
            f"pgvector {version} is too old, {'.'.join(map(str, least))} is needed: install a newer one on the server "
            "and run ALTER EXTENSION vector UPDATE;"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _made(connection: sa.Connection) -> None:
    if there(connection):
        return
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    nearby.create(connection, checkfirst=True)
    # Where a page has room for a vector it stays there: above 2 kB it would be kept elsewhere, and scoring reads all.
    # And no samples of vectors for the planner, which would outlive an erasure (`columns.unsampled`).
    connection.execute(sa.text(f"ALTER TABLE {NAME} SET (toast_tuple_target = 8160)"))
    for column in ("owner", "value"):
        connection.execute(sa.text(f"ALTER TABLE {NAME} ALTER COLUMN {column} SET STATISTICS 0"))


def _fill(database: Database) -> None:
    """Every session's, a stretch a transaction. Who writes meanwhile keeps both tables."""
    marks = sa.select(embedded.c.session, embedded.c.embedder, embedded.c.through)
    for pk, key, through in database.read(lambda connection: list(connection.execute(marks).all())):
        for above in range(0, through, STRETCH):
            database.write(partial(_mended, pk=pk, key=key, above=above))
    database.write(lambda connection: connection.execute(sa.text(f"COMMENT ON TABLE {NAME} IS '{FILLED}'")))


def _mended(connection: sa.Connection, pk: int, key: int, above: int) -> None:
    mend(connection, pk, key, above, STRETCH)


def _index(database: Database) -> None:
    """An HNSW index for each embedder that has vectors of messages, built without keeping others from writing."""
    known = dict(map(tuple, database.read(lambda connection: connection.execute(_INDEXES).all())))
    unused = set(known)
    building = database.read(lambda connection: connection.execute(_BUILDING).scalar())
    used = sa.exists().where(embedded.c.embedder == embedder.c.pk)
    sizes = sa.select(embedder.c.pk, sa.func.length(embedder.c.probe)).where(used)
    for key, size in database.read(lambda connection: list(connection.execute(sizes).all())):
        unused.discard(index_of(key))
        if not 0 < size // 2 <= MOST_INDEXED or known.get(index_of(key)):
            continue
        if index_of(key) in known:
            if building:
                continue  # by another process; until it is there every passage is scored
            database.alter(f"DROP INDEX CONCURRENTLY IF EXISTS {index_of(key)}")
        database.alter(statement(key, size // 2, concurrently=True))
    for name in unused:
        database.alter(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def indexed(connection: sa.Connection, key: int, dimensions: int) -> None:
    """Make the index of an embedder that is new, in the transaction of its first vectors; where it has many already,
    as after others have written without an index, the next opening does."""
    if not 0 < dimensions <= MOST_INDEXED or not there(connection):
        return
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    if connection.execute(sa.select(sa.func.to_regclass(index_of(key)).is_not(None))).scalar():
        return
    some = sa.select(nearby.c.part).where(nearby.c.embedder == key).limit(AT_ONCE + 1).subquery()
    if int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()) <= AT_ONCE:
        connection.execute(sa.text(statement(key, dimensions, concurrently=False)))


def statement(key: int, dimensions: int, *, concurrently: bool) -> str:
    """What makes the HNSW index of an embedder."""
    how = "CONCURRENTLY " if concurrently else ""
    return (
        f"CREATE INDEX {how}IF NOT EXISTS {index_of(key)} ON {NAME} "
        f"USING hnsw ((value::halfvec({int(dimensions)})) halfvec_cosine_ops) WHERE embedder = {int(key)}"
    )
