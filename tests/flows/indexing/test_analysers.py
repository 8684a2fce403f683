"""Another version of our rules, of the stemmer or of the segmenter: the word index is made anew, and processes of two
versions that share a database neither spoil each other's terms nor miss what was said."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from tests.faults.worker import length
from tests.flows.indexing.embedders import Counting
from tests.waiting import PATIENCE, until
from tiermem import Memory, Session
from tiermem.index.segment import segment
from tiermem.settings import Scope, Settings
from tiermem.storage import segments, sessions
from tiermem.storage.database import Database
from tiermem.storage.schema import session
from tiermem.text import analyzer, synonyms
from tiermem.text.dialogue import Spoken

TALK = ["The universities are closed.", "我们决定搬到北京。", "An import of wool arrived.", "He pasted the number."]


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that two may open."""
    return str(tmp_path / "memory.db") if request.param == "file" else str(request.getfixturevalue("postgres_url"))


@contextmanager
def version(number: int, stemmer: str = "2.2.0") -> Iterator[None]:
    """A process of that version: other rules, another stemmer, and so other terms of the same text."""
    ending = f"q{number}q{stemmer.replace('.', '')}"
    with (
        patch.object(analyzer, "RULES", f"tiermem-words-{number}"),
        patch.object(analyzer, "_versions", lambda: (f"snowballstemmer-{stemmer}", "rjieba-0.2.2")),
        patch.object(analyzer, "_stem", lambda one: one + ending),
    ):
        _forget()
        yield
    _forget()


def _forget() -> None:
    analyzer._chunk_terms.cache_clear()
    analyzer._token_terms.cache_clear()
    synonyms._member.cache_clear()
    synonyms._builtin.cache_clear()


def opened(target: str, **options: object) -> Memory:
    return Memory.open(target, counter=length, **options)  # type: ignore[arg-type]


def terms_of(memory: Memory) -> str:
    def body(connection: sa.Connection) -> str:
        parts = segments.read(connection, connection.execute(sa.select(session.c.pk)).scalars().all())
        return " ".join(term for own in parts.values() for part in own for term in part.words)

    return memory.wiring[1]._database.read(body)


def refs(session: Session, query: str) -> list[str]:
    return [hit.ref for hit in session.search(query, 1)]


@pytest.mark.parametrize(
    ("name", "than", "is_newer"),
    [
        (
            "tiermem-words-5/snowballstemmer-2.2.0/rjieba-0.2.2",
            "tiermem-words-4/snowballstemmer-3.1.1/rjieba-0.3",
            True,
        ),
        ("tiermem-words-10/snowballstemmer-2.2.0/rjieba-0.2.2", "tiermem-words-9/snowballstemmer-3.1/rjieba-1", True),
        (
            "tiermem-words-4/snowballstemmer-3.0.1/rjieba-0.2.2",
            "tiermem-words-4/snowballstemmer-2.2.0/rjieba-0.3",
            True,
        ),
        ("tiermem-words-4/snowballstemmer-3.1/rjieba-0.2.10", "tiermem-words-4/snowballstemmer-3.1/rjieba-0.2.9", True),
        ("tiermem-words-4/snowballstemmer-unknown/rjieba-1", "tiermem-words-4/snowballstemmer-2.2.0/rjieba-1", False),
        ("tiermem-words-4", "tiermem-words-4/snowballstemmer-2.2.0/rjieba-0.2.2", False),
        ("that of version 1", "tiermem-words-4", False),
        ("", "that of version 1", False),
    ],
)
def test_which_analyser_is_newer(name: str, than: str, is_newer: bool) -> None:
    assert analyzer.newer(name, than) is is_newer
    assert not (is_newer and analyzer.newer(than, name))
    assert not analyzer.newer(name, name)


def test_the_name_says_which_stemmer_and_which_segmenter() -> None:
    rules, stemmer, segmenter = analyzer.analyser().split("/")
    assert rules == analyzer.RULES
    assert stemmer.startswith("snowballstemmer-")
    assert segmenter.startswith("rjieba-")
    assert analyzer.analyser() in Memory.open(":memory:").wiring[0].embedder_name  # whose features are terms too


def test_without_the_notes_of_an_installation_the_name_stays_one() -> None:
    assert analyzer._version("a package that nobody has installed") == "unknown"


@pytest.mark.parametrize("later", [(5, "2.2.0"), (4, "3.1.1")])
def test_with_another_version_the_index_is_made_anew(
    target: str, later: tuple[int, str], caplog: pytest.LogCaptureFixture
) -> None:
    with version(4), opened(target) as memory:
        memory.session("s").add(TALK)
        memory.session("s").index()
        assert memory.session("s").stats().indexed == len(TALK)
    with version(*later), opened(target) as memory:
        session = memory.session("s")
        assert "tiermem-words-4/snowballstemmer-2.2.0" in caplog.text
        assert session.stats().indexed == 0
        assert [refs(session, query) for query in ("universities", "北京", "wool")] == [["m1"], ["m2"], ["m3"]]
        assert session.verify().ok
        session.index()
        assert "q4q220" not in terms_of(memory)
        assert session.verify().ok
        assert refs(session, "wool") == ["m3"]


