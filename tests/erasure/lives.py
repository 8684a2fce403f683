"""Two users who said the same kind of things, with something of theirs in every table; and where to look for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.worker import length
from tiermem import Memory, Message

SMALL: dict[str, Any] = {"pre_rot_threshold": 120, "keep_recent_count": 2, "index_batch": 4, "counter": length}


class ByLetters:
    """An embedder with a name of its own."""

    model_name = "letters"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [len(text) % 7 + 1.0, text.count("e") + 1.0, text.count("o") + 0.5]


def live(memory: Memory, user: str, canary: str) -> None:
    """What *user* says, with *canary* in all of it: two sessions, summaries, stubs, facts, documents, items."""
    for name in ("monday", "tuesday")[: 1 + (user == "anna")]:
        session = memory.session(name, user)
        session.add(Message(role="system", content=f"You know {canary}.", id="sys"))
        for n in range(6):
            text = (
                f"{n}: I live in {canary}ville, 我住在{canary}市, and decided to raise {canary} pool {n} to {n}0. " * 2
            )
            session.add(Message(role=("user", "assistant")[n % 2], name=canary, content=text, id=f"{canary}-{n}"))
        session.forget("m5", reason="wrong")
        session.index()
    memory.facts(user).state("employer", f"{canary} works")
    memory.knowledge(user).add_documents(f"The {canary} pool runs on port 8080. " * 20, source=f"{canary}.md")
    items = memory.items(user, {"embed": ByLetters()})
    items.put(("drinks", canary), canary, {"text": f"{canary} is green"}, ttl=600)
    memory.settle(60)


def encodings(canary: str) -> Iterator[bytes]:
    """*canary* as a file may have it."""
    for text in (canary, canary.lower(), canary.upper(), json.dumps(canary)[1:-1]):
        yield text.encode()
        for codec in ("utf-16-le", "utf-16-be", "utf-32-le"):
            yield text.encode(codec)
    for start in range(3):
        raw = base64.b64encode(b"x" * start + canary.encode())
        yield raw[4:-4]


def found_in(folder: Path, canary: str) -> dict[str, int]:
    """Files under *folder* that have *canary*, or eight characters of it, in any encoding."""
    wanted = {form[:length] for form in encodings(canary) for length in (len(form),)}
    wanted |= {canary[start : start + 8].encode() for start in range(len(canary) - 7)}
    found: dict[str, int] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            if count := sum(body.count(form) for form in wanted):
                found[path.name] = count
    return found


def answers(memory: Memory, user: str, canary: str) -> list[Any]:
    """What every way to look gives that names *canary* or anything of *user*."""
    session = memory.session("monday", user)
    return [
        memory.sessions(user),
        session.messages(),
        session.view().messages,
        session.search(canary, within="user"),
        session.recall(canary, within="everything").text,
        memory.session("elsewhere", user).search(f"{canary} pool", within="user"),
        memory.facts(user).history(),
        memory.facts(user).journal(),
        memory.knowledge(user).sources(),
        memory.knowledge(user).search(canary),
        memory.items(user).search(()),
        memory.items(user).paths(),
        session.journal(),
    ]
