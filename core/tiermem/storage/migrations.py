"""The schema's version: made at once, raised one step at a time, refused when it is newer than this package.

`STEPS[n]` raises version n to n + 1 inside the same transaction that records it. A step names tables and columns as
they were then, in plain SQL, so that a later change of `schema.py` cannot change it. Alembic is not used while a step
is a function of a dozen lines.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from tiermem.blocks.roles import ROLES
from tiermem.errors import SchemaTooOld, StorageCorrupt
from tiermem.messages import Message
from tiermem.storage.log.legible import DAMAGED, legible
from tiermem.storage.messages import copies
from tiermem.storage.migrated.making import make, refuse_foreign
from tiermem.storage.migrated.placing import have_secret, place
from tiermem.storage.migrated.recent import RECENT, types
from tiermem.storage.migrated.shape import refuse_damaged
from tiermem.storage.schema import VERSION, meta, refuse_newer, version_of
from tiermem.storage.tables import seals

CHECKED = (
    "session message decision stub summary embedder embedded vector collection item item_vector".split()  # noqa: SIM905
)
_LISTED = b'{"content":['  # how the body of a message with blocks begins
_HASHED = "tiermem-hash-%"  # names of what hashed words into vectors of messages
LOCK = 0x7469_6572  # "tier"; any constant will do


def migrate(connection: sa.Connection) -> None:
    """Bring the schema to `VERSION`.

    Raises:
        SchemaTooNew: the database was written by a newer version; nothing was changed.
        StorageCorrupt: no version can be read in it, or an older one than its tables are of; nothing was changed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    version = _version(connection)
    refuse_newer(version)
    if version == 0:
        refuse_foreign(connection)
        make(connection)
        seals.keep(connection, seals.DATABASE, uuid.uuid4().hex)
        if connection.dialect.name != "sqlite":
            have_secret(connection)
        connection.execute(meta.insert().values(key="version", value=str(VERSION)))
        return
    for step in range(version, VERSION):
        STEPS[step](connection)
        connection.execute(meta.update().where(meta.c.key == "version").values(value=str(step + 1)))


def _passages(connection: sa.Connection) -> None:
    """1 to 2: vectors of passages, by embedder and content hash. Vectors are derived: they are made anew."""
    key, number, octets = types(connection)
    for statement in (
        "DROP TABLE tiermem_vector",
        "ALTER TABLE tiermem_session DROP COLUMN embedded",
        f"CREATE TABLE tiermem_embedder (pk {key} PRIMARY KEY, name TEXT NOT NULL, probe {octets} NOT NULL)",
        f"""CREATE TABLE tiermem_embedded (
            session {number} NOT NULL, embedder {number} NOT NULL, through BIGINT NOT NULL,
            PRIMARY KEY (session, embedder))""",
        f"""CREATE TABLE tiermem_vector (
            pk {key} PRIMARY KEY, session {number} NOT NULL, sequence BIGINT NOT NULL, part BIGINT NOT NULL,
            embedder {number} NOT NULL, hash {octets} NOT NULL, value {octets} NOT NULL,
            UNIQUE (session, embedder, sequence, part))""",
        "CREATE INDEX tiermem_vector_hash ON tiermem_vector (hash, embedder)",
        # Filled when the new analyser's name empties the index.
        "ALTER TABLE tiermem_word ADD COLUMN role TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE tiermem_word ADD COLUMN talked TEXT NOT NULL DEFAULT ''",
    ):
        connection.exec_driver_sql(statement)


