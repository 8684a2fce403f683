"""A user of whom everything is held that can be, and what every way to look says of them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.erasure.lives import ByLetters
from tests.faults.worker import length
from tiermem import Memory, Message, ToolCall
from tiermem.storage.tables.columns import metadata

SMALL: dict[str, Any] = {"pre_rot_threshold": 150, "keep_recent_count": 2, "index_batch": 4, "counter": length}


def claims(messages: Any) -> list[dict[str, Any]]:
    """An extractor that reads where somebody lives."""
    return [
        {"attribute": "pool", "value": f"{word} pool", "message": one.sequence}
        for one in messages
        if one.role == "user"
        for word, after in zip(one.text.split(), one.text.split()[1:], strict=False)
        if after == "pool"
    ][:2]


def picture(canary: str) -> dict[str, Any]:
    """A block with bytes that hold *canary*, as its caption does."""
    body = b"\x89PNG\r\n\x1a\n" + canary.encode() * 20
    return {"type": "image", "mime_type": "image/png", "base64": base64.b64encode(body).decode(), "caption": canary}


def opened(target: str | Path, **options: Any) -> Memory:
    return Memory.open(target, **{**SMALL, "embedder": ByLetters(), "extractor": claims, **options})


def live(memory: Memory, user: Any, canary: str, sessions: int = 2) -> None:
    """Fill every table with what is *user*'s, with *canary* in all of it."""
    for name in ("monday", "星期二")[:sessions]:
        session = memory.session(name, user)
        session.add(Message(role="system", content=f"You know {canary}.", id="sys", pinned=True))
        for n in range(8):
            text = f"{n}: I live in {canary}ville, 我住在{canary}市, and decided to raise {canary} pool {n} to {n}0. "
            session.add(Message(role=("user", "assistant")[n % 2], name=canary, content=text * 2, id=f"{canary}-{n}"))
            session.manage_context()
        call = ToolCall(f"{canary}-c", "look", {"city": canary})
        session.add(Message(role="assistant", content=None, tool_calls=(call,), state={"心情": canary, "x": 0.1}))
        session.add(
            Message(
                role="tool", content=[{"type": "text", "text": canary}, picture(canary)], tool_call_id=f"{canary}-c"
            )
        )
        session.add(f"a lone \ud800 surrogate, {canary}, and never deploy on a Friday")
        session.forget("m5", reason=f"wrong \n {canary}")
        session.undo(session.forget("m3")[0])
        session.index()
    memory.facts(user).state("employer", f"{canary} works")
    memory.profile(user).pin(f"likes {canary}")
    knowledge = memory.knowledge(user)
    for text in ("port 8080. ", "port 9090. "):
        knowledge.add_documents(f"The {canary} pool runs on {text}" * 20, source=f"{canary}.md")
    items = memory.items(user, {"embed": ByLetters()})
    items.put(("drinks", canary), canary, {"text": f"{canary} is green"}, ttl=600)
    items.put(("drinks",), "\udc80", {"text": "cold", "of": [1, None, 0.25]})
    memory.settle(60)
    memory.session("monday", user).erase("m7", reason="request 17")
    if sessions > 1:
        gone = memory.session("gone", user)
        gone.add([Message(role="user", content=f"{canary} again", id=f"{canary}-again-{n}") for n in range(3)])
        gone.fork("m2", "left").add(f"{canary} goes on without it")
        memory.session("left", user).fork("m1", "right").add(f"{canary} goes another way")
        gone.erase(reason="request 18")
        for name in ("left", "right"):
            memory.session(name, user).manage_context()
        fork = memory.session("monday", user).fork("m6", "tuesday")
        fork.add(f"On Tuesday I moved to {canary}stadt.")
        fork.fork(None, "wednesday").forget("m2")
    memory.settle(60)


def answers(memory: Memory, user: Any, canary: str) -> dict[str, Any]:
    """What every way to look gives."""
    session = memory.session("monday", user)
    messages = session.messages()
    return {
        "sessions": memory.sessions(user),
        "branches": [[repr(one) for one in memory.session(name, user).branches()] for name in memory.sessions(user)],
        "shared": {
            name: (fork.messages(), fork.view(), fork.journal(), fork.expand("m1").messages)
            for name in memory.sessions(user)
            for fork in [memory.session(name, user)]
        },
        "found": [
            [(hit.ref, round(hit.score, 9)) for hit in memory.session(name, user).search(f"{canary} stadt")]
            for name in memory.sessions(user)
        ],
        "messages": messages,
        "bytes": [one.canonical for one in messages],
        "stored": [(one.stored_at, one.tokens) for one in messages],
        "view": session.view(),
        "stats": session.stats(),
        "journal": session.journal(),
        "explained": [session.explain(f"m{one.sequence}") for one in messages],
        "search": [(hit.ref, round(hit.score, 9)) for hit in session.search(f"{canary} pool", within="user")],
        "recall": session.recall(f"what of {canary} pool 2?", within="everything").text,
        "facts": memory.facts(user).history(),
        "told": memory.facts(user).journal(),
        "profile": memory.profile(user).text(),
        "sources": memory.knowledge(user).sources(),
        "documents": [(hit.ref, round(hit.score, 9)) for hit in memory.knowledge(user).search(canary)],
        "items": [(one.path, one.key, one.value) for one in memory.items(user).search(())],
        "interests": memory.interests(user),
    }


def rows(memory: Memory) -> dict[str, int]:
    """How many rows there are, by table."""

    def count(connection: sa.Connection) -> dict[str, int]:
        tables = metadata.sorted_tables
        return {
            one.name: connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in tables
        }

    _, performer = memory.wiring
    return {name: number for name, number in performer._database.read(count).items() if number}
