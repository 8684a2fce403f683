"""What SQLAlchemy made of expressions, kept for all engines of one kind in this process.

An engine keeps what it compiled for itself alone, so that each memory which is opened compiles every statement anew: a
third of the time of opening one, adding to it and asking it once.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Dialect

from tiermem.storage.shards.whose import is_meant

MOST = 1_000  # statements; the package has some two hundred


class Statements(dict[Any, Any]):
    """Compiled statements; dialects of one driver and one version of a server stand for each other. One that means the
    rows of one user is another than one that means everybody's.

    SQLAlchemy's option `compiled_cache`, whose keys begin with the dialect.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        """What was made of that statement."""
        return super().get(_shared(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= MOST:  # of two threads both may empty it, and nobody waits
            self.clear()
        super().__setitem__(_shared(key), compiled)


def _shared(key: Any) -> Any:
    dialect, *rest = key
    if not isinstance(dialect, Dialect):
        return key
    return (type(dialect), dialect.dbapi, dialect.server_version_info, is_meant(), *rest)


COMPILED = Statements()
