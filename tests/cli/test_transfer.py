"""Moving a conversation: what comes back of an export, files that are pipes, and times that are missing or unclear."""

from __future__ import annotations

import gzip
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from tests.properties.thinned import thinned

pytest.importorskip("typer")

from tests.cli.command_line import conversation, ok, refused, tiermem, write
from tiermem import Memory, Message, ToolCall
from tiermem.errors import InvalidMessage
from tiermem.flows.writing import add as remember
from tiermem.importers import formats
from tiermem.records import Shown

CLOCK = [datetime(2024, 3, 1, tzinfo=UTC)]


@pytest.fixture(params=["file", "postgres"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """Two databases, of which the first or both are that kind, and a folder."""
    if request.param == "file":
        yield str(tmp_path / "one.db"), str(tmp_path / "two.db"), tmp_path
    else:
        yield str(tmp_path / "one.db"), str(request.getfixturevalue("postgres_url")), tmp_path


def filled(target: str) -> None:
    """A conversation in both languages, over years, with calls, blocks, odd characters and hidden messages."""
    now = [datetime(2022, 1, 1, 8, tzinfo=UTC)]

    def clock() -> datetime:
        now[0] = now[0].replace(year=now[0].year + 1) if now[0].year < 2025 else now[0]
        return now[0]

    with Memory.open(target, clock=clock) as memory:
        session = memory.session("s")
        session.add("My flight is on Monday.")
        session.add(
            Message(role="user", content="我们决定搬到北京。", name="小王", origin="direct_user", state={"心情": "好"})
        )
        call = ToolCall("c1", "look", {"city": "北京"})
        session.add(Message(role="assistant", content=None, tool_calls=(call, ToolCall("c2", "broken", "{"))))
        session.add(Message(role="tool", content=[{"type": "text", "text": "晴"}], tool_call_id="c1", name="look"))
        image = [
            {"type": "image_url", "image_url": {"url": "data:x"}},
            "and text",
            {"type": "text", "text": "a\x00\x85"},
        ]
        session.add(Message(role="user", content=image, id="m1", created_at=datetime(2020, 5, 5, tzinfo=UTC)))
        session.add(Message(role="user", content="half \ud800", pinned=True, raw={"format": "x", "message": {"a": 1}}))
        session.add([f"Filler {n} about the garden." for n in range(20)])
        session.forget("m1", "m9", "m10")
        session.restore("m10")


def exported(target: str, path: Path, session: str = "s") -> bytes:
    ok("export", str(path), "--session", session, "--path", target)
    return path.read_bytes()


def test_an_export_of_an_import_of_an_export_is_the_same_bytes(places: tuple[str, str, Path]) -> None:
    one, two, folder = places
    filled(one)
    first = exported(one, folder / "first.jsonl")
    ok("import", str(folder / "first.jsonl"), "--session", "s", "--path", two)
    second = exported(two, folder / "second.jsonl")
    assert second == first
    ok("import", str(folder / "second.jsonl"), "--session", "again", "--path", one)
    assert exported(one, folder / "third.jsonl", "again") == first
    with Memory.open(one) as source, Memory.open(two) as target:
        old, new = source.session("s"), target.session("s")
        assert [(m.sequence, m.when, m.stored_at, m.canonical) for m in new.messages()] == [
            (m.sequence, m.when, m.stored_at, m.canonical) for m in old.messages()
        ]
        assert new.stats().hidden == old.stats().hidden == 2
        assert all(proof.ok for proof in target.verify().values())


def test_times_come_back_so_the_past_is_found_as_it_was(places: tuple[str, str, Path]) -> None:
    one, two, folder = places
    with Memory.open(one, clock=lambda: CLOCK[0]) as memory:
        memory.session("s").add("My flight is on Monday.")
    exported(one, folder / "e.jsonl")
    assert "no time" not in ok("import", str(folder / "e.jsonl"), "--session", "s", "--path", two)
    with Memory.open(two) as memory:
        found = memory.session("s").search("flight Monday", as_of=datetime(2024, 12, 31, tzinfo=UTC))
        assert [hit.message.when for hit in found] == CLOCK
        assert memory.session("s").messages()[0].created_at is None  # what nobody said is not made up


def test_a_second_import_adds_nothing_and_hides_nothing_twice(tmp_path: Path) -> None:
    one, two = str(tmp_path / "one.db"), str(tmp_path / "two.db")
    filled(one)
    exported(one, tmp_path / "e.jsonl")
    ok("import", str(tmp_path / "e.jsonl"), "--session", "s", "--path", two)
    assert "0 messages added, 26 were there" in ok("import", str(tmp_path / "e.jsonl"), "--session", "s", "--path", two)
    with Memory.open(two) as memory:
        assert [one.kind for one in memory.session("s").journal()] == ["hide", "hide"]


def test_importing_again_leaves_the_state_of_what_is_there_alone(places: tuple[str, str, Path]) -> None:
    one, two, folder = places
    filled(one)
    exported(one, folder / "e.jsonl")
    again = ("import", str(folder / "e.jsonl"), "--session", "s", "--path", two)
    assert "26 messages added, 2 of them hidden" in ok(*again)
    ok("undo", "1", "--session", "s", "--path", two)
    ok("restore", "m9", "--session", "s", "--path", two)
    ok("forget", "m2", "--session", "s", "--path", two)
    told = ok(*again)
    assert "0 messages added, 26 were there already" in told
    assert "2 messages hidden in the file were there and not hidden: left as they are" in told
    with Memory.open(two) as memory:
        session = memory.session("s")
        assert [n for n in range(1, 27) if session.explain(f"m{n}").shown is Shown.HIDDEN] == [2]
        assert [one.kind for one in session.journal()] == ["hide", "hide", "undo", "restore", "hide"]
        assert session.verify().ok


def test_what_was_hidden_is_never_stored_without_being_hidden(places: tuple[str, str, Path]) -> None:
    """One commit: an import that dies between two would leave it shown, and the next one would leave it so."""
    one, two, folder = places
    filled(one)
    exported(one, folder / "e.jsonl")
    with Memory.open(two) as memory:
        session, seen = memory.session("s"), list[list[int]]()
        memory.subscribe(lambda event: seen.append([m.sequence for m in session.messages()]))
        entries = [*formats.entries(folder / "e.jsonl")]
        hidden = {entry.message.id for entry in entries if entry.hidden}
        memory.drive(remember.add(session.core, session.scope, [e.message for e in entries], hidden=hidden))
        numbers = session.stats()
    assert seen
    assert all(1 not in shown and 9 not in shown for shown in seen)
    assert (numbers.messages, numbers.hidden) == (26, 2)


def test_exports_from_before_times_were_in_them_are_read(tmp_path: Path) -> None:
    message = Message(role="user", content="hello", origin="direct_user")
    (tmp_path / "old.jsonl").write_bytes(message.canonical + b"\n" + Message(role="assistant", content="hi").canonical)
    shown = ok("import", str(tmp_path / "old.jsonl"), "--session", "s", "--path", str(tmp_path / "m.db"))
    assert "2 messages have no time; they count as said now" in shown
    with Memory.open(tmp_path / "m.db") as memory:
        assert memory.session("s").messages()[0].canonical == message.canonical


@pytest.mark.parametrize(
    ("beside", "words"),
    [
        ({"stored_at": "soon"}, "tiermem.stored_at is no ISO 8601 time"),
        ({"stored_at": "2024-01-01T00:00:00"}, "must be an aware datetime|no ISO 8601 time with a zone"),
        ({"stored_at": 5}, "no ISO 8601 time"),
        ({"hidden": "yes"}, "tiermem.hidden must be true or false"),
    ],
)
def test_an_export_that_was_changed_into_nonsense_is_refused(tmp_path: Path, beside: object, words: str) -> None:
    path = write(tmp_path / "a.jsonl", [{"role": "user", "content": "x", "tiermem": beside}])
    with pytest.raises(InvalidMessage, match=words):
        formats.survey(path)


def test_a_field_of_our_name_in_somebodys_file_stays_in_the_state(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"role": "user", "content": "x", "tiermem": {"colour": "red"}}])
    assert next(formats.read(path)).state == {"tiermem": {"colour": "red"}}


