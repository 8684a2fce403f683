"""Who adds a picture while somebody erases the last message with it is left without none of its bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.conftest import Open
from tests.media.pictures import png, shown

TREE = png("decision tree")
TURNS = 12


def test_adding_and_erasing_the_same_picture_at_once_loses_no_bytes(store: Open) -> None:
    memory = store()

    def add(name: str) -> None:
        for _ in range(TURNS):
            memory.session(name, "anna").add(shown(TREE))

    def erase(name: str) -> None:
        session = memory.session(name, "anna")
        for number in range(1, TURNS + 1):
            session.add(shown(TREE))
            session.erase(f"m{number}")

    with ThreadPoolExecutor(4) as threads:
        works = [threads.submit(work, name) for work, name in ((erase, "a"), (add, "b"), (erase, "c"), (add, "d"))]
        for work in works:
            work.result()
    for name in "bd":
        assert [message.content for message in memory.session(name, "anna").messages()] == [shown(TREE).content] * TURNS
    assert not any(proof.problems for proof in memory.verify().values())
    for name in "bd":
        memory.session(name, "anna").erase()
    assert memory.media("anna").listed() == []
