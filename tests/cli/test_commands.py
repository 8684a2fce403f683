"""The command line as a person meets it: real files, a real database, everything through the commands themselves."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")
from rich.console import Console

from tests.cli.command_line import START, conversation, ok, refused, tiermem, write
from tiermem import Memory
from tiermem.cli.importing import transfer
from tiermem.flows.writing import add as remember
from tiermem.importers import formats


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "memory.db")


@pytest.fixture
def imported(tmp_path: Path, database: str) -> str:
    ok("import", str(write(tmp_path / "talk.jsonl", conversation())), "--session", "订单", "--path", database)
    return database


@pytest.fixture(scope="module")
def long_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database whose session "long" was compacted and summarised."""
    folder = tmp_path_factory.mktemp("long")
    with Memory.open(folder / "memory.db", pre_rot_threshold=2_000) as memory:
        for message in formats.read(write(folder / "talk.jsonl", conversation(200))):
            memory.session("long").add(message)
        stats = memory.session("long").stats()
    assert stats.compacted + stats.covered > 0
    assert stats.summaries > 0
    return folder / "memory.db"


@pytest.fixture
def managed(long_session: Path, database: str) -> str:
    """A copy of it, which the test may change."""
    with sqlite3.connect(long_session) as source, sqlite3.connect(database) as target:
        source.backup(target)
    return database


def test_import_stores_every_message_and_says_so(tmp_path: Path, database: str) -> None:
    records = conversation()
    shown = ok("import", str(write(tmp_path / "t.jsonl", records)), "--session", "订单", "--path", database)
    assert f"{len(records)} messages added" in shown
    for column in ("messages", "tokens", "window tokens", "compacted", "covered", "summaries", "seconds"):
        assert column in shown
    with Memory.open(database) as memory:
        stored = memory.session("订单").messages()
    assert [m.content for m in stored] == [record["content"] for record in records]
    assert stored[0].name == "小王"
    assert stored[0].when == START


def test_import_twice_adds_nothing_and_a_grown_file_only_its_end(tmp_path: Path, database: str) -> None:
    path = tmp_path / "t.jsonl"
    arguments = ("import", str(path), "--session", "s", "--path", database)
    write(path, conversation(5))
    assert "13 messages added" in ok(*arguments)
    assert "0 messages added, 13 were there already" in ok(*arguments)
    write(path, conversation(6))
    assert "2 messages added, 13 were there already" in ok(*arguments)


def test_a_fault_at_the_end_of_a_file_stores_nothing(tmp_path: Path, database: str) -> None:
    path = write(tmp_path / "t.jsonl", [*conversation(300), {"role": "user"}])
    said = refused("import", str(path), "--session", "s", "--path", database)
    assert said == "tiermem: t.jsonl, line 604: the message has neither content nor tool calls"
    assert not Path(database).exists()


def test_an_id_that_the_session_has_for_other_words_is_refused(tmp_path: Path, database: str) -> None:
    first = write(tmp_path / "a.jsonl", [{"id": "7", "role": "user", "content": "a"}])
    second = write(tmp_path / "b.jsonl", [{"id": "7", "role": "user", "content": "b"}])
    ok("import", str(first), "--session", "s", "--path", database)
    assert "7" in refused("import", str(second), "--session", "s", "--path", database)


def test_an_interrupted_import_goes_on_where_it_stopped(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "t.jsonl", conversation(600))
    total = formats.survey(path).messages
    with Memory.open(database) as memory:
        session = memory.session("s")
        adding = remember.add

        def interrupted(*arguments: Any, **options: Any) -> Any:
            if session.stats().messages >= transfer.BATCH:
                raise KeyboardInterrupt
            return adding(*arguments, **options)

        monkeypatch.setattr(remember, "add", interrupted)
        screen = Console(record=True, width=160)
        with pytest.raises(KeyboardInterrupt):
            transfer.add(screen, session, formats.entries(path), formats.survey(path))
        assert f"Stopped: 500 of {total:,} messages are stored" in screen.export_text()
    monkeypatch.undo()
    shown = ok("import", str(path), "--session", "s", "--path", database)
    assert f"{total - 500} messages added, 500 were there already" in shown


def test_a_progress_bar_is_for_terminals_only(tmp_path: Path, database: str) -> None:
    arguments = ("import", str(write(tmp_path / "t.jsonl", conversation(3))), "--session", "s", "--path", database)
    assert "importing" not in ok(*arguments)
    assert "importing" in ok(*arguments, FORCE_COLOR="1")


def test_what_is_beside_the_messages_of_a_document_is_named(tmp_path: Path, database: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"model": "m-1", "messages": [{"role": "user", "content": "hi"}]}))
    shown = ok("import", str(path), "--session", "s", "--path", database)
    assert "no messages of this conversation: model" in shown