def _items(connection: sa.Connection) -> None:
    """2 to 3: items, JSON objects by path and key, with their vectors."""
    sqlite = connection.dialect.name == "sqlite"
    key, number, octets = types(connection)
    seconds = "FLOAT" if sqlite else "DOUBLE PRECISION"
    for statement in (
        f"""CREATE TABLE tiermem_collection (
            pk {key} PRIMARY KEY, tenant {octets} NOT NULL, owner {octets} NOT NULL, stamp BIGINT NOT NULL,
            UNIQUE (tenant, owner))""",
        f"""CREATE TABLE tiermem_item (
            pk {key} PRIMARY KEY, collection {number} NOT NULL, name {octets} NOT NULL, path {octets} NOT NULL,
            key {octets} NOT NULL, value {octets} NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            ttl {seconds}, expires {seconds}, stamp BIGINT NOT NULL, UNIQUE (collection, name))""",
        "CREATE INDEX tiermem_item_path ON tiermem_item (collection, path, expires, stamp)",
        "CREATE INDEX tiermem_item_expires ON tiermem_item (collection, expires) WHERE expires IS NOT NULL",
        f"""CREATE TABLE tiermem_item_vector (
            pk {key} PRIMARY KEY, item {number} NOT NULL, space TEXT NOT NULL, hash {octets} NOT NULL,
            value {octets} NOT NULL, UNIQUE (item, space, hash))""",
    ):
        connection.exec_driver_sql(statement)


def _checksums(connection: sa.Connection) -> None:
    """3 to 4: checksums of rows. Those that are there have none: they may be damaged already."""
    octets = "BLOB" if connection.dialect.name == "sqlite" else "BYTEA"
    for table in CHECKED:
        connection.exec_driver_sql(f"ALTER TABLE tiermem_{table} ADD COLUMN checksum {octets}")


def _blocks(connection: sa.Connection) -> None:
    """4 to 5: calls, results and words in blocks are read; what is derived of such messages is derived again.

    Their rows lose their checksum, as those from before version 4 have none. Vectors from the first of them on are made
    anew; the words are too, since the analyser has another name.
    """
    first: dict[int, int] = {}
    for row in _in_blocks(connection):
        message = legible(*(row[name] for name in ("sequence", "tokens", "stored_at", "sha256", "body", "id", "role")))
        if message.origin == DAMAGED:
            continue
        if message.calls != message.tool_calls or message.text != _plain_text(message):
            first[row["session"]] = min(message.sequence, first.get(row["session"], message.sequence))
        new = copies(message)
        if (new["role"], new["links"]) != (bytes(row["role"]), row["links"] and bytes(row["links"])):
            statement = "UPDATE tiermem_message SET role = :role, links = :links, checksum = NULL WHERE pk = :pk"
            connection.execute(sa.text(statement), {"pk": row["pk"], "role": new["role"], "links": new["links"]})
    for session, sequence in first.items():
        for statement in (
            "DELETE FROM tiermem_vector WHERE session = :session AND sequence >= :sequence",
            """UPDATE tiermem_embedded SET through = :sequence - 1, checksum = NULL
            WHERE session = :session AND through >= :sequence""",
        ):
            connection.execute(sa.text(statement), {"session": session, "sequence": sequence})


def _segments(connection: sa.Connection) -> None:
    """5 to 6: words in stretches of many messages, in place of a row a message and a full-text index. They are derived:
    the background makes them anew, and until then messages are searched as they are."""
    sqlite = connection.dialect.name == "sqlite"
    key, number, octets = types(connection)
    for statement in (
        f"DROP TABLE IF EXISTS {'tiermem_fts' if sqlite else 'tiermem_lexeme'}",
        "DROP TABLE tiermem_word",
        f"""CREATE TABLE tiermem_segment (
            pk {key} PRIMARY KEY, session {number} NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL,
            body {octets} NOT NULL, checksum {octets}, UNIQUE (session, first))""",
        "UPDATE tiermem_session SET indexed = 0",
    ):
        connection.exec_driver_sql(statement)


