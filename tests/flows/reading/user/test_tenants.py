"""A thousand tenants with hostile names in one database: nobody is shown a byte of another, whatever is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import a_database
from tests.tenants import ASKED, COUNT, OWNERS, QUESTION, REFERENCES, SESSIONS, canaries, fill, opened, own
from tiermem import Memory, Session
from tiermem.errors import MissingNamespace
from tiermem.tools import memory_tools


@pytest.fixture(scope="module", params=["file", "memory", "postgres"])
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    file = str(tmp_path_factory.mktemp("tenants") / "m.db")
    with a_database(request, file) as target, Memory.open(target, durability="relaxed") as memory:
        fill(memory)
        yield memory


@pytest.fixture(params=ASKED, ids=lambda place: ascii(OWNERS[place]))
def place(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def session(crowd: Memory, place: int) -> Session:
    return crowd.session("today", OWNERS[place])


def test_there_are_a_thousand_of_them_and_each_is_another() -> None:
    assert len(set(OWNERS)) == COUNT
    assert len(ASKED) == 5


@pytest.mark.sampled(4)
def test_every_verb_shows_the_users_own_and_nothing_else(session: Session, place: int) -> None:
    for within in ("user", "everything"):
        for verb in (session.search, session.recall, session.context):
            assert canaries(verb(QUESTION, within=within)) == own(place)  # type: ignore[operator]
        assert canaries(session.search(QUESTION, within=within, explain=True)) == own(place)
        named = [*SESSIONS, "today", *(user for _, user in OWNERS)]
        assert canaries(session.search(QUESTION, within=within, sessions=named)) == own(place)
    for other in ("zq0000ax", "zq0042bx", f"zq{place + 1:04d}ax"):
        assert canaries(session.recall(f"Where does {other} sing?", within="user")) <= own(place)
    assert canaries([session.view(), session.stats(), session.journal(), session.messages()]) == set()
    assert sorted(session.memory.sessions(OWNERS[place])) == sorted(SESSIONS)


def test_tools_and_events_show_the_users_own_and_nothing_else(session: Session, place: int) -> None:
    tools, told = memory_tools(session), []
    stop = session.memory.subscribe(lambda event: told.append(event.as_dict()))
    answers = [tools["search_memory"].call(query=QUESTION), tools["search_memory"].call(query="zq0000ax zq0042bx")]
    answers += [tools["expand_memory"].call(ref=f"{name}/m1") for name in SESSIONS]
    assert canaries(answers) == own(place)
    answers = [tools[name].call(ref=ref) for name in ("expand_memory", "forget_memory") for ref in REFERENCES]
    stop()
    assert canaries(answers) == set()
    assert told
    assert canaries(told) == set()
    assert {(event["tenant"], event["user"]) for event in told} == {OWNERS[place]}


def test_no_reference_opens_or_names_what_another_user_said(session: Session, place: int) -> None:
    assert canaries([session.expand(f"{name}/m1") for name in SESSIONS]) == own(place)
    foreign = [f"{'/'.join(OWNERS[other])}/{name}/m1" for other in (0, 1, 40, place + 1) for name in SESSIONS]
    assert canaries(opened(session, [*REFERENCES, *foreign])) == set()
    assert not session.journal()


def test_what_a_session_hides_is_hidden_from_its_user_alone(session: Session, crowd: Memory, place: int) -> None:
    other = (place + 1) % COUNT
    made = session.forget("friday/m1")
    assert canaries(session.recall(QUESTION, within="user")) == own(place) - {f"zq{place:04d}ax"}
    assert canaries(crowd.session("today", OWNERS[other]).recall(QUESTION, within="user")) == own(other)
    session.undo(made[0])
    assert canaries(session.recall(QUESTION, within="user")) == own(place)


def test_nobody_has_no_other_session(crowd: Memory) -> None:
    nobody = crowd.session("today")
    for verb in (nobody.search, nobody.recall, nobody.context):
        with pytest.raises(MissingNamespace):
            verb(QUESTION, within="user")  # type: ignore[operator]
        assert canaries(verb(QUESTION, within="everything")) == set()  # type: ignore[operator]
    assert canaries(opened(nobody, [*REFERENCES, "friday/m1", "anna/m1/m1"])) == set()
