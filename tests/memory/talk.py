"""Talk and settings that several files of tests share."""

from __future__ import annotations

from tiermem import Message


def long_turns(count: int, start: int = 0) -> list[Message]:
    turns: list[Message] = []
    for number in range(start, start + count):
        turns.append(Message(role="user", content=f"Question {number}: why does service{number} time out?"))
        text = (
            f"Service{number} waits for the pool. We decided to raise the pool of service{number} from 10 to {number}. "
        )
        turns.append(Message(role="assistant", content=text + "The log says nothing else of interest here. " * 6))
    return turns


def small(**more: object) -> dict[str, object]:
    return {"pre_rot_threshold": 2_000, "keep_recent_count": 4, **more}