def _facts(connection: sa.Connection) -> None:
    """6 to 7: facts, one row each. They are read when words are indexed, which happens anew since the analyser has
    another name."""
    sqlite = connection.dialect.name == "sqlite"
    key, number, octets = types(connection)
    real = "FLOAT" if sqlite else "DOUBLE PRECISION"
    for statement in (
        f"""CREATE TABLE tiermem_fact (
            pk {key} PRIMARY KEY, session {number} NOT NULL, sequence BIGINT NOT NULL, place BIGINT NOT NULL,
            about BIGINT NOT NULL, subject TEXT NOT NULL, attribute TEXT NOT NULL, value TEXT NOT NULL,
            kind TEXT NOT NULL, manner TEXT NOT NULL, several SMALLINT NOT NULL, old TEXT NOT NULL, how TEXT NOT NULL,
            certainty {real} NOT NULL, said {real}, since {real}, until {real}, checksum {octets},
            UNIQUE (session, sequence, place))""",
        "CREATE INDEX tiermem_fact_about ON tiermem_fact (about)",
    ):
        connection.exec_driver_sql(statement)


def _lexical(connection: sa.Connection) -> None:
    """7 to 8: hashed words are no vectors of messages any more: what they said is worked out from the word index.
    SQLite uses their room for what comes next; `VACUUM` gives it back."""
    for statement in (
        """DELETE FROM tiermem_vector WHERE embedder IN
            (SELECT pk FROM tiermem_embedder WHERE name LIKE :hashed)""",
        """DELETE FROM tiermem_embedded WHERE embedder IN
            (SELECT pk FROM tiermem_embedder WHERE name LIKE :hashed)""",
        "DELETE FROM tiermem_embedder WHERE name LIKE :hashed",
    ):
        connection.execute(sa.text(statement), {"hashed": _HASHED})


def _owners(connection: sa.Connection) -> None:
    """8 to 9: what changed of each user who has a name. Nobody has looked at it yet, so all begin with the same."""
    octets = "BLOB" if connection.dialect.name == "sqlite" else "BYTEA"
    for statement in (
        f"""CREATE TABLE tiermem_owner (
            tenant {octets} NOT NULL, owner {octets} NOT NULL, stamp BIGINT NOT NULL, recent TEXT NOT NULL,
            PRIMARY KEY (tenant, owner))""",
        "INSERT INTO tiermem_owner SELECT DISTINCT tenant, owner, 1, '' FROM tiermem_session",
    ):
        connection.exec_driver_sql(statement)


def _erasures(connection: sa.Connection) -> None:
    """10 to 11: a tombstone for each erasure."""
    sqlite = connection.dialect.name == "sqlite"
    key = "INTEGER NOT NULL" if sqlite else "BIGSERIAL"
    octets = "BLOB" if sqlite else "BYTEA"
    connection.exec_driver_sql(
        f"""CREATE TABLE tiermem_erasure (
            pk {key} PRIMARY KEY, digest {octets} NOT NULL, sessions BIGINT NOT NULL, messages BIGINT NOT NULL,
            items BIGINT NOT NULL, reason TEXT NOT NULL, erased_at TEXT NOT NULL, done SMALLINT NOT NULL,
            checksum {octets})"""
    )


def _extraction(connection: sa.Connection) -> None:
    """9 to 10: which messages an extractor read."""
    key, number, octets = types(connection)
    connection.exec_driver_sql(
        f"""CREATE TABLE tiermem_extraction (
            pk {key} PRIMARY KEY, session {number} NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL,
            extractor TEXT NOT NULL, facts BIGINT NOT NULL, refused TEXT NOT NULL, error TEXT NOT NULL,
            checksum {octets}, UNIQUE (session, first))"""
    )