@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_an_export_is_for_its_owners_eyes(tmp_path: Path, name: str) -> None:
    filled(str(tmp_path / "m.db"))
    before = os.umask(0)
    try:
        exported(str(tmp_path / "m.db"), tmp_path / name)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert "File exists" in refused(
        "export", str(tmp_path / "link"), "--session", "s", "--path", str(tmp_path / "m.db")
    )
    assert not (tmp_path / "elsewhere").exists()


# --- pipes: the command as a process of its own


def run(*words: str, given: bytes = b"", shell: str = "") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tiermem", *words]
    if shell:
        return subprocess.run(["bash", "-o", "pipefail", "-c", shell, *command], capture_output=True, check=False)
    return subprocess.run(command, input=given, capture_output=True, check=False)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("name", "packed"), thinned(product(["-", "/dev/stdin"], [False, True]), 3))
def test_a_pipe_is_imported(tmp_path: Path, name: str, packed: bool) -> None:
    if name != "-" and not Path(name).exists():
        pytest.skip("a system without /dev")
    body = write(tmp_path / "a.jsonl", conversation(3)).read_bytes()
    given = gzip.compress(body) if packed else body
    done = run("import", name, "--session", "s", "--path", str(tmp_path / "m.db"), given=given)
    assert (done.returncode, b"9 messages added" in done.stdout) == (0, True), done.stderr
    again = run("import", name, "--session", "s", "--path", str(tmp_path / "m.db"), given=given)
    assert b"0 messages added, 9 were there already" in again.stdout


