"""Every statement that a user's verbs send to a server says whose rows it means: it reads nobody else's.

The key is that of the user, or of a session, collection or medium that was found by it. What is nobody's (versions,
models, numbers of erasures) has none. docs/scaling.md says what a distribution by user would need beyond this.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import sqlalchemy as sa

from tests.faults.cancelling.talk import OPTIONS, USER, VERBS, Talk
from tests.vector_stores.stores import ByPairs
from tiermem import Memory
from tiermem.storage.schema import metadata

NOBODYS = {"tiermem_meta", "tiermem_erasure", "tiermem_embedder"}
# The columns of which one, or each of a pair, must be given. A message's own key was read with its session.
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "tiermem_session": (("pk",), ("tenant", "owner")),
    "tiermem_message": (("session",), ("pk",)),
    "tiermem_owner": (("tenant", "owner"),),
    "tiermem_collection": (("tenant", "owner"), ("pk",)),
    "tiermem_conversation": (("session",), ("owner",)),
    "tiermem_tally": (("owner",),),
    "tiermem_erased": (("owner",),),
    "tiermem_item": (("collection",), ("pk",)),
    "tiermem_item_vector": (("item",),),
    "tiermem_media": (("owner",), ("pk",)),
    "tiermem_shelf": (("owner",), ("pk",)),
    "tiermem_blob": (("media",),),
    "tiermem_fork": (("session",), ("root",), ("parent",)),
    "tiermem_borrowed": (("session",), ("owner",)),
}
UNUSED = {"tiermem_blob", "tiermem_import", "tiermem_item_vector"}  # by these verbs
# Vectors of a text that the user said before are taken over, by a hash of the text that their key is in.
KEYED = re.compile(r"FROM tiermem_vector WHERE tiermem_vector\.embedder = .* AND tiermem_vector\.hash IN")


def unkeyed(statement: str) -> Iterator[str]:
    """The tables that *statement* reads or changes without saying whose rows it means."""
    condition = statement.partition(" WHERE ")[2]
    given = set(re.findall(r"(tiermem_\w+)\.(\w+) (?:=|IN)", condition))
    given |= {
        (table, column)
        for pair in re.findall(r"\(((?:tiermem_\w+\.\w+(?:, )?)+)\) IN", condition)
        for table, column in re.findall(r"(tiermem_\w+)\.(\w+)", pair)
    }
    # What is joined by a key is found by it.
    given |= {(table, column) for table, column in re.findall(r"= (tiermem_\w+)\.(\w+)", statement)}
    given |= {(table, column) for table, column in re.findall(r"ON (tiermem_\w+)\.(\w+) =", statement)}
    for table in set(re.findall(r"(?:FROM|JOIN|UPDATE) (tiermem_\w+)", statement)) - NOBODYS:
        ways = KEYS.get(table, (("session",),))
        if not any(all((table, column) in given for column in way) for way in ways):
            yield table


def test_every_statement_says_whose_rows_it_means(opened_url: str) -> None:
    statements = set[str]()
    with Memory.open(opened_url, embedder=ByPairs(), **OPTIONS) as memory:
        engine = memory.wiring[1]._database._transactions.engine
        sa.event.listen(engine, "before_cursor_execute", lambda *sent: statements.add(" ".join(sent[2].split())))
        talk = Talk(memory, 1)

        async def lived() -> None:
            for verb in [*sorted(VERBS), "undo", "restore", "context"]:
                await talk.step(verb, cancel=False)

        asyncio.run(lived())
        memory.settle()
        memory.profile(USER)
        memory.session("s", USER).add("after an erasure")
        memory.graph(USER).entities()
        memory.session("s", USER).verify()
    named = {table for one in statements for table in re.findall(r"tiermem_\w+", one)}
    assert {table.name for table in metadata.sorted_tables} - named <= UNUSED
    wrong = {one: list(unkeyed(one)) for one in statements if not one.startswith("INSERT")}
    left = {one: tables for one, tables in wrong.items() if tables}
    assert {one: tables for one, tables in left.items() if not KEYED.search(one)} == {}
    assert left  # else the exception is none any more


def test_a_statement_without_a_key_is_noticed() -> None:
    assert list(unkeyed("SELECT tiermem_message.body FROM tiermem_message WHERE tiermem_message.sequence = 1")) == [
        "tiermem_message"
    ]
    assert list(unkeyed("UPDATE tiermem_session SET floor=1 WHERE tiermem_session.owner = 1")) == ["tiermem_session"]
    assert list(unkeyed("DELETE FROM tiermem_fact WHERE tiermem_fact.session = 1")) == []
