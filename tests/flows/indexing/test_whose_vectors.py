"""What is taken over of an earlier embedding is the user's own: others say the same, and nothing shows or needs it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.flows.indexing.embedders import Counting, near
from tiermem import Memory, Session
from tiermem.flows.indexing.vectors import PROBE, text_hash
from tiermem.settings import scope_of
from tiermem.storage.owners import key_of
from tiermem.storage.schema import sealed, vector

SAID = "my mother's maiden name is Oldcastle"


def length(text: str) -> int:
    return len(text)


def say(memory: Memory, user: str, text: str = SAID, name: str = "s") -> Session:
    """*user* says *text*, and it is embedded."""
    session = memory.session(name, user)
    session.add(text)
    session.index()
    return session


def hashes(memory: Memory) -> list[bytes]:
    """Those that the rows have, in the order they were written."""
    query = sa.select(vector.c.hash).order_by(vector.c.pk)
    return memory._performer._database.read(lambda c: [bytes(one) for one in c.execute(query).scalars()])


def test_a_text_is_embedded_for_each_user_and_no_hash_is_that_of_another(store: Open) -> None:
    embedder = Counting()
    memory = store(embedder=embedder, index_batch=10_000, counter=length)
    for user in ("anna", "bob", "anna"):
        say(memory, user, name=f"s{len(embedder.texts)}")
    assert [text for text in embedder.texts if text != PROBE] == [SAID, SAID]
    first, other, again = hashes(memory)
    assert (first, first != other) == (again, True)
    memory._core.texts._values.clear()  # as another process, which goes by the database
    say(memory, "anna", name="t")
    assert embedder.texts.count(SAID) == 2
    say(memory, "cid")
    assert embedder.texts.count(SAID) == 3
    assert all(proof.ok for proof in memory.verify().values())


def test_what_one_user_erases_no_vector_of_another_rests_on(store: Open) -> None:
    memory = store(embedder=Counting(), index_batch=10_000, counter=length)
    say(memory, "anna")
    bobs = say(memory, "bob")
    memory.erase("anna")
    assert hashes(memory) == [text_hash(SAID, key_of(scope_of("s", "bob")))]
    assert near(bobs, "Oldcastle").sequences.tolist() == [1]
    assert text_hash(SAID, key_of(scope_of("s", "anna"))) not in hashes(memory)


@pytest.mark.parametrize(("text", "sound"), [(SAID, True), ("something else", False)])
def test_vectors_with_hashes_of_before_stay_and_are_nobodys_to_take_over(store: Open, text: str, sound: bool) -> None:
    embedder = Counting()
    memory = store(embedder=embedder, index_batch=10_000, counter=length)
    session = say(memory, "anna")

    def older(connection: sa.Connection) -> None:
        row = dict(connection.execute(sa.select(vector)).mappings().one()) | {"hash": text_hash(text)}
        connection.execute(vector.update().values(**sealed(vector, row)))

    memory._performer._database.write(older)
    assert session.verify().ok is sound
    assert near(session, "Oldcastle").sequences.tolist() == [1]
    memory._core.texts._values.clear()
    say(memory, "anna", name="t")
    say(memory, "bob")
    assert embedder.texts.count(SAID) == 3
