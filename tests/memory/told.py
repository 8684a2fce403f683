"""A session with something to tell, for the tests of events."""

from __future__ import annotations

from typing import Any

from tests.memory.crowd import length
from tiermem import Session
from tiermem.events import Event

SMALL: dict[str, Any] = {"pre_rot_threshold": 800, "keep_recent_count": 3, "counter": length}
CANARY = "xylophone"


def texts(count: int = 40) -> list[str]:
    return [f"Decision {n}: we decided to raise the {CANARY} pool of service {n} to 50. " * 3 for n in range(count)]


def talk(session: Session, count: int = 40) -> None:
    for text in texts(count):
        session.add(text)


def everything(session: Session) -> None:
    """Each verb that has something to tell."""
    talk(session)
    session.add(f"Never touch the {CANARY} pool of a service again.")
    session.settle(30)
    session.index()
    session.context(f"which {CANARY} pool of service 3")
    session.recall(f"which {CANARY} pool of service 3")
    session.search(f"{CANARY} pool", explain=True)
    session.restore("m2")
    session.undo(session.journal()[-1].number)
    session.fork("m2")
    session.forget("m3")
    session.clear()
    knowledge = session.memory.knowledge("default")
    knowledge.add_documents({"text": f"the {CANARY} manual", "source": "manual.txt"})
    knowledge.add_documents({"text": f"the new {CANARY} manual", "source": "manual.txt"})
    knowledge.search(f"{CANARY} manual")
    knowledge.remove("manual.txt")
    session.memory.life("default").sleep()
    session.erase("m4", reason="asked for")


def kinds(told: list[Event]) -> list[str]:
    return [one.kind for one in told]