def test_a_chat_store_with_several_conversations_needs_a_name(tmp_path: Path, database: str) -> None:
    path = tmp_path / "store.json"
    stored = {
        key: [{"role": "user", "content": text, "additional_kwargs": {}}] for key, text in (("a", "一"), ("b", "二"))
    }
    path.write_text(json.dumps({"store": stored}))
    arguments = ("import", str(path), "--session", "s", "--path", database)
    assert "holds 2 conversations; name one of them: a, b" in refused(*arguments)
    ok(*arguments, "--conversation", "b")
    assert "二" in ok("show", "--session", "s", "--path", database)


def test_ask_shows_what_was_found_with_reference_speaker_date_and_score(imported: str) -> None:
    shown = ok("ask", "密码保险箱在哪里？", "--session", "订单", "--path", imported, "--budget", "800")
    assert "No model is asked" in shown
    found = next(text for text in shown.splitlines() if text.startswith("m3 "))
    assert "小王" in found
    assert "2024-05-01 09:02 UTC" in found
    assert "score " in found
    assert "青石巷七号" in shown
    assert "of 800 tokens" in shown


def test_ask_explain_adds_the_parts_of_the_score_and_the_trace(imported: str) -> None:
    arguments = ("ask", "密码保险箱在哪里？", "--session", "订单", "--path", imported, "--budget", "800")
    plain, explained = ok(*arguments), ok(*arguments, "--explain")
    with Memory.open(imported) as memory:
        context = memory.session("订单").context("密码保险箱在哪里？", 800)
    parts = next(hit.why for hit in context.hits if hit.ref == "m3")
    assert parts
    assert all(f"{name} {share:.3f}" in explained for name, share in parts.items())
    assert all(trace in explained for trace in context.trace)
    assert not any(trace in plain for trace in context.trace)


def test_ask_of_a_short_conversation_shows_the_best_matches(tmp_path: Path, database: str) -> None:
    ok("import", str(write(tmp_path / "t.jsonl", conversation(2))), "--session", "s", "--path", database)
    shown = ok("ask", "保险箱", "--session", "s", "--path", database)
    assert "Nothing had to be recalled beside what the context holds; the best matches are:" in shown
    assert "青石巷七号" in shown


def test_a_budget_that_is_too_small_says_both_numbers(imported: str) -> None:
    assert "budget is 1" in refused("ask", "x", "--session", "订单", "--path", imported, "--budget", "1")


def test_sessions_and_stats_show_the_numbers_of_the_store(imported: str) -> None:
    with Memory.open(imported) as memory:
        stats = memory.session("订单").stats()
    listed = ok("sessions", "--path", imported)
    assert "订单" in listed
    assert f"{stats.tokens:,}" in listed
    shown = ok("stats", "--session", "订单", "--path", imported)
    assert f"{stats.messages:,}" in shown
    assert f"{stats.window_tokens:,}" in shown
    assert "summarizer failures" in shown


def test_namespaces_and_tenants_do_not_see_each_other(tmp_path: Path, database: str) -> None:
    path = str(write(tmp_path / "t.jsonl", conversation(1)))
    ok("import", path, "--session", "s", "--namespace", "ann", "--tenant", "acme", "--path", database)
    assert " s " in ok("sessions", "--namespace", "ann", "--tenant", "acme", "--path", database) + " "
    assert "no session 's'" in refused("stats", "--session", "s", "--namespace", "ann", "--path", database)
    assert "acme/ann" in ok("verify", "--path", database)


def test_verify_is_quiet_when_all_is_well_and_exits_with_one_when_a_byte_changed(imported: str) -> None:
    assert "Everything is as it was stored." in ok("verify", "--path", imported)
    assert "Everything is as it was stored." in ok("verify", "--session", "订单", "--path", imported)
    tamper(imported)
    for arguments in (["verify"], ["verify", "--session", "订单"]):
        result = tiermem(*arguments, "--path", imported)
        assert result.exit_code == 1
        assert "message 2 does not match its hash" in result.stdout


def test_verify_goes_by_a_head_that_was_kept_and_by_an_export(imported: str, tmp_path: Path) -> None:
    head = ok("head", "--session", "订单", "--path", imported).strip()
    given = ("--session", "订单", "--head", head)
    assert "Everything is as it was stored." in ok("verify", *given, "--path", imported)
    export = str(tmp_path / "all.jsonl")
    ok("export", export, "--everything", "--path", imported)
    assert "Everything is as it was stored." in ok("verify", export, *given)
    assert "name it with --session" in refused("verify", "--head", head, "--path", imported)
    other = head.replace(" 0 ", " 1 ") if " 0 " in head else head[:-1] + ("0" if head[-1] != "0" else "1")
    for arguments in (["--path", imported], [export]):
        result = tiermem("verify", "--session", "订单", "--head", other, *arguments)
        assert result.exit_code == 1
        assert "another link than the head says" in result.stdout


