"""Which quoted messages are marked as out of date, of cases in which something follows something.

    python -m benchmarks.facts.marks

Of the labelled cases of `benchmarks/facts` with several messages: in updates, corrections and denials the first one is
out of date, and shall be marked; in all other cases nothing may be. So of the pairs of the tests (`tests/facts/`).
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.facts.measure import HALVES, LANGUAGES, read
from tests.facts.stated.pairs import APART, MISSED, UPDATES
from tiermem import Memory, Message

CHANGING = frozenset({"update", "correction", "denial"})


def told(memory: Memory, name: str, said: Sequence[str]) -> set[int]:
    """The places, from 0, of what is marked when all of *said* is searched."""
    session = memory.session(name)
    session.add([Message(role="user", content=text) for text in said])
    found = session.search(" ".join(said), k=len(said))
    return {hit.message.sequence - 1 for hit in found if hit.superseded_by or hit.conflicts_with}


def several(language: str, half: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The labelled cases with several messages: those in which something changes, and the others."""
    cases = [case for case in read(language, half) if len(case.said) > 1]
    changing = [case.said for case in cases if case.kind in CHANGING]
    return changing, [case.said for case in cases if case.kind not in CHANGING]


def main() -> None:
    """Print the table."""
    sets = {f"{language} {half}": several(language, half) for language in LANGUAGES for half in HALVES}
    sets["pairs of the tests"] = [*UPDATES, *MISSED], [*APART]
    print("| set | changes | older one marked | newest one marked | others | marked |")
    print("|---|---|---|---|---|---|")
    with Memory.open(":memory:", enable_context_management=False) as memory:
        for name, (changing, others) in sets.items():
            found = [told(memory, f"{name} {place}", said) for place, said in enumerate(changing)]
            right = sum(0 in marked for marked in found)
            wrong = sum(len(said) - 1 in marked for said, marked in zip(changing, found, strict=True))
            false = sum(bool(told(memory, f"{name} not {place}", said)) for place, said in enumerate(others))
            print(f"| {name} | {len(changing)} | {right} | {wrong} | {len(others)} | {false} |")


if __name__ == "__main__":
    main()
