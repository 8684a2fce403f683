"""Media are stored once a user and come back exactly; contexts have them once; they go with the last message."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.media.pictures import b64, forms, image, png, shown
from tests.storage.older import engine_of, lower_to_16
from tiermem import AsyncMemory, Memory, Message
from tiermem.errors import StorageCorrupt, UnknownReference
from tiermem.messages import COMPACTION_KEY
from tiermem.portability.verifying import verify_export
from tiermem.storage.blobs import bodies
from tiermem.storage.schema import VERSION
from tiermem.tokens.media import by_size

TREE, CAT = png("decision tree"), png("a cat", 32, 32)
WORDS: dict[str, Any] = {
    "caption": "how the quokka sorting compares",
    "alt": "an axolotl chart",
    "title": "Zanzibar",
    "filename": "ferris-wheel.png",
    "transcript": "the heron landed at dawn",
    "mood": "wistful",
    "extras": {"description": "决策树的示意图"},
}


def rows(memory: Memory, *names: str) -> list[int]:
    _, performer = memory.wiring
    queries = [sa.text(f"SELECT count(*) FROM tiermem_{name}") for name in names or ("media", "blob", "media_use")]
    return performer._database.read(lambda c: [c.execute(query).scalar() for query in queries])


def damaged(memory: Memory, statement: str, **values: Any) -> None:
    _, performer = memory.wiring
    performer._database.write(lambda c: c.execute(sa.text(statement), values))


def test_the_same_bytes_are_stored_once_whatever_the_form_and_everything_comes_back_as_it_was(store: Open) -> None:
    memory = store()
    added = [Message(role="user", content=["see", block]) for block in forms(TREE).values()]
    added += [shown(CAT), Message(role="assistant", content="I see.")]
    session = memory.session("s", "anna")
    assert session.add(added) == added
    assert rows(memory) == [2, 2, len(added) - 1]
    memory.session("t", "anna").add(shown(TREE))
    assert rows(memory) == [2, 2, len(added)]
    session.add(added)  # adding twice is adding once
    for given in (session.messages(), session.restore(), list(session.view().messages)):
        assert given == added
        assert [one.canonical for one in given] == [one.canonical for one in added]
        assert [one.sha256 for one in given] == [one.sha256 for one in added]
    assert [session.expand(f"m{n}").messages[0] for n in (1, len(added))] == [added[0], added[-1]]
    assert not session.verify().problems
    assert not any(proof.problems for proof in memory.verify().values())
    _, performer = memory.wiring
    longest = performer._database.read(
        lambda c: c.execute(sa.text("SELECT max(length(body)) FROM tiermem_message")).scalar()
    )
    assert longest < 800


def test_media_are_listed_with_what_is_said_of_them_and_read_by_their_hash(store: Open) -> None:
    memory = store()
    memory.session("friday", "anna").add(
        [shown(TREE, caption="a tree"), "hello", shown(CAT), shown(TREE, name="t.png")]
    )
    memory.session("monday", "anna").add(shown(TREE))
    memory.session("friday", "bob").add(shown(CAT))
    media = memory.media("anna")
    tree, cat = media.listed()
    assert (tree.type, tree.size, tree.width, tree.height) == ("image/png", len(TREE), 640, 480)
    assert (tree.caption, tree.name) == ("a tree", "t.png")
    assert tree.references == ("friday/m1", "friday/m4", "monday/m1")
    assert [one.references for one in media.listed("monday")] == [("monday/m1",)]
    assert media.listed("none") == []
    assert media.read(tree.sha256) == TREE
    with pytest.raises(UnknownReference):
        memory.media("bob").read(tree.sha256)
    for wrong in ("", "m1", tree.sha256.upper(), 7):
        with pytest.raises(UnknownReference):
            media.read(wrong)  # type: ignore[arg-type]
    memory.session("friday", "anna").forget("m3")
    assert [one.sha256 for one in media.listed()] == [tree.sha256]
    assert media.read(cat.sha256) == CAT  # forgetting hides, and can be undone


def test_a_fork_lists_and_shows_what_it_shares(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add([shown(TREE), shown(CAT)])
    fork = session.fork("m1", "f")
    fork.add(shown(CAT))
    assert [message.content for message in fork.messages()] == [shown(TREE).content, shown(CAT).content]
    assert [one.references for one in memory.media("anna").listed("f")] == [("f/m1",), ("f/m2",)]
    assert not fork.verify().problems


@pytest.mark.parametrize("said", [*WORDS.items()], ids=[*WORDS])
def test_media_are_found_by_what_their_block_says(said: tuple[str, Any]) -> None:
    key, words = said
    asked = words if isinstance(words, str) else words["description"]
    with Memory.open(":memory:") as memory:
        session = memory.session("s", "anna")
        session.add([f"talk number {n} of trains and bread" for n in range(12)])
        session.add(Message(role="user", content=[image(TREE, **{key: words})]))
        session.add([f"talk number {n} of trains and bread" for n in range(12, 24)])
        for indexed in (False, True):
            if indexed:
                session.index()
            assert session.search(asked.removesuffix(".png"))[0].ref == "m13"
        (hit, *_) = session.search(asked)
        assert hit.message.content == [image(TREE, **{key: words})]
        assert "tiermem-media" not in session.recall(asked).text


def test_a_context_has_the_same_bytes_once_and_counts_pixels(store: Open) -> None:
    session = store().session("s", "anna")
    again = Message(role="user", content=[{"type": "tool_result", "tool_use_id": "t", "content": [image(TREE)]}])
    called = Message(role="assistant", content=[{"type": "tool_use", "id": "t", "name": "look", "input": {}}])
    session.add(
        [shown(TREE, caption="a tree"), shown(CAT), "and now?", called, again, shown(TREE, "that one"), "what is it?"]
    )
    context = session.context("what is it?")
    text = str([message.content for message in context.messages])
    assert text.count(b64(TREE)) == text.count(b64(CAT)) == 1
    assert text.count("the same as in m1") == 2
    assert "tiermem-media" not in text
    first = next(message for message in context.messages if "look at this" in message.text)
    assert first.content == shown(TREE, caption="a tree").content
    assert context.tokens == sum(piece.tokens for piece in context.pieces) <= context.budget
    assert by_size(640, 480) + by_size(32, 32) < context.tokens < by_size(640, 480) + by_size(32, 32) + 300
    assert session.context("what is it?") == context


def test_what_a_stub_stands_for_is_shown_where_it_comes_again_and_once_in_a_message() -> None:
    with Memory.open(":memory:", keep_recent_count=1, pre_rot_threshold=900) as memory:
        session = memory.session("s", "anna")
        session.add([shown(TREE), *(f"reply {n} " * 40 for n in range(6))])
        session.manage_context()
        session.add(Message(role="user", content=[image(TREE), "and", image(TREE)]))
        (stub, *_, newest) = session.context("and").messages
        assert isinstance(stub.content, str)
        assert newest.content is not None
        assert newest.content[0] == image(TREE)
        assert "the same as in m8" in str(newest.content[2])


def test_a_stub_says_type_size_name_caption_and_reference_and_the_bytes_come_back() -> None:
    with Memory.open(":memory:", keep_recent_count=1, pre_rot_threshold=900) as memory:
        session = memory.session("s", "anna")
        original = shown(TREE, "which one?", caption="how algorithms compare", filename="chart.png")
        session.add([original, *(f"reply {n} " * 40 for n in range(6))])
        session.manage_context()
        (stub, *_) = session.view().messages
        assert isinstance(stub.content, str)
        for part in ("image/png", "640 x 480", "3 KB", "chart.png", "how algorithms compare", "which one?", "m1"):
            assert part in stub.content
        assert stub.state[COMPACTION_KEY]["original_content"] == original.content
        assert session.expand("m1").messages == (original,)
        assert session.restore("m1") == [original]
        assert session.view().messages[0] == original


def test_the_bytes_go_with_the_last_message_of_their_user_and_with_nobody_elses(store: Open) -> None:
    memory = store()
    first, second = memory.session("s", "anna"), memory.session("t", "anna")
    first.add([shown(TREE), shown(TREE), shown(CAT)])
    second.add(shown(TREE))
    memory.session("s", "bob").add(shown(TREE))
    assert rows(memory) == [3, 3, 5]
    first.erase("m1")
    assert rows(memory) == [3, 3, 4]
    first.erase("m3")
    assert rows(memory) == [2, 2, 3]
    assert [one.references for one in memory.media("anna").listed()] == [("s/m2", "t/m1")]
    first.erase()
    assert [message.content for message in second.messages()] == [shown(TREE).content]
    receipt = memory.erase("anna")
    assert rows(memory) == [1, 1, 1]
    assert not memory.verify_erased(receipt).problems
    assert memory.media("anna").listed() == []
    assert len(memory.session("s", "bob").messages()) == 1
    memory.session("s", "anna").add(shown(TREE))  # who comes back has bytes of their own
    assert rows(memory) == [2, 2, 2]
    assert not any(proof.problems for proof in memory.verify().values())


def test_no_byte_is_left_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    with Memory.open(file) as memory:
        memory.session("s", "anna").add([shown(TREE), "hello"])
        memory.session("s", "anna").erase("m1")
    assert not [path for path in tmp_path.iterdir() if b"decision tree" in path.read_bytes()]


def test_an_export_has_the_bytes_once_and_an_import_refuses_others(store: Open, tmp_path: Path) -> None:
    memory = store()
    talks = {name: [shown(TREE), shown(CAT, name), shown(TREE, name)] for name in ("s", "t")}
    for name, added in talks.items():
        memory.session(name, "anna").add(added)
    memory.session("s", "anna").fork("m2", "f")
    file, again = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    memory.export("anna", file)
    whole = file.read_bytes()
    assert whole.count(b64(TREE).encode()) == whole.count(b64(CAT).encode()) == 1
    assert not any(proof.problems for proof in verify_export(file).values())
    with Memory.open(tmp_path / "b.db") as other:
        other.import_(file, "carla")
        for name, added in talks.items():
            assert other.session(name, "carla").messages() == added
        assert len(other.media("carla").listed()) == 2
        assert not any(proof.problems for proof in other.verify().values())
        other.export("carla", again)
        bare = [
            line for line in whole.splitlines() if b'"row":"export"' not in line and b'"row":"manifest"' not in line
        ]
        assert set(bare) <= set(again.read_bytes().splitlines())


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE tiermem_blob SET body = :other", "tiermem_blob"),
        ("DELETE FROM tiermem_blob", "tiermem_blob"),
        ("DELETE FROM tiermem_media_use", "tiermem_blob"),
    ],
)
def test_a_damaged_blob_is_named_hides_nothing_else_and_is_never_shown(
    store: Open, tmp_path: Path, statement: str, named: str
) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add([shown(TREE, caption="a tree"), "hello"])
    digest = memory.media("anna").listed()[0].sha256
    values = {"other": TREE[:-1] + b"?"} if ":other" in statement else {}
    damaged(memory, statement, **values)
    assert any(named in problem and "message 1" in problem for problem in session.verify().problems)
    for ask in (session.messages, lambda: session.expand("m1"), lambda: session.restore("m1")):
        with pytest.raises(StorageCorrupt, match=named):
            ask()
    assert session.expand("m2").messages[0].text == "hello"
    assert [message.text for message in session.view().messages][1:] == ["hello"]
    (block,) = [one for one in session.context("hello").messages[0].content or () if "damaged" in str(one)]
    assert "a tree" in str(block)
    with pytest.raises((StorageCorrupt, UnknownReference)):
        memory.media("anna").read(digest)
    if "media_use" not in statement:
        with pytest.raises(StorageCorrupt, match="nothing was exported"):
            memory.export("anna", tmp_path / "a.jsonl")


def test_older_databases_keep_their_bytes_where_they_are(
    store: Open, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if target == ":memory:":
        return  # it is not opened twice
    before = shown(TREE, caption="a tree")
    with monkeypatch.context() as patched:
        patched.setattr(bodies, "parted", lambda _: None)
        with Memory.open(target) as memory:
            memory.session("s", "anna").add(before)
    lower_to_16(target)
    memory = store()
    session = memory.session("s", "anna")
    assert session.messages() == [before]
    assert rows(memory) == [0, 0, 0]
    after = shown(TREE)
    session.add([before, after])
    assert session.messages() == [before, after]
    assert rows(memory) == [1, 1, 1]
    assert [one.references for one in memory.media("anna").listed()] == [("s/m2",)]
    assert not any(proof.problems for proof in memory.verify().values())
    with engine_of(target).connect() as connection:
        assert connection.execute(sa.text("SELECT value FROM tiermem_meta WHERE key = 'version'")).scalar() == str(
            VERSION
        )


def test_a_loop_has_the_same_verbs(tmp_path: Path) -> None:
    async def main() -> None:
        memory = await AsyncMemory.open(tmp_path / "a.db")
        session = memory.session("s", "anna")
        added = [shown(TREE), shown(TREE)]
        await session.add(added)
        assert await session.messages() == added
        (one,) = await memory.media("anna").listed()
        assert await memory.media("anna").read(one.sha256) == TREE
        memory.close()

    asyncio.run(main())


def test_messages_without_media_are_stored_as_they_were(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    plain = [
        Message(role="user", content="x" * 5_000),
        Message(role="user", content=[{"type": "text", "text": "words " * 400}]),
        Message(
            role="assistant", content="hm", raw={"format": "langchain", "message": {"type": "ai", "data": {"id": "1"}}}
        ),
        Message(role="user", content=[{"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}]),
    ]
    session.add(plain)
    assert rows(memory) == [0, 0, 0]
    _, performer = memory.wiring
    stored = performer._database.read(
        lambda c: c.execute(sa.text("SELECT body FROM tiermem_message ORDER BY sequence")).scalars().all()
    )
    assert [bytes(body) for body in stored] == [message.canonical for message in plain]
