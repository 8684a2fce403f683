"""What the tests of the screen share: a database with all that pages show, and requests without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("tiermem.dashboard.charts")

from starlette.testclient import TestClient

from tiermem import Memory, Message
from tiermem.dashboard.addresses import address, of_session, of_user
from tiermem.dashboard.guard import Guard
from tiermem.dashboard.routes import screen
from tiermem.session import Session
from tiermem.settings import Scope

PORT, TOKEN = 8123, "a-token-of-this-test"
BASE = f"http://127.0.0.1:{PORT}"
SMALL = {"pre_rot_threshold": 1_000, "keep_recent_count": 4, "context_budget": 1_000}
HOSTILE = '</div><script>alert("m")</script>\u202egnp.exe\x00\x1b[31m\ud800 & <b onmouseover=x>' + "W" * 300
NAME = "<i>anna</i>\u202e/1"
SESSION = 'a "session" & more\r\n'


def hostile(path: Path, turns: int = 8) -> Memory:
    """A memory with a user of hostile names and words, whose window is compacted and summarised."""
    memory = Memory.open(path, **SMALL)
    session = memory.session(SESSION, NAME)
    log = "\n".join(f"{line:02} service waited for a connection of pool {line}" for line in range(12))
    session.add([Message(role="system", content=f"You are kind. {HOSTILE}")])
    for number in range(turns):
        session.add(
            [f"My name is Ann. Raise pool {number} to 50, please. {HOSTILE}", Message(role="assistant", content=log)]
        )
    session.forget("m4", reason=HOSTILE[:60])
    session.fork(at="m3", session_id=f"fork of {HOSTILE[:20]}").add(HOSTILE)
    memory.knowledge(NAME).add_documents({"text": HOSTILE, "source": HOSTILE[:40], "title": HOSTILE[:30]})
    memory.profile(NAME).pin("Likes <u>tea</u> \u202e")
    memory.settle()
    return memory


def of(memory: Memory, name: str = SESSION) -> Session:
    """The session that `hostile` makes."""
    return memory.session(name, NAME)


def addresses(session: str = SESSION, tenant: str = "", user: str = NAME) -> dict[str, str]:
    """The address of every page, by name."""
    names, mine = of_user(tenant, user), of_session(Scope(tenant, user, session))
    return {
        "users": "/",
        "searched": address("/", begins="<i"),
        "costs": address("/costs", price="3"),
        "sessions": address("/user", **names),
        "said": address("/user", words="raise pool", **names),
        "facts": address("/facts", **names),
        "profile": address("/profile", **names),
        "documents": address("/documents", source=HOSTILE[:40], **names),
        "window": address("/session", **mine),
        "messages": address("/messages", first=1, **mine),
        "message": address("/message", ref="m2", **mine),
        "summary": address("/message", ref="s1", **mine),
        "decisions": address("/decisions", **mine),
        "dropped": address("/dropped", **mine),
        "question": address("/ask", q="Which pool was raised?", budget=900, **mine),
        "quality": address("/quality", **mine),
        "costs of a session": address("/session-costs", **mine),
    }


def browser(memory: Memory, *, write: bool = False, entered: bool = True) -> TestClient:
    """Requests to the screen on *memory*; *entered*: with the cookie that the token brings."""
    guarded = Guard(screen(memory, TOKEN, write=write), TOKEN, PORT)
    client = TestClient(guarded, base_url=BASE, follow_redirects=False)
    if entered:
        assert client.get(f"/?token={TOKEN}").status_code == 303
    return client
