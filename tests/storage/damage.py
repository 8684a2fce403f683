"""Databases with something of every table in them, and ways to damage them, one column of one row at a time."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from tests.faults.worker import length
from tests.storage.older import engine_of
from tiermem import Memory, Message
from tiermem.flows.effects import Flow, Transact
from tiermem.graph import looking
from tiermem.settings import Scope
from tiermem.storage import schema
from tiermem.storage.exported import staging
from tiermem.storage.tables.columns import Words, metadata

SMALL: dict[str, Any] = {"pre_rot_threshold": 700, "keep_recent_count": 2, "index_batch": 4, "counter": length}
TEXT = "message {n}: we decided to raise pool {n} from 10 to {n}0 on 2024-03-0{d}. "


class ByLetters:
    """An embedder with a name of its own."""

    model_name = "letters"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [len(text) % 7 + 1.0, text.count("e") + 1.0, text.count("o") + 0.5]


def opened(target: str | Path, **options: Any) -> Memory:
    return Memory.open(target, embedder=ByLetters(), **SMALL | options)


def fill(target: str | Path) -> None:
    """Four sessions, two of them forks, one compacted and summarised, what an extractor read, documents, items."""
    extractor = lambda _: [{"attribute": "home", "value": "Oslo", "message": 1}]  # noqa: E731
    with opened(target, extractor=extractor, index_memory=1) as memory:
        memory.wiring[0].shelf_least = 1  # else nobody of so few messages had words on shelves
        session = memory.session("s", "ann")
        session.add(Message(role="system", content="You are kind.", id="sys"))
        for n in range(24):
            text = TEXT.format(n=n, d=n % 9 + 1) * 4
            session.add(Message(role=("user", "assistant")[n % 2], name="Ann", content=text, id=f"i{n}"))
            assert memory.settle(
                60
            )  # managed after each: managed once, at the end, it is compacted and never summarised
        picture = {"type": "image", "base64": base64.b64encode(b"\x89PNG\r\n\x1a\n" * 9).decode(), "caption": "a pool"}
        memory.session("seen", "bob").add(Message(role="user", content=[picture], id="picture"))
        session.undo(session.forget("i3")[0])
        session.forget("i5", reason="wrong")
        session.restore("m8")
        memory.session("other", "bob").add(["hello", "I live in Oslo."])
        memory.session("other", "bob").index()
        memory.session("other", "bob").fork("m1", "forked")
        memory.knowledge("ann").add_documents("The pool runs on port 8080. " * 50, source="d")
        items = memory.items("ann", {"embed": ByLetters()})
        for name in ("tea", "milk"):
            items.put(("drinks",), name, {"text": f"{name} is green"}, ttl=60)
        session.index()
        with patch.object(looking, "KEEP", 1):  # of so few messages nothing would be stored
            assert memory.graph("bob").entities()
        memory.knowledge("ann").index()
        assert memory.settle(60)
        session.fork("m8", "borrowing")
        assert memory.settle(60)
        memory.session("gone", "cid").add("I live in Bergen.")
        memory.erase("cid", reason="asked for")
        begun = partial(staging.begin, scope=Scope("", "dan", "-"))
        memory.drive(importing_of(begun))


def importing_of(begun: Callable[[sa.Connection], Any]) -> Flow[None]:
    """An import that is under way."""
    yield Transact(begun)


def changed(value: Any, column: sa.Column[Any]) -> Any:
    """Another value of the same type."""
    if value is None:
        return b"x" if isinstance(column.type, sa.LargeBinary) else 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"x"
    if isinstance(value, str):
        return (value[:-1] + ("7" if value[-1] != "7" else "8")) if value else "7"
    return value + 1


def unreadable(value: Any, column: sa.Column[Any]) -> Any:
    """What is no value of that column at all."""
    if isinstance(column.type, sa.LargeBinary):
        return b"\xff\xfe{"
    return "\u2620" if isinstance(column.type, sa.Text | Words) else -7


def damage(target: str | Path, table: str, column: str, how: Any = changed) -> Callable[[], None]:
    """Change one column of the row of *table* that shows most; returns what changes it back."""
    named = metadata.tables[f"tiermem_{table}"]
    engine = engine_of(str(target))
    with engine.connect() as connection:
        query = sa.select(named).where(_worth(named)).order_by(*named.primary_key).limit(1)
        row = connection.execute(query).mappings().one()
    which = [key == row[key.name] for key in named.primary_key if key.name != column]

    octets = isinstance(named.c[column].type, sa.LargeBinary)

    def given(value: Any) -> Any:  # a number in a column of bytes is none to SQLAlchemy
        return sa.literal(value, sa.BigInteger) if octets and isinstance(value, int) else value

    def put(old: Any, new: Any) -> None:
        with engine.begin() as connection:
            is_it = named.c[column].is_not_distinct_from(given(old))
            connection.execute(named.update().where(*which, is_it).values({column: given(new)}))

    was = row[column]
    other = how(was, named.c[column])
    try:
        put(was, other)
    except sa.exc.IntegrityError:  # another row has that one
        if isinstance(other, str | bytes):
            raise
        other = other * 2 + 1_000
        put(was, other)
    return lambda: put(other, was)


def _worth(table: sa.Table) -> sa.ColumnElement[bool]:
    """Which row is changed, where the first is not worth it."""
    chosen: dict[str, sa.ColumnElement[bool]] = {
        "tiermem_session": schema.session.c.name == b"s",
        "tiermem_message": schema.message.c.id == b"i23",
        "tiermem_segment": schema.segment.c.last >= 22,
        "tiermem_decision": schema.decision.c.kind == "cover",
    }
    return chosen.get(table.name, sa.true())