def tamper(path: str) -> None:
    """Changes a word of the second message behind tiermem's back."""
    changed = "UPDATE tiermem_message SET body = CAST(replace(CAST(body AS TEXT), ?, ?) AS BLOB) WHERE sequence = 2"
    with sqlite3.connect(path) as connection:
        assert connection.execute(changed, ("连接池", "线程池")).rowcount == 1


def test_show_prints_the_window_and_the_original_behind_a_reference(managed: str) -> None:
    shown = ok("show", "--session", "long", "--path", managed)
    assert "summary of m1 to" in shown
    assert "compacted" in shown or "window:" in shown
    assert "青石巷七号" in ok("show", "--session", "long", "m3", "--path", managed)
    last = ok("show", "--session", "long", "--last", "1", "--path", managed)
    assert re.search(r"… [\d,]+ earlier messages? and \d+ summar(y|ies); leave out --last", last)
    assert "summary of m1" not in last
    assert "第 199 步之后" in last
    assert "第 198 步之后" not in last


def test_show_of_a_summary_opens_its_sources(managed: str) -> None:
    with Memory.open(managed) as memory:
        ref = memory.session("long").view().summaries[0].ref
        originals = memory.session("long").expand(ref).messages
    shown = ok("show", "--session", "long", ref, "--path", managed)
    assert originals
    assert all(f"m{m.sequence} · " in shown for m in originals)


def test_explain_names_the_decision_in_force(managed: str) -> None:
    with Memory.open(managed) as memory:
        explanation = memory.session("long").explain("m3")
    assert explanation.decision is not None
    shown = " ".join(ok("explain", "m3", "--session", "long", "--path", managed).split())
    assert " ".join(str(explanation).split()) in shown
    assert explanation.decision.kind in shown


def test_restore_puts_the_originals_back(managed: str) -> None:
    assert "1 message is shown word for word" in ok("restore", "m3", "--session", "long", "--path", managed)
    assert "青石巷七号" in ok("show", "--session", "long", "--path", managed)
    ok("restore", "--session", "long", "--path", managed)
    with Memory.open(managed) as memory:
        stats = memory.session("long").stats()
    assert stats.verbatim == stats.messages == 403


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_an_export_reads_back_as_the_same_messages(managed: str, tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name)
    assert "403 messages written" in ok("export", path, "--session", "long", "--path", managed)
    ok("import", path, "--session", "copy", "--path", managed)
    with Memory.open(managed) as memory:
        original, copy = memory.session("long").messages(), memory.session("copy").messages()
    assert [m.canonical for m in copy] == [m.canonical for m in original]


def test_an_export_keeps_lone_surrogates_and_says_what_is_hidden(tmp_path: Path, database: str) -> None:
    with Memory.open(database) as memory:
        memory.session("s").add("gone")
        memory.session("s").clear()
        kept = memory.session("s").add("半个\ud800字\x00")
    path = tmp_path / "out.jsonl"
    said = ok("export", str(path), "--session", "s", "--path", database)
    assert "2 messages written" in said
    assert "1 of them hidden" in said
    assert [m.canonical for m in formats.read(path)][1:] == [m.canonical for m in kept]
    shown = tmp_path / "shown.jsonl"
    said = ok("export", str(shown), "--session", "s", "--path", database, "--no-hidden")
    assert "1 message written" in said
    assert "1 hidden one left out" in said
    assert [m.canonical for m in formats.read(shown)] == [m.canonical for m in kept]


def test_an_export_never_touches_a_file_that_is_there(imported: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("mine")
    assert "File exists" in refused("export", str(path), "--session", "订单", "--path", imported)
    assert path.read_text() == "mine"


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "command",
    [
        ["ask", "x"],
        ["stats"],
        ["show"],
        ["explain", "m1"],
        ["restore"],
        ["export", "new.jsonl"],
        ["verify"],
        ["journal"],
    ],
    ids=lambda command: command[0],
)
def test_reading_makes_neither_a_database_nor_a_session(command: list[str], imported: str, tmp_path: Path) -> None:
    nowhere = tmp_path / "no.db"
    assert "no such database" in refused(*command, "--session", "s", "--path", str(nowhere))
    assert not nowhere.exists()
    said = refused(*command, "--session", "typo", "--path", imported)
    assert "no session 'typo' in namespace 'default'; there are: 订单" in said
    assert "typo" not in ok("sessions", "--path", imported)


def test_errors_are_one_line(imported: str, tmp_path: Path) -> None:
    assert "m99999" in refused("show", "m99999", "--session", "订单", "--path", imported)
    assert "no.jsonl" in refused("import", str(tmp_path / "no.jsonl"), "--session", "s", "--path", imported)
    text = tmp_path / "a.txt"
    text.write_text("not a database at all, but long enough")
    assert "not a SQLite database" in refused("sessions", "--path", str(text))
