"""What follows from what was seen. Rules alone; the numbers are those that docs/scaling.md has measured."""

from __future__ import annotations

from collections.abc import Iterator

from tiermem.doctor.report import Advice, Checkup, Symptoms

# Of these the locks and shared memory that SQLite's log needs are not, or not surely, those of all who write.
NETWORKED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "lustre"}
)
IN_RAM = frozenset({"tmpfs", "ramfs"})
MANY_WRITERS = 8  # processes on a file, up to which it was measured
SLOW = 0.020  # seconds of a durable write, above which each add is felt
MANY_BEHIND = 2_000  # messages that wait for the index; a question reads them as they are
UNUSED = 0.30  # share of the size
SMALL = 64 << 20  # bytes below which nobody minds what is unused, or a log
LARGE_USER = 5_000_000  # messages of one user, of which what stays in RAM fills what one alone may keep by default
VECTORS = 160 << 20  # bytes of one user's, above which a process keeps none of them between questions by default
CONNECTIONS = 9  # of a process, by default


def advised(seen: Symptoms) -> Checkup:
    """What would serve, and what to do."""
    serves, why = _serving(seen)
    rules = _of_a_file if seen.kind == "sqlite" else _of_a_server
    return Checkup(seen, serves, why, (*rules(seen), *_of_both(seen)))


def _serving(seen: Symptoms) -> tuple[str, str]:
    if seen.kind == "postgresql":
        return "postgresql", "it is there, and serves processes on several machines"
    if seen.filesystem in NETWORKED:
        return "postgresql", f"the file is on {seen.filesystem}, where SQLite's locks cannot be relied on"
    if (seen.writers or 0) > MANY_WRITERS:
        return "postgresql", f"{seen.writers} processes have the file open; up to {MANY_WRITERS} were measured"
    return "sqlite", "all that write are on one machine, and few"


def _of_both(seen: Symptoms) -> Iterator[Advice]:
    held = seen.held
    if held.behind > MANY_BEHIND:
        do = "keep a process open that adds or asks there, or call `session.index()`"
        yield Advice("advice", f"{held.behind:,} messages wait for the word index, which questions read one by one", do)
    if held.largest > LARGE_USER:
        do = "give `index_memory` more, or this user's questions read the index anew each time"
        yield Advice("advice", f"one user has {held.largest:,} messages", do)
    if seen.write is not None and seen.write > SLOW:
        do = (
            'use a faster disk, add in batches, or take durability="relaxed": a loss of power then takes what came last'
        )
        yield Advice("advice", f"a durable write takes {seen.write * 1000:.0f} ms, and each add waits for one", do)


def _of_a_file(seen: Symptoms) -> Iterator[Advice]:
    mode, version = seen.settings.get("journal_mode", ""), seen.settings.get("sqlite_version", "")
    if seen.filesystem in NETWORKED:
        do = "move the file to a disk of this machine, or run: tiermem migrate FILE postgresql://…"
        yield Advice("fault", f"the file is on {seen.filesystem}, and may be damaged by processes of two machines", do)
    if seen.filesystem in IN_RAM:
        yield Advice("fault", f"the file is on {seen.filesystem}, which ends with the machine", "move it to a disk")
    if seen.shared_file:
        yield Advice("fault", "every user of this machine may open the file", f"run: chmod 600 {seen.name}")
    if mode not in {"wal", ""}:
        what = f"its journal mode is {mode}: who reads and who writes wait for each other (SQLite {version})"
        do = "open it once, while nobody else does, with SQLite 3.51.3 or later (pysqlite3 brings one)"
        yield Advice("advice", what, do)
    if (seen.log or 0) > SMALL:
        do = "look for a process that reads for long, or stopped in the middle of it"
        yield Advice("advice", f"its log has {seen.log or 0:,} bytes, kept by somebody who reads", do)
    if (seen.unused or 0) > UNUSED and seen.size > SMALL:
        do = "run: tiermem backup NEWFILE, which has none of that, and use it in place of this one"
        yield Advice("advice", f"{seen.unused:.0%} of the file is free", do)


def _of_a_server(seen: Symptoms) -> Iterator[Advice]:
    settings = seen.settings
    for name, lost in (
        ("fsync", "a loss of power can damage the database"),
        ("full_page_writes", "a loss of power can damage the database"),
        ("synchronous_commit", "a crash loses what was acknowledged last"),
    ):
        if settings.get(name) == "off":
            yield Advice(
                "fault", f"{name} is off: {lost}", f"run: ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf()"
            )
    if settings.get("in_recovery") == "yes":
        yield Advice("advice", "this is a replica, which only reads", "name the primary for whoever adds")
    if settings.get("autovacuum") == "off":
        do = "run: ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf()"
        yield Advice("advice", "autovacuum is off: dead rows pile up, and what was erased stays in the files", do)
    if (seen.unused or 0) > UNUSED and seen.size > SMALL:
        yield Advice(
            "advice", f"{seen.unused:.0%} of its rows are dead", "run: VACUUM (ANALYZE), or look at autovacuum"
        )
    mine = int(settings.get("vectors", 0)) * seen.held.largest // max(1, seen.held.messages)
    if (
        mine > VECTORS
        and settings.get("compares_vectors") == "no"
        and "not on" not in settings.get("pgvector", "not on")
    ):
        do = 'open with vector_index="pgvector-exact", or "pgvector-hnsw": the server compares them'
        yield Advice("advice", f"one user has about {mine >> 20:,} MB of vectors, read anew by their questions", do)
    free = None if seen.most_writers is None or seen.writers is None else seen.most_writers - seen.writers
    if free is not None and free < CONNECTIONS:
        do = "put PgBouncer before it (pool_mode = transaction), lower `pool_size`, or raise max_connections"
        yield Advice("advice", f"{free} connections are free; a process of ours takes up to {CONNECTIONS}", do)
