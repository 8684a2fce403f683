"""What can be seen of a PostgreSQL server."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

COMMITS = 5
SHOWN = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "autovacuum", "shared_buffers",
         "max_connections", "statement_timeout", "idle_in_transaction_session_timeout")  # fmt: skip
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_DEAD = "SELECT sum(n_dead_tup), sum(n_live_tup) FROM pg_stat_user_tables WHERE relname LIKE 'tiermem%%'"
_EXTENSION = "SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'"
_VECTORS = "SELECT pg_relation_size('tiermem_vector')"
_COMPARES = "SELECT to_regclass('tiermem_pgvector') IS NOT NULL"
# A message for nobody: it is in the log, so that its commit is waited for as any other, and in no table.
_MARK = "SELECT pg_logical_emit_message(true, 'tiermem', '')"


def seen(connection: sa.Connection) -> dict[str, Any]:
    """By the names of `Symptoms`, but for what a commit takes."""
    dead, live = connection.exec_driver_sql(_DEAD).one()
    settings = {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in SHOWN}
    recovering = connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one()
    settings["in_recovery"] = "yes" if recovering else "no"
    settings["pgvector"] = _pgvector(connection)
    settings["vectors"] = str(connection.exec_driver_sql(_VECTORS).scalar_one())
    compares = connection.exec_driver_sql(_COMPARES).scalar_one()
    settings["compares_vectors"] = "yes" if compares else "no"
    return {
        "size": connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one(),
        "unused": float(dead or 0) / max(1.0, float(dead or 0) + float(live or 0)),
        "writers": connection.exec_driver_sql(_OTHERS).scalar_one(),
        "most_writers": int(settings["max_connections"]),
        "settings": settings,
    }


def _pgvector(connection: sa.Connection) -> str:
    row = connection.exec_driver_sql(_EXTENSION).first()
    if row is None:
        return "not on this server"
    return f"installed, {row[0]}" if row[0] else "available, not installed"


def durable_write(engine: sa.Engine) -> float | None:
    """Median seconds of a commit that the log has to be flushed for; None on a server that only reads."""
    took: list[float] = []
    try:
        with engine.connect() as connection:
            for _ in range(COMMITS):
                connection.exec_driver_sql(_MARK)
                began = time.perf_counter()
                connection.commit()
                took.append(time.perf_counter() - began)
    except exc.DBAPIError:
        return None
    finally:
        engine.dispose()
    return median(took)
