"""What a question asks pgvector: the score of every passage, or the passages that an HNSW index names.

A score is worked out in float32 of what is stored as float16, as FAISS does it, so it is the same but for the order in
which numbers are added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from tiermem.storage.decisions import hidden_in
from tiermem.storage.pgvector.rows import index_of, text_of

Scored: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64]]  # messages, and the cosines of their passages
Vectors: TypeAlias = NDArray[np.float32]

EF_SEARCH = 400  # candidates that HNSW keeps: at 100,000 vectors the ten nearest were among them to 99 %
SCANNED = 100_000  # rows that it looks at before it gives up; what it names then is too little, and all are scored
MANY_RANGES = 500  # hidden ranges above which all are scored: HNSW would compare each candidate with each

# One row a session, with its columns as bytes that numpy reads as they are: a row a passage would be a tuple each.
_SCORES = sa.text("""
SELECT session, string_agg(int8send(sequence), '' ORDER BY sequence, part),
       string_agg(float4send((1 - (value::vector <=> CAST(:unit AS vector)))::float4), '' ORDER BY sequence, part)
FROM tiermem_pgvector
WHERE tiermem_pgvector.owner = :owner AND tiermem_pgvector.embedder = :key
  AND tiermem_pgvector.session = ANY(CAST(:sessions AS bigint[]))
  AND vector_dims(value) = :dimensions
GROUP BY session""")

_SETTINGS = sa.text("""
SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', :ef, true),
       set_config('hnsw.max_scan_tuples', :scanned, true), set_config('enable_sort', 'off', true),
       set_config('enable_seqscan', 'off', true)""")

# OFFSET 0 keeps the filter out of the inner query: the planner, which is told nothing of how many rows a user has,
# would sort those of the user instead. The index goes on naming until enough have passed the filter.
_NAMED = """
SELECT session, sequence, part, 1 - (value::vector <=> CAST(:unit AS vector))
FROM (SELECT session, sequence, part, owner, value FROM tiermem_pgvector WHERE embedder = {key}
      ORDER BY value::halfvec({dimensions}) <=> CAST(:unit AS halfvec({dimensions})) OFFSET 0) AS tiermem_pgvector
WHERE tiermem_pgvector.owner = :owner AND tiermem_pgvector.session = ANY(CAST(:sessions AS bigint[]))
  AND NOT EXISTS (SELECT FROM unnest(CAST(:hiding AS bigint[]), CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[]))
                  AS h (session, first, last)
                  WHERE h.session = tiermem_pgvector.session AND tiermem_pgvector.sequence BETWEEN h.first AND h.last)
LIMIT :k"""

_BUILT = sa.text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")

_SAMPLE = sa.text("""
SELECT CAST(value AS text) FROM tiermem_pgvector
WHERE tiermem_pgvector.owner = :owner AND tiermem_pgvector.embedder = :key
  AND tiermem_pgvector.session = ANY(CAST(:sessions AS bigint[]))
  AND mod(tiermem_pgvector.sequence, :each) = 0 AND vector_dims(value) = :dimensions
LIMIT :most""")


def scores(
    connection: sa.Connection, owner: bytes, key: int, sessions: Sequence[int], unit: Vectors
) -> dict[int, Scored]:
    """The cosine of every passage of these sessions, by session, in their order; a passage takes 12 bytes."""
    asked = {"unit": text_of(unit.tolist(), 9), "owner": owner, "key": key, "dimensions": len(unit)}
    rows = connection.execute(_SCORES, asked | {"sessions": [int(pk) for pk in sessions]})
    return {
        pk: (np.frombuffer(numbers, ">i8").astype(np.int64), np.frombuffer(values, ">f4").astype(np.float64))
        for pk, numbers, values in rows
    }


def named(
    connection: sa.Connection, owner: bytes, key: int, sessions: Sequence[int], unit: Vectors, k: int, *, shared: bool
) -> dict[int, Scored] | None:
    """About the *k* nearest passages of these sessions that are not hidden, by session; None where the index names
    fewer, or is not built yet.

    Of a session that is *shared* with forks what is hidden is named too: a fork may show it.
    """
    if not connection.execute(_BUILT, {"name": index_of(key)}).scalar():
        return None  # without an index this would sort everybody's
    hidden = [] if shared else _ranges(hidden_in(connection, [int(pk) for pk in sessions]))
    if len(hidden) > MANY_RANGES:
        return None
    connection.execute(_SETTINGS, {"ef": str(min(1000, max(EF_SEARCH, k))), "scanned": str(SCANNED)})
    query = sa.text(_NAMED.format(key=int(key), dimensions=len(unit)))
    hiding, firsts, lasts = ([row[place] for row in hidden] for place in range(3))
    asked: dict[str, Any] = {"hiding": hiding, "firsts": firsts, "lasts": lasts, "k": k}
    asked |= {"unit": text_of(unit.tolist(), 9), "owner": owner, "sessions": [int(pk) for pk in sessions]}
    rows = connection.execute(query, asked).all()
    return _by_session([(row[0], row[1], row[2], row[3]) for row in rows]) if len(rows) == k else None


def _ranges(hidden: Mapping[int, Sequence[tuple[int, int]]]) -> list[tuple[int, int, int]]:
    return [(pk, first, last) for pk, spans in hidden.items() for first, last in spans]


def _by_session(rows: Sequence[tuple[int, int, int, float]]) -> dict[int, Scored]:
    found: dict[int, list[tuple[int, float]]] = {}
    for pk, sequence, _, score in sorted(rows):
        found.setdefault(pk, []).append((sequence, score))
    return {
        pk: (np.array([one[0] for one in own], np.int64), np.array([one[1] for one in own], np.float64))
        for pk, own in found.items()
    }


def sample(
    connection: sa.Connection, owner: bytes, key: int, sessions: Sequence[int], dimensions: int, each: int, most: int
) -> NDArray[np.float16]:
    """The unit vectors of passages of every *each*-th message of these sessions, at most so many, as float16."""
    asked = {"owner": owner, "key": key, "sessions": [int(pk) for pk in sessions], "each": each, "most": most}
    texts = connection.execute(_SAMPLE, asked | {"dimensions": dimensions}).scalars().all()
    rows = np.array([np.fromstring(text[1:-1], np.float32, sep=",") for text in texts], np.float32)
    lengths = np.linalg.norm(rows.reshape(-1, dimensions), axis=1, keepdims=True)
    units: NDArray[np.float16] = (rows.reshape(-1, dimensions) / np.where(lengths > 0, lengths, 1)).astype(np.float16)
    return units