def test_a_running_process_of_the_older_version_spoils_no_index_of_the_newer(target: str) -> None:
    with version(4):
        old = opened(target)
        mine = old.session("s")
        mine.add(TALK[:2])
        mine.index()
    with version(5):
        new = opened(target)
    with version(4):
        mine.add(TALK[2:])
        mine.index()
        assert refs(mine, "wool") == ["m3"]
        assert any("another analyser" in words for words in mine.stats().degraded)
        proof = mine.verify()
        assert (proof.ok, len(proof.notes)) == (True, 1)
    with version(5):
        theirs = new.session("s")
        theirs.add("A fifth message of marzipan.")
        assert refs(theirs, "wool") == ["m3"]
        theirs.index()
        assert refs(theirs, "marzipan") == ["m5"]
        assert "q4q" not in terms_of(new)
        assert theirs.stats().indexed == 5
        assert (theirs.verify().ok, theirs.verify().notes) == (True, ())
    with version(4):  # what the newer one indexed is found by the older one's own terms
        assert refs(mine, "marzipan") == ["m5"]
        assert refs(opened(target).session("s"), "universities") == ["m1"]
    for memory in (old, new):
        memory.close()


def test_an_older_version_that_is_opened_later_leaves_the_index_to_the_newer(target: str) -> None:
    with version(5), opened(target) as memory:
        memory.session("s").add(TALK)
        memory.session("s").index()
    with version(4), opened(target) as memory:
        session = memory.session("s")
        session.add("A fifth message of marzipan.")
        session.index()
        assert [refs(session, query) for query in ("wool", "marzipan", "北京")] == [["m3"], ["m5"], ["m2"]]
        assert (session.stats().indexed, session.verify().ok) == (0, True)
    with version(5), opened(target) as memory:
        assert memory.session("s").stats().indexed == len(TALK)
        assert refs(memory.session("s"), "marzipan") == ["m5"]
        assert memory.session("s").verify().notes == ()


@pytest.mark.parametrize("reader", [4, 6])
def test_what_only_reads_reads_the_messages_instead(target: str, reader: int) -> None:
    with version(5), opened(target) as memory:
        memory.session("s").add(TALK)
        memory.session("s").index()
    with version(reader), opened(target, read_only=True) as memory:
        assert refs(memory.session("s"), "universities") == ["m1"]
        assert memory.session("s").verify().ok
    with version(5), opened(target) as memory:
        assert memory.session("s").stats().indexed == len(TALK)


def test_a_long_conversation_is_found_whole_and_indexed_again_without_an_add(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiermem.flows.reading.corpus.TAIL", 40)
    with version(4), opened(target) as memory:
        memory.session("s").add([*TALK, *(f"Filler number {number}." for number in range(96)), "At last marzipan."])
        memory.session("s").index()
    with version(5), opened(target) as memory:
        session = memory.session("s")
        assert any("wait for the index" in words for words in session.stats().degraded)
        assert refs(session, "marzipan") == ["m101"]
        until(lambda: session.stats().indexed == 101)
        assert refs(session, "universities") == ["m1"]
        assert session.verify().ok


def test_words_that_are_being_added_while_the_index_is_emptied_leave_nothing(postgres_url: str) -> None:
    scope = Scope("", "a", "s")
    database = Database(postgres_url, Settings())
    database.write(lambda c: segments.use_analyser(c, analyzer.analyser()))
    pk = database.write(lambda c: sessions.obtain(c, scope, datetime.now(UTC), 1)).pk
    begun = threading.Event()

    def slowly(connection: sa.Connection) -> None:
        locked = sessions.find(connection, scope, lock=True)
        begun.set()
        time.sleep(0.5)
        segments.add(connection, locked.pk, segment([Spoken(1, 0.0, "", ["pool"], "user", [])]), 0)

    batch = threading.Thread(target=database.write, args=(slowly,))
    batch.start()
    assert begun.wait(PATIENCE)
    with version(99):
        database.write(lambda c: segments.use_analyser(c, analyzer.analyser()))
        batch.join()
        assert database.read(lambda c: sessions.by_key(c, pk)).indexed == 0
    assert database.read(lambda c: segments.read(c, [pk])) == {}
    database.close()


def test_passages_that_another_splitter_cut_are_no_damage(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    long = " ".join(f"Sentence number {number} speaks of the harbour." for number in range(60))
    with opened(target, embedder=Counting()) as memory:
        memory.session("s").add([long, "short"])
        memory.session("s").index()
        assert memory.session("s").verify().notes == ()
    monkeypatch.setattr("tiermem.flows.indexing.vectors.PASSAGE", 500)
    with opened(target, embedder=Counting()) as memory:
        proof = memory.session("s").verify()
        assert proof.ok
        assert [note for note in proof.notes if "other passages" in note] == list(proof.notes)
        assert len(proof.notes) == 1
        assert refs(memory.session("s"), "number 59") == ["m1"]
        memory.wiring[1]._database.write(lambda c: c.execute(sa.text("UPDATE tiermem_vector SET part = part + 7")))
        assert not memory.session("s").verify().ok
