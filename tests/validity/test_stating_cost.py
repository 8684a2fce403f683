"""What an application states costs the same after many statements as after few, and is proved all the same."""

from __future__ import annotations

import sqlalchemy as sa

from tests.conftest import Open
from tiermem import Memory


def statements_of(memory: Memory, count: int) -> list[int]:
    """Rows that each of *count* statements reads from the journal and the log of what was stated."""
    facts, read = memory.facts("anna"), list[int]()
    for number in range(count):
        seen: list[str] = []

        def watch(_c: object, _k: object, statement: str, *_: object, seen: list[str] = seen) -> None:
            seen.append(statement)

        sa.event.listen(sa.Engine, "before_cursor_execute", watch)
        facts.state(f"thing {number % 7}", f"value {number}")
        sa.event.remove(sa.Engine, "before_cursor_execute", watch)
        read.append(sum("tiermem_decision.kind" in one and "tiermem_decision.last" in one for one in seen))
    return read


def test_no_statement_reads_those_before_it(store: Open) -> None:
    memory = store()
    assert max(statements_of(memory, 12)) <= 1  # its own decision, as it was kept
    facts = memory.facts("anna")
    decision = facts.state("home", "Oslo")
    facts.undo(decision)
    facts.retract("thing 3")
    assert [one.attribute for one in facts.current()] == [f"thing {n}" for n in (5, 6, 0, 1, 2, 4)]
    assert facts.verify().problems == ()
    assert all(proof.ok for proof in memory.verify().values())
