"""What is remembered between two calls of an agent's model."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tiermem.agents.note import Note, owner_of
from tiermem.settings import Scope

NOTES = st.builds(
    Note,
    session=st.text(),
    owner=st.text(),
    mixed=st.booleans(),
    upto=st.integers(-1, 9),
    count=st.integers(0, 9),
    last=st.text(),
    seen=st.integers(0, 2**32),
    asked=st.integers(0, 9),
    quoted=st.dictionaries(st.text(), st.text()),
    bare=st.integers(0, 9),
    scale=st.floats(0.7, 3),
    most=st.integers(0, 9),
)


@given(NOTES)
def test_a_note_comes_back_from_json_whatever_another_version_adds(note: Note) -> None:
    kept = json.loads(json.dumps(note.plain()))
    assert Note.from_plain(kept) == note
    assert Note.from_plain(kept | {"of another version": 1}) == note


def test_what_an_older_version_did_not_write_has_its_default() -> None:
    assert Note.from_plain({"count": 3}) == Note(count=3)


def test_a_note_of_another_session_keeps_what_is_known_of_thread_and_provider_alone() -> None:
    note = Note("s", "anna", False, 4, 5, "id", 6, 3, {"m3": "a secret"}, 12, 2, 1.5, 700)
    assert note.owned_by("anna") is not note
    assert note.owned_by("anna") == note
    bob = note.owned_by("bob")
    assert (bob.owner, bob.mixed, bob.upto, bob.asked, bob.quoted) == ("bob", True, -1, 0, {})
    assert (bob.laid_down, bob.bare) == (0, 0)
    assert (bob.session, bob.count, bob.last, bob.seen, bob.scale, bob.most) == ("s", 5, "id", 6, 1.5, 700)
    assert Note(count=2).owned_by("anna") == Note(owner="anna", count=2)


def test_an_owner_tells_names_apart_and_shows_none_of_them() -> None:
    scopes = [Scope("", "anna", "s"), Scope("", "ann", "as"), Scope("anna", "s", "s"), Scope("", "s", "anna")]
    owners = {owner_of(scope) for scope in scopes}
    assert len(owners) == len(scopes)
    assert not any("anna" in owner for owner in owners)
    assert owner_of(scopes[0]) == owner_of(Scope("", "anna", "s"))


def test_a_new_note_knows_of_no_message_no_session_and_no_difference_of_counters() -> None:
    values = Note().plain()
    assert {name for name, value in values.items() if value} == {"scale"}
    assert values["scale"] == 1
    assert all(value == 0 for value in values.values() if isinstance(value, int))
