"""Users and sessions a page at a time: each once, in order, whatever they are called; the same on every backend."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Open
from tiermem.browsing import activity, listing
from tiermem.browsing.records import ListedUser
from tiermem.memory import Memory
from tiermem.settings import scope_of

NAMES = [
    ("", "ann"),
    ("", "anna"),
    ("", "annabel"),
    ("", "bo"),
    ("", "<script>"),
    ("", "\u202eevil"),
    ("", "安娜"),
    ("a", "anna"),
    ("a", "\ud800"),
    ("b", "annz"),
    ("b", "zoe"),
]


def everybody(memory: Memory, begins: str = "", limit: int = 2) -> list[ListedUser]:
    found, start = list[ListedUser](), ""
    for _ in range(20):
        page = listing.users(memory, begins, start, limit)
        assert len(page.users) <= limit
        found += page.users
        start = page.following
        if not start:
            return found
    raise AssertionError("the pages have no end")


def names(found: list[ListedUser]) -> list[tuple[str, str]]:
    return [(one.tenant, one.user) for one in found]


def test_every_user_stands_on_one_page(store: Open) -> None:
    memory = store()
    for place, name in enumerate(NAMES):
        for number in range(place % 3 + 1):
            memory.session(f"s{number}", name).add("Hello there.")
    memory.knowledge("anna").add_documents("Glaze is glass.")
    memory.erase("bo")
    there = [name for name in NAMES if name != ("", "bo")]
    found = everybody(memory)
    key = lambda name: tuple(part.encode("utf-8", "surrogatepass") for part in name)  # noqa: E731
    assert names(found) == sorted(there, key=key)
    assert names(everybody(memory, limit=50)) == names(found)
    assert names(everybody(memory, "ann")) == [name for name in names(found) if name[1].startswith("ann")]
    assert names(everybody(memory, "nobody")) == []
    anna = next(one for one in found if one.user == "anna" and not one.tenant)
    assert (anna.sessions, anna.messages, anna.more) == (2, 2, False)  # of two that are theirs, documents are none
    assert anna.tokens == anna.window_tokens > 0


def test_a_place_that_somebody_made_up_is_the_beginning(file: Path) -> None:
    memory = Memory.open(file)
    memory.session("s", "anna").add("Hello.")
    for start in ("x", "..", "zz.00", "616e"):
        assert len(listing.users(memory, "", start).users) <= 1


def test_sessions_come_newest_first_and_once(store: Open) -> None:
    memory = store()
    for number in range(7):
        memory.session(f"s{number}", "anna").add([f"Kiln number {number} is hot.", "Good."])
    memory.session("s3", "ann").add("Somebody else's.")
    memory.session("s2", "anna").fork(at="m1", session_id="other").add("The other way.")
    found, before = [], 0
    while True:
        page = listing.sessions(memory, "anna", before=before, limit=3)
        found += page.sessions
        before = page.following
        if not before:
            break
    assert [one.session for one in found] == ["other", *(f"s{number}" for number in reversed(range(7)))]
    assert found[1].title == "Kiln number 6 is hot."
    assert (found[0].base, found[0].messages, found[0].title) == (1, 2, "Kiln number 2 is hot.")
    assert found[1].last_at is not None
    assert [one.session for one in listing.sessions(memory, "anna", "s5").sessions] == ["s5"]
    assert listing.session(memory, scope_of("s5", "anna")) == listing.sessions(memory, "anna", "s5").sessions[0]


def test_what_a_database_holds_is_summed(store: Open) -> None:
    memory = store()
    for number in range(3):
        memory.session(f"s{number}", "anna").add(["One.", "Two."])
    memory.session("gone", "bo").add("Three.")
    memory.erase("bo")
    held = activity.activity(memory)
    assert (held.sessions, held.messages, held.more) == (3, 6, False)
    assert sum(day.messages for day in held.days) == 6
    assert (held.disk or 1) > 0
