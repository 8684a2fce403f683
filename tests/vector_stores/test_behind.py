"""A vector store behind the archive names candidates, and answers, erasures and trust stay ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore

from langchain_tiered_memory import ArchiveVectors as OfLangChain
from llamaindex_tiered_memory import ArchiveVectors as OfLlamaIndex
from tests.vector_stores.stores import QUESTIONS, STORES, Plain, fill, found, opened, said
from tiermem import Memory
from tiermem.errors import InvalidSettings
from tiermem.flows.indexing import outside as pushing
from tiermem.flows.reading import nominating
from tiermem.index.outside import doubts, rounds
from tiermem.index.outside.store import PassageKey, placed, point_id


@pytest.fixture(params=sorted(STORES))
def beside(request: pytest.FixtureRequest) -> Any:
    """A vector store of each kind, empty."""
    return STORES[request.param]()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[list[Any]]:
    """What the same talk gives by our own index."""
    with opened(str(tmp_path / "own.db")) as memory:
        fill(memory)
        yield found(memory)


@pytest.mark.sampled(3)
def test_the_same_is_found_with_the_same_scores_and_filters(beside: Any, target: str, own: list[Any]) -> None:
    with opened(target, beside) as memory:
        fill(memory)
        assert len(beside.ids()) == 60 + 60 + 3 + 3
        core = memory.wiring[0]
        assert found(memory) == own
        assert not core.vectors._values  # our own index in RAM was not needed
        assert memory.session("monday", "ann").search(QUESTIONS[0], explain=True)
        assert core.known.store_error == ""


@pytest.mark.sampled(3)
def test_adding_twice_is_adding_once_and_a_restart_adds_nothing(beside: Any, file: Path) -> None:
    for _ in range(2):
        with opened(str(file), beside) as memory:
            fill(memory)
            fill(memory)
            ids = beside.ids()
            before = found(memory)
            assert memory.settle(60)
            assert (found(memory), beside.ids()) == (before, ids)
    with opened(str(file), beside) as memory:  # nobody adds; a question has it looked at
        assert found(memory) == before
        assert memory.settle(60)
        assert found(memory) == before
        assert len(memory.wiring[0].pushed) == 3
        assert beside.ids() == ids
    if isinstance(beside, Plain):
        assert len(beside.added) == len(ids)


@pytest.mark.sampled(3)
def test_what_was_removed_behind_our_back_is_noticed_and_refilled(beside: Any, target: str, own: list[Any]) -> None:
    with opened(target, beside) as memory:
        fill(memory)
        ids = beside.ids()
        for lost in (sorted(ids)[:1], sorted(ids)[::2], sorted(ids)):
            beside.lose(lost)
            assert found(memory) == own  # at once
            assert memory.settle(60)
            assert beside.ids() == ids
        assert found(memory) == own


@pytest.mark.sampled(3)
def test_what_is_erased_is_gone_there_too_and_nobody_elses(beside: Any, target: str) -> None:
    with opened(target, beside) as memory:
        fill(memory)
        of_ann, before = beside.ids(), found(memory)
        fill(memory, "bob", 40)
        of_bob = beside.ids() - of_ann
        memory.session("monday", "bob").erase("m3")
        assert len(beside.ids() - of_ann) == len(of_bob) - 1
        memory.session("tuesday", "bob").erase()
        assert len(beside.ids() - of_ann) == len(of_bob) - 1 - 20
        assert "vector database" not in str(memory.erase("bob").pending)
        assert beside.ids() == of_ann
        assert found(memory) == before
        assert memory.session("monday", "bob").search(QUESTIONS[0]) == []


def test_what_could_not_be_removed_is_said_and_removed_by_the_next_memory(file: Path) -> None:
    store = Plain()
    with opened(str(file), store) as memory:
        fill(memory)
        ids = store.ids()
        fill(memory, "bob", 40)
    with opened(str(file)) as memory:  # without it
        told = memory.session("tuesday", "bob").erase().pending
        assert any(one.startswith("20 vectors, without a word, in the vector database") for one in told)
    store.fails = True
    with opened(str(file), store) as memory:
        assert "vector database" in str(memory.erase("bob").pending)
    store.fails = False
    assert len(store.ids()) > len(ids) + 20
    with opened(str(file), store) as memory:
        assert found(memory)
        assert memory.settle(60)
        assert store.ids() == ids


def test_what_a_store_invents_is_never_shown(file: Path, own: list[Any]) -> None:
    store = Plain()
    with opened(str(file), store) as memory:
        fill(memory)
        fill(memory, "bob", 40)
        of_bob = memory.session("monday", "bob")
        identity = memory.drive(pushing.database(memory.wiring[0]))
        key = next(key for _, key in memory.wiring[0].pushed)
        keys = sorted({session for session, _ in memory.wiring[0].pushed})
        guesses = [PassageKey(session, number, 0, key) for session in [*keys, 999] for number in (1, 2, 500)]
        store.invents = [point_id(identity, one) for one in guesses]
        store.invents += [point_id("another", guesses[0]), "nonsense", "", guesses[0].text]
        assert found(memory) == own
        assert {hit.session for hit in of_bob.search("harbour", within="user")} <= {"monday", "tuesday"}
        texts = {hit.message.text for hit in memory.session("monday", "ann").search(QUESTIONS[1], 50, within="user")}
        assert texts <= {hit.text for name in ("monday", "tuesday") for hit in memory.session(name, "ann").messages()}


def test_each_question_is_limited_to_its_user_or_session_before_it_is_ranked(file: Path) -> None:
    store = Plain()
    with opened(str(file), store) as memory:
        fill(memory)
        fill(memory, "bob", 40)
        found(memory, "bob")
        asked = {(one.field, one.value) for one in store.asked}
        assert {field for field, _ in asked} == {"owner", "session"}
        theirs = [one for one in store.points.values() if (("owner", one.owner) in asked)]
        assert len({one.owner for one in theirs}) == 1
        assert len(theirs) < len(store.points) / 2
        assert all(one.k == nominating.NOMINATED for one in store.asked)
        words = {word for one in store.points.values() for word in (one.id, one.owner, one.session)}
        assert not any("ann" in word or "bob" in word for word in words if len(word) != 36 and len(word) != 32)


def test_a_store_that_fails_costs_no_answer_and_is_told(file: Path, own: list[Any]) -> None:
    store = Plain()
    with opened(str(file), store) as memory:
        store.fails = True
        fill(memory)
        assert found(memory) == own
        context = memory.session("monday", "ann").context("When does the ferry in Oslo open?", 400)
        assert any("vector store: ConnectionError" in one for one in context.degraded)
        assert store.ids() == set()
        store.fails = False
        memory.wiring[0].known.store_failed_at -= 60
        assert found(memory) == own
        assert memory.settle(60)
        assert store.ids()
        context = memory.session("monday", "ann").context("When does the ferry in Oslo open?", 400)
        assert not any("vector store" in one for one in context.degraded)


def test_more_than_it_names_is_found_by_the_nearest_and_a_sample(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nominating, "NOMINATED", 30)
    monkeypatch.setattr(nominating, "SAMPLED", 20)
    store = Plain()
    with opened(str(file), store) as memory, opened(str(file)) as exact:
        fill(memory)
        for question in QUESTIONS:
            near = [one.session("monday", "ann").search(question, 3) for one in (memory, exact)]
            assert near[0][0].ref == near[1][0].ref
        assert memory.wiring[0].known.store_error == ""
        assert not memory.wiring[0].vectors._values


def test_a_store_that_names_too_few_is_compared_once_and_answers_stay_whole(
    file: Path, own: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "FIRST", doubts.PERIOD)
    store = Plain()
    store.names = 20
    with opened(str(file), store) as memory:
        fill(memory)
        for _ in range(2):  # what one question doubts, and what the next does
            assert found(memory) == own
            assert memory.settle(60)
        asked, compared, added = len(store.asked), store.compared, len(store.added)
        for _ in range(2):
            assert found(memory) == own
            assert memory.settle(60)
        assert (store.compared, len(store.added)) == (compared, added)
        assert len(store.asked) > asked
        context = memory.session("monday", "ann").context(QUESTIONS[0], 400)
        assert "vector store: it names 20 of " in str(context.degraded)
        monday = memory.session("monday", "ann")
        monday.add("The new tram in Oslo opens at noon.")
        monday.index()
        assert monday.search("When does the new tram in Oslo open?")[0].ref == "m62"
        assert memory.settle(60)
        assert store.compared <= compared + 8  # what is new, and not what was compared

        store.names = 1_000_000  # it does better, or what it lacks is noticed in a while
        store.lose(sorted(store.ids())[::2])
        monkeypatch.setattr(doubts, "PERIOD", 0.0)
        for _ in range(3):
            assert found(memory)
            assert memory.settle(60)
        assert len(store.ids()) == len(set(store.added))


def test_a_store_that_cannot_say_what_it_has_and_names_too_few_is_filled_a_few_times(
    file: Path, own: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(Plain):
        """It cannot be asked for ids."""

        def present(self, ids: Sequence[str]) -> Collection[str]:
            return ()

    for name in ("FIRST", "PERIOD"):  # seconds; a busy machine may take long for this
        monkeypatch.setattr(doubts, name, 36_000.0)
    store = Silent()
    store.names = 20
    with opened(str(file), store) as memory:
        fill(memory)
        for _ in range(doubts.TIMES + 8):
            assert found(memory) == own
            assert memory.settle(60)
        added = len(store.added)  # on a busy machine two looks may begin before the first of them is told
        assert added <= (doubts.TIMES + 3) * len(store.ids())
        assert found(memory) == own
        assert memory.settle(60)
        assert len(store.added) == added


@pytest.mark.sampled(3)
def test_what_forks_share_and_a_fork_that_is_erased(beside: Any, target: str, tmp_path: Path) -> None:
    file = tmp_path / "exact.db"
    with opened(target, beside) as memory, opened(str(file)) as exact:
        for one in (memory, exact):
            fill(one)
            fork = one.session("monday", "ann").fork(session_id="aside")
            fork.add([said(70), said(71)])
            fork.index()
            assert one.settle(60)
        ids = beside.ids()

        def both(question: str) -> list[list[Any]]:
            return [
                [
                    (hit.session, hit.ref, round(hit.score, 5))
                    for hit in one.session("aside", "ann").search(question, 10)
                ]
                for one in (memory, exact)
            ]

        for question in QUESTIONS:
            ours, theirs = both(question)
            assert ours == theirs != []
        assert memory.wiring[0].known.store_error == ""
        memory.session("aside", "ann").erase()
        assert len(beside.ids()) == len(ids) - 2
        assert memory.session("monday", "ann").search(QUESTIONS[0])


async def test_it_can_be_awaited(file: Path, own: list[Any]) -> None:
    store = Plain()
    with opened(str(file), store) as memory:
        fill(memory)
        session = memory.session("monday", "ann")
        assert [hit.ref for hit in await session.as_async().search(QUESTIONS[0], 10)] == [ref for _, ref, _ in own[0]]


def test_what_is_no_vector_store_is_refused_by_name(file: Path) -> None:
    for wrong in (5, Plain, object()):
        with pytest.raises(InvalidSettings, match="vector_store= takes an object with add, delete, nearest, present"):
            opened(str(file), wrong)
    with pytest.raises(InvalidSettings, match="name one"):
        Memory.open(file, vector_store=Plain())
    with pytest.raises(InvalidSettings, match="vector store of LlamaIndex"):
        OfLlamaIndex(5)  # type: ignore[arg-type]
    with pytest.raises(InvalidSettings, match="VectorStore of LangChain"):
        OfLangChain(lambda _: object(), 3)  # type: ignore[arg-type,return-value]
    with pytest.raises(InvalidSettings, match="dimensions"):
        OfLangChain(InMemoryVectorStore, 0)

    class Unheard(VectorStore):
        """One whose filters nobody knows."""

        similarity_search = from_texts = add_texts = None  # type: ignore[assignment]

    with pytest.raises(InvalidSettings, match="where= makes its filter"):
        OfLangChain(lambda _: Unheard(), 3)  # type: ignore[abstract]
    assert not file.exists()


@given(
    st.builds(
        PassageKey,
        st.integers(1, 2**36 - 1),
        st.integers(1, 2**36 - 1),
        st.integers(0, 255),
        st.integers(1, 2**20 - 1),
    ),
    st.text(max_size=8),
    st.text(max_size=8),
)
def test_an_id_says_which_passage_it_is_and_of_which_database(place: PassageKey, one: str, other: str) -> None:
    assert placed(one, point_id(one, place)) == place
    if one != other:
        assert placed(other, point_id(one, place)) is None


@pytest.mark.sampled(3)
def test_what_it_lost_beyond_what_it_names_is_noticed_in_turn(
    beside: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nominating, "NOMINATED", 20)
    for name, value in (("PASSAGES", 30), ("PAUSE", 0.0), ("SLOW", 0.0)):
        monkeypatch.setattr(rounds, name, value)
    monkeypatch.setattr(pushing, "BATCH", 30)
    monkeypatch.setattr(pushing, "LONGEST", 3)
    with opened(str(file), beside) as memory:
        fill(memory)
        session, ids = memory.session("monday", "ann"), beside.ids()
        ours = {one for one in ids if placed_in(memory, one)}
        for lost in (sorted(ours)[5:6], sorted(ours)[70:71], sorted(ours)[::5]):
            beside.lose(lost)
            for turn in range(2 * len(ids) // 30):
                session.search(QUESTIONS[turn % 10], within="user")
                assert memory.settle(60)
            assert beside.ids() == ids
        assert memory.wiring[0].known.store_error == ""


def placed_in(memory: Memory, one: str) -> bool:
    """Whether it is of a conversation: those are what is asked."""
    place = placed(memory.drive(pushing.database(memory.wiring[0])), one)
    return place is not None and place.session != max(pk for pk, _ in memory.wiring[0].pushed)