@pytest.mark.skipif(os.name == "nt", reason="bash")
def test_what_a_shell_substitutes_is_imported_and_what_is_exported_to_a_pipe_arrives(tmp_path: Path) -> None:
    body = write(tmp_path / "a.jsonl", conversation(3))
    database = str(tmp_path / "m.db")
    arguments = ("--session", "s", "--path", database)
    assert run(*arguments, shell=f'"$0" "$1" "$2" import <(cat {body}) "${{@:3}}"').returncode == 0
    copied = run("export", "-", *arguments)
    exported(database, tmp_path / "e.jsonl")
    assert copied.stdout == (tmp_path / "e.jsonl").read_bytes()
    assert copied.stderr == b""
    assert not Path("-").exists()
    moved = run(*arguments, shell='"$0" "$1" "$2" export - "${@:3}" | "$0" "$1" "$2" import - --session t "${@:5}"')
    assert (moved.returncode, moved.stderr) == (0, b"")
    assert exported(database, tmp_path / "t.jsonl", "t") == (tmp_path / "e.jsonl").read_bytes()


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conversation of which no pipe takes all at once."""
    file = tmp_path_factory.mktemp("long") / "m.db"
    with Memory.open(file) as memory:
        memory.session("s").add([f"message {n} " + "word " * 500 for n in range(300)])
    return file


@pytest.mark.sampled(2)
@pytest.mark.skipif(os.name == "nt", reason="bash")
@pytest.mark.parametrize("command", ["show", "show --json", "export -", "journal"])
def test_whoever_reads_may_stop(long: Path, command: str) -> None:
    arguments = ("--session", "s", "--path", str(long))
    done = run(*arguments, shell=f'"$0" "$1" "$2" {command} "${{@:3}}" | head -c 20')
    assert (done.returncode, done.stderr) == (0, b"")


# --- times


def test_what_has_no_time_is_counted_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    records = [{"role": "user", "content": str(n)} | ({"date": "yesterday"} if n else {}) for n in range(2)]
    path = write(tmp_path / "a.jsonl", [*records, {"role": "user", "content": "x", "timestamp": 1677924000}])
    shown = ok("import", str(path), "--session", "s", "--path", str(tmp_path / "m.db"))
    assert "2 messages have no time; they count as said now (what stands in date is no time" in shown
    path = write(tmp_path / "b.jsonl", [{"role": "user", "content": "one"}])
    assert "1 message has no time; it counts as said now" in ok(
        "import", str(path), "--session", "b", "--path", str(tmp_path / "m.db")
    )


def test_a_date_that_may_be_read_in_two_ways_needs_a_word(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"role": "user", "content": "x", "date": "3/4/2023, 10:00:00 AM"}])
    arguments = ("import", str(path), "--session", "s", "--path", str(tmp_path / "m.db"))
    told = refused(*arguments)
    assert "a.jsonl, message 1: 3/4/2023 may be read day first or month first" in told
    assert "say which, by --dates day-first or --dates month-first" in told
    assert not (tmp_path / "m.db").exists()
    ok(*arguments, "--dates", "day-first")
    with Memory.open(tmp_path / "m.db") as memory:
        assert memory.session("s").messages()[0].when == datetime(2023, 4, 3, 10, tzinfo=UTC)
    assert tiermem(*arguments, "--dates", "any").exit_code == 2


def test_messages_of_another_archive_keep_when_they_were_stored(tmp_path: Path) -> None:
    old = Message(role="user", content="hello", stored_at=datetime(2024, 1, 1, tzinfo=UTC))
    with Memory.open(tmp_path / "m.db") as memory:
        assert memory.session("a").add(old, as_stored=True)[0].when == old.stored_at
        assert memory.session("a").messages()[0].when == old.stored_at
        assert memory.session("b").add(old)[0].when != old.stored_at
        with pytest.raises(InvalidMessage, match="stored_at"):
            memory.session("c").add(Message(role="user", content="x", stored_at="now"), as_stored=True)  # type: ignore[arg-type]
        assert memory.session("c").messages() == []


def test_every_line_of_an_export_is_json(tmp_path: Path) -> None:
    filled(str(tmp_path / "m.db"))
    lines = exported(str(tmp_path / "m.db"), tmp_path / "e.jsonl").splitlines()
    assert [json.loads(line)["tiermem"].get("hidden", False) for line in lines].count(True) == 2


def test_all_of_a_user_moves_by_the_command_line_and_a_pipe(places: tuple[str, str, Path]) -> None:
    one, two, folder = places
    with Memory.open(one) as memory:
        memory.session("monday", ("shop", "anna")).add("I moved to Oslo in May.")
        memory.items(("shop", "anna")).put(("a",), "b", {"c": 1})
    address = ("--namespace", "anna", "--tenant", "shop", "--path", one)
    file = folder / "anna.jsonl"
    said = ok("export", str(file), "--everything", *address)
    assert "1 session, 1 message, 1 item" in said
    assert "> I moved to Oslo in May." in (folder / "anna.md").read_text("utf-8")
    assert tiermem("export", "-", "--everything", *address).stdout.encode() == file.read_bytes()
    assert "Imported for ('shop', 'anna'): 1 session" in ok("import", str(file), "--path", two)
    assert "replaces and mixes nothing" in refused("import", str(file), "--path", two)
    ok("import", str(file), "--path", two, "--namespace", "ben")
    with Memory.open(two) as memory:
        assert memory.session("monday", "ben").messages()[0].text == "I moved to Oslo in May."
    assert "without --session" in refused("import", str(file), "--session", "x", "--path", two)
    assert "--everything" in refused("export", str(folder / "x.jsonl"), "--path", one)
    file.write_bytes(file.read_bytes()[:-40])
    new = folder / "new.db"
    assert "cut short" in refused("import", str(file), "--path", str(new))
    assert not new.exists()


def test_a_session_goes_out_as_others_read_it_and_as_people_do(tmp_path: Path) -> None:
    database = str(tmp_path / "m.db")
    filled(database)
    address = ("--session", "s", "--path", database)
    assert "24 messages written" in ok("export", str(tmp_path / "chat.jsonl"), "--as", "openai", *address)
    lines = [json.loads(line) for line in (tmp_path / "chat.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert [one["role"] for one in lines[:4]] == ["user", "assistant", "tool", "user"]
    assert lines[0] == {"role": "user", "content": "我们决定搬到北京。", "name": "小王"}
    assert "My flight" not in str(lines)  # hidden: this form has no word for it
    told = tiermem("export", "-", "--as", "markdown", *address).stdout
    assert told.startswith("## Conversation s (26 messages)")
    assert "> 我们决定搬到北京。" in told
    assert "m1 · hidden" in told
    assert "--as is of a --session" in refused(
        "export", str(tmp_path / "x"), "--everything", "--as", "openai", "--path", database
    )
    assert tiermem("export", "-", "--as", "prose", *address).exit_code == 2
