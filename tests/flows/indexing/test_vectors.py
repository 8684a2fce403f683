"""Embedding happens behind the caller: off its path, once a text, resumable, and told when it fails."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Open
from tests.flows.indexing.embedders import Counting, embedded, followers, near, stored
from tests.waiting import until
from tiermem import Memory, Message, ToolCall
from tiermem.flows.indexing import vectors
from tiermem.flows.indexing.vectors import PROBE
from tiermem.flows.reading import vector_search as asking
from tiermem.settings import Scope
from tiermem.testing import StoppedClock


def length(text: str) -> int:
    return len(text)


def talk(count: int, first: int = 1) -> list[str]:
    return [
        f"number {n} speaks of {('pools', 'trains', 'bread', 'rain')[n % 4]} and thing{n}"
        for n in range(first, first + count)
    ]


def test_add_never_waits_for_the_embedder(store: Open) -> None:
    embedder = Counting()
    embedder.gate.clear()
    session = store(embedder=embedder, index_batch=8, counter=length).session("s")
    for text in talk(40):
        session.add(text)
    assert embedder.gave_up == 0
    assert embedder.texts == []
    embedder.gate.set()
    until(lambda: embedded(session) >= 32)


def test_the_background_embeds_when_a_batch_waits_and_not_before(store: Open) -> None:
    embedder = Counting()
    memory = store(embedder=embedder, index_batch=8, counter=length)
    session = memory.session("s")
    session.add(talk(7))
    assert embedder.calls == 0
    assert memory._core.embedded.get(1) is None
    session.add("the eighth")
    until(lambda: embedded(session) == 8)
    session.add(talk(3, 9))
    other = memory.session("t")
    other.add(talk(8))
    until(lambda: embedded(other) == 8)  # whoever was woken before had its turn
    assert embedded(session) == 8


def test_index_embeds_at_once_all_that_waits(store: Open) -> None:
    embedder = Counting()
    session = store(embedder=embedder, index_batch=10_000, counter=length).session("s")
    session.add(talk(300))
    session.index()
    assert embedded(session) == 300
    assert embedder.texts == [PROBE, *talk(300)]
    assert embedder.calls == 4  # the probe, then 128 texts at a time


def test_many_sessions_are_all_followed(store: Open) -> None:
    memory = store(embedder=Counting(), index_batch=5, counter=length)
    sessions = [memory.session(f"s{n}") for n in range(6)]
    for session in sessions:
        session.add(talk(150))
    until(lambda: all(embedded(session) == 150 for session in sessions))


def test_equal_texts_are_embedded_once_in_a_batch_in_a_process_and_in_a_database(store: Open, target: str) -> None:
    embedder = Counting()
    memory = store(embedder=embedder, index_batch=10_000, counter=length)
    one, other = memory.session("one"), memory.session("other")
    one.add(["yes", "no", "yes", "yes"])
    one.index()
    assert sorted(embedder.texts) == sorted([PROBE, "yes", "no"])
    other.add(["no", "maybe", "yes"])
    other.index()
    assert sorted(embedder.texts) == sorted([PROBE, "yes", "no", "maybe"])
    assert stored(memory) == 5  # "no" is a stop word to this embedder; the zero vector is not kept
    memory._core.texts._values.clear()
    if target != ":memory:":
        memory.close()
        memory = store(embedder=embedder, index_batch=10_000, counter=length)
    embedder.texts.clear()
    third = memory.session("third")
    third.add(["maybe", "yes", "perhaps"])
    third.index()
    assert [text for text in embedder.texts if text != PROBE] == ["perhaps"]
    assert near(third, "perhaps").sequences.tolist() == [1, 2, 3]


def test_a_question_and_the_background_embed_a_waiting_text_once(store: Open) -> None:
    embedder = Counting()
    session = store(embedder=embedder, index_batch=10_000, counter=length).session("s")
    session.add(talk(5))
    assert near(session, "thing3").sequences.tolist() == [1, 2, 3, 4, 5]
    assert near(session, "thing4").sequences.tolist() == [1, 2, 3, 4, 5]
    assert embedder.texts == talk(5)
    session.index()
    assert sorted(embedder.texts) == sorted([*talk(5), PROBE])


def test_the_speaker_is_not_embedded_and_tool_calls_are(store: Open) -> None:
    embedder = Counting()
    session = store(embedder=embedder, counter=length).session("s")
    call = ToolCall(id="c1", name="lookup", arguments='{"town": "Ulm"}')
    session.add(
        [
            Message(role="user", content="I am off", name="Anna"),
            Message(role="assistant", content="", tool_calls=(call,)),
            Message(role="tool", content="Ulm: rain", tool_call_id="c1"),
            Message(role="user", content="  "),
        ]
    )
    session.index()
    assert embedder.texts[1:] == ["I am off", 'lookup {"town": "Ulm"}', "Ulm: rain"]
    assert embedded(session) == 4


def test_a_long_message_is_found_by_any_of_its_passages(store: Open) -> None:
    embedder = Counting()
    session = store(embedder=embedder, counter=length).session("s")
    filler = [f"Nothing of note was said about the weather on slow afternoon {n} in the office. " for n in range(60)]
    middle = "\n\nThe zeppelin hangar burnt down.\n\n"
    session.add(["short words", "".join([*filler[:30], middle, *filler[30:]]), "more words"])
    session.index()
    texts = embedder.texts[1:]
    assert len(texts) > 6
    assert max(map(len, texts)) <= vectors.PASSAGE
    found = near(session, "zeppelin hangar burnt")
    assert found.sequences.tolist() == [1, 2, 3]
    assert int(np.argmax(found.scores)) == 1
    cosines = embedder.embed_documents(texts[1:-1]) @ np.asarray(embedder.embed_query("zeppelin hangar burnt"))
    assert "zeppelin" in texts[1 + int(np.argmax(cosines))]
    assert found.scores[1] == pytest.approx(cosines.max(), abs=2e-3)
    assert session.search("zeppelin hangar burnt")[0].ref == "m2"


def test_a_huge_message_has_a_bounded_number_of_vectors(store: Open) -> None:
    memory = store(embedder=Counting(), counter=length)
    session = memory.session("s")
    session.add([f"number {n}. " * 40_000 for n in range(3)])
    session.index()
    assert embedded(session) == 3
    assert stored(memory) <= 3 * vectors.MOST_PASSAGES


def test_what_is_lent_to_a_question_scores_as_what_is_stored(store: Open) -> None:
    session = store(embedder=Counting(), index_batch=10_000, counter=length).session("s")
    session.add(talk(40))
    session.index()
    session.add(talk(20, 41))
    lent = near(session, "bread and thing44")
    session.index()
    kept = near(session, "bread and thing44")
    for one, other in ((lent, kept), (near(session, "bread and thing44"), kept)):
        assert one.sequences.tolist() == other.sequences.tolist() == list(range(1, 61))
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
        assert (one.mean, one.spread) == pytest.approx((other.mean, other.spread), abs=1e-6)
        assert one.waiting == 0


def test_losing_the_cached_vectors_changes_no_answer(store: Open) -> None:
    memory = store(index_batch=50, counter=length)
    session = memory.session("s")
    session.add(talk(300))
    session.index()
    before = near(session, "trains and thing77")
    memory._core.vectors._values.clear()
    after = near(session, "trains and thing77")
    assert before.sequences.tolist() == after.sequences.tolist()
    np.testing.assert_allclose(before.scores, after.scores, atol=1e-6)
    assert (before.mean, before.spread) == pytest.approx((after.mean, after.spread), abs=1e-6)


def test_where_many_messages_wait_the_words_find_them_and_it_is_told(
    store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "OWN", 16)
    woken: list[object] = []
    monkeypatch.setattr("tiermem.runtime.background.Follower.wake", lambda _, scope: woken.append(scope))
    embedder = Counting()
    session = store(embedder=embedder, index_batch=10_000, counter=length).session("s")
    session.add(talk(20))
    session.index()
    session.add(talk(30, 21))
    assert woken == []
    found = near(session, "thing33")
    assert len(woken) == 1  # the question leaves them to the background
    assert found.sequences.tolist() == list(range(1, 21))
    assert found.waiting == 30
    assert "30 messages wait" in found.degraded[0]
    assert "30 messages wait" in " ".join(session.stats().degraded)
    assert session.search("thing33")[0].ref == "m33"
    assert not set(talk(30, 21)) & set(embedder.texts)
    session.index()
    assert session.stats().degraded == near(session, "thing33").degraded == ()


def test_a_question_over_a_users_sessions_wakes_those_whose_messages_wait(
    store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Scope] = []
    monkeypatch.setattr(asking, "OWN", 16)
    memory = store(embedder=Counting(), index_batch=10_000, counter=length)
    few, many, home = (memory.session(name, "anna") for name in ("few", "many/1", "home"))
    few.add(talk(3))
    many.add(talk(30))
    home.add("Good morning.")
    monkeypatch.setattr("tiermem.runtime.background.Follower.wake", lambda _, scope: woken.append(scope))
    home.search("thing3", within="user")
    assert set(woken) == {many.scope}


def test_a_question_over_many_sessions_embeds_what_waits_as_one_batch(
    store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "OWN", 12)
    embedder = Counting()
    memory = store(embedder=embedder, index_batch=10_000, counter=length)
    home, *others = (memory.session(name, "anna") for name in ("home", "one", "two", "three"))
    for place, session in enumerate((home, *others)):
        session.add(talk(4, 1 + 10 * place))
    monkeypatch.setattr("tiermem.runtime.background.Follower.wake", lambda *_: None)
    found = home.search("thing13", within="user")
    assert found[0].session == "one"
    assert embedder.calls == 2  # what waits in the session that was asked and the two newest; how well it knows English
    told = {text for text in embedder.texts if text.startswith("number")}
    assert told == {*talk(4), *talk(4, 21), *talk(4, 31)}
    assert "4 messages wait for their vectors" in " ".join(home.recall("thing13", 500, within="user").degraded)
    assert embedder.calls == 2
    for session in (home, *others):
        session.index()
    assert home.recall("thing13", 500, within="user").degraded == ()


def test_a_restart_reads_the_vectors_of_many_sessions_at_once(store: Open, target: str) -> None:
    if target == ":memory:":
        return
    with store(embedder=Counting(), counter=length) as memory:
        for place in range(5):
            memory.session(f"s{place}", "anna").add(talk(3, 1 + 10 * place))
            memory.session(f"s{place}", "anna").index()
        before = [
            (hit.session, hit.ref, hit.score)
            for hit in memory.session("s0", "anna").search("thing31 bread", within="user")
        ]
    memory = store(embedder=Counting(), counter=length)
    memory.session("s4", "anna").add(talk(2, 44))
    session = memory.session("s0", "anna")
    after = session.search("thing31 bread", within="user")
    assert after[0].session == before[0][0] == "s3"
    assert len(near(session, "thing31")) == 3


def test_a_failing_embedder_rests_and_the_background_tries_again(store: Open) -> None:
    embedder, clock = Counting(), StoppedClock()
    embedder.fails = ConnectionError("no route")
    session = store(embedder=embedder, index_batch=5, counter=length, clock=clock).session("s")
    session.add(talk(5))
    until(lambda: any("no route" in line for line in session.stats().degraded))
    calls = embedder.calls
    session.add(talk(20, 6))
    session.index()
    found = near(session, "thing3")
    assert embedder.calls == calls
    assert (len(found), found.waiting) == (0, 25)
    assert "no route" in found.degraded[0]
    embedder.fails = None
    clock.tick(vectors.PAUSE + 1)
    session.add("one more")
    until(lambda: embedded(session) == 26)
    assert session.stats().degraded == ()


def test_the_background_tries_again_without_being_woken(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiermem.runtime.background.AGAIN", 0.05)
    monkeypatch.setattr(vectors, "PAUSE", 0.01)
    embedder = Counting()
    embedder.fails = ConnectionError("no route")
    session = store(embedder=embedder, index_batch=5, counter=length).session("s")
    session.add(talk(5))
    until(lambda: embedder.calls > 2)
    embedder.fails = None
    until(lambda: embedded(session) == 5)


def test_a_hanging_embedder_holds_neither_add_nor_close(store: Open) -> None:
    embedder = Counting()
    embedder.gate.clear()
    memory = store(embedder=embedder, index_batch=5, embedder_timeout=0.05, counter=length)
    session = memory.session("s")
    session.add(talk(20))
    until(lambda: any("Timeout" in line for line in session.stats().degraded))
    assert session.search("thing7")[0].ref == "m7"
    memory.close()
    assert embedder.gave_up == 0
    embedder.gate.set()


def test_close_ends_the_background_and_keeps_what_was_embedded(store: Open, target: str) -> None:
    memory = store(embedder=Counting(), index_batch=5, counter=length)
    memory.session("s").add(talk(2_000))
    thread = memory._performer._follower._thread
    assert thread is not None
    memory.close()
    assert not thread.is_alive()
    if target != ":memory:":
        session = store(embedder=Counting(), index_batch=5, counter=length).session("s")
        assert embedded(session) % vectors.BATCH == 0 or embedded(session) == 2_000
        session.index()
        assert embedded(session) == 2_000


def test_a_memory_that_is_dropped_takes_its_background_with_it(store: Open, file: Path) -> None:
    before = set(followers())
    memory = Memory.open(file, embedder=Counting(), index_batch=5, counter=length)
    memory.session("s").add(talk(50))
    started = set(followers()) - before
    assert len(started) == 1
    dropped = weakref.ref(memory)
    del memory
    until(lambda: gc.collect() >= 0 and dropped() is None)
    until(lambda: not set(followers()) & started)