def _talk(connection: sa.Connection) -> None:
    """11 to 12: what is counted of a user's turns. It is counted when words are indexed, which happens anew since the
    analyser has another name."""
    sqlite = connection.dialect.name == "sqlite"
    number, octets = ("INTEGER", "BLOB") if sqlite else ("BIGINT", "BYTEA")
    real, text = ("FLOAT", "TEXT") if sqlite else ("DOUBLE PRECISION", 'TEXT COLLATE "C"')
    bare = " WITHOUT ROWID" if sqlite else ""
    for statement in (
        f"""CREATE TABLE tiermem_conversation (
            session BIGINT NOT NULL, owner {octets} NOT NULL, turns BIGINT NOT NULL, first {real}, last {real},
            moods BIGINT NOT NULL, mood BIGINT NOT NULL, PRIMARY KEY (session)){bare}""",
        "CREATE INDEX tiermem_conversation_last ON tiermem_conversation (owner, last)",
        "CREATE INDEX tiermem_conversation_first ON tiermem_conversation (owner, first)",
        f"""CREATE TABLE tiermem_tally (
            owner {octets} NOT NULL, kind TEXT NOT NULL, name {text} NOT NULL, count BIGINT NOT NULL,
            total BIGINT NOT NULL, last {real}, last_session {number} NOT NULL, sequence BIGINT NOT NULL,
            PRIMARY KEY (owner, kind, name)){bare}""",
        "CREATE INDEX tiermem_tally_often ON tiermem_tally (owner, kind, count, name) WHERE count >= 3",
        "CREATE INDEX tiermem_session_waiting ON tiermem_session (tenant, owner) WHERE indexed < messages",
    ):
        connection.exec_driver_sql(statement)


def _in_blocks(connection: sa.Connection) -> Iterator[sa.RowMapping]:
    """The rows of messages whose content is a list, or whose role is a word of others."""
    wanted = """SELECT pk, session, sequence, tokens, stored_at, sha256, body, id, role, links FROM tiermem_message
        WHERE pk > :pk AND (substr(body, 1, :length) = :start OR role NOT IN :roles) ORDER BY pk LIMIT 500"""
    query = sa.text(wanted).bindparams(sa.bindparam("roles", expanding=True))
    given = {"length": len(_LISTED), "start": _LISTED, "roles": [role.encode() for role in ROLES]}
    last = 0
    while rows := connection.execute(query, {"pk": last, **given}).mappings().all():
        yield from rows
        last = rows[-1]["pk"]


def _plain_text(message: Message) -> str:
    """The text of *message* as it was read before version 5."""
    if not isinstance(message.content, list):
        return message.text
    blocks = ({"text": part} if isinstance(part, str) else part for part in message.content)
    kinds = ("text", "input_text", "output_text", "text-plain", None)
    texts = (block.get("text") for block in blocks if block.get("type", block.get("block_type")) in kinds)
    return "\n".join(text for text in texts if isinstance(text, str) and text)


STEPS: dict[int, Callable[[sa.Connection], None]] = {
    1: _passages,
    2: _items,
    3: _checksums,
    4: _blocks,
    5: _segments,
    6: _facts,
    7: _lexical,
    8: _owners,
    9: _extraction,
    10: _erasures,
    11: _talk,
    **RECENT,
    19: place,
}


def current(connection: sa.Connection, *, read_only: bool) -> str:
    """The id of the database where its schema is that of this package; "" where `migrate` has to be run first.

    Raises:
        SchemaTooNew, StorageCorrupt: as `migrate`.
        SchemaTooOld: it would have to be raised, and may only be read.
    """
    version = _version(connection)
    refuse_newer(version)
    if version == VERSION:
        return str(connection.execute(sa.select(meta.c.value).where(meta.c.key == "database")).scalar() or "")
    if read_only:
        raise SchemaTooOld(f"the database has schema {version}, this tiermem needs {VERSION}: open it once for writing")
    return ""


def _version(connection: sa.Connection) -> int:
    """The version, 0 where there are no tables of ours."""
    if not sa.inspect(connection).has_table(meta.name):
        return 0
    stored = connection.execute(sa.select(meta.c.value).where(meta.c.key == "version")).scalar()
    try:
        version = version_of(stored)
    except StorageCorrupt:
        refuse_damaged(connection, stored, VERSION)
        raise
    if version < VERSION:
        refuse_damaged(connection, stored, VERSION)
    return version
