"""A database with a bit of everything that a chain is of, and the heads that its owner kept of it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from tiermem import Memory, Message, Thresholds

NAMES = ("monday", "tuesday", "fork")


def fourths(text: str) -> int:
    """A token is four characters."""
    return len(text) // 4


SMALL: dict[str, Any] = {"pre_rot_threshold": 600, "keep_recent_count": 2, "index_batch": 1_000, "counter": fourths}


def opened(file: Path) -> Memory:
    """The memory in *file*, with a window so small that it is managed all the time."""
    return Memory.open(file, durability="relaxed", **SMALL)


def say(memory: Memory, name: str, number: int, rng: random.Random) -> None:
    """One message more in *name*."""
    text = f"{number}: we decided to raise pool {rng.randrange(10**6)} from 10 to {number}0; 连接池 {number}. " * 6
    memory.session(name, "ann").add(
        Message(role=("user", "assistant")[number % 2], content=text, id=f"{name}-{number}")
    )


def live(memory: Memory, rng: random.Random) -> None:
    """Two conversations and a fork, compacted, summarised, partly hidden, partly erased."""
    for number in range(16):
        if number < 10:
            say(memory, "monday", number, rng)
        say(memory, "tuesday", number, rng)
    monday = memory.session("monday", "ann")
    monday.manage_context()
    memory.session("tuesday", "ann").manage_context(Thresholds(pre_rot_threshold=280, keep_recent_count=2))
    monday.undo(monday.forget("m2", reason="wrong")[0])
    monday.forget("m3", reason="wrong")
    monday.fork("m8", "fork")
    for number in range(20, 24):
        say(memory, "fork", number, rng)
    memory.session("tuesday", "ann").erase("m4", "m5", "m9", reason="asked for")
    memory.session("fork", "ann").erase("m2", reason="asked for")
    memory.settle(60)


def heads(memory: Memory) -> dict[str, str]:
    """The head of each conversation, as its owner keeps it."""
    return {name: memory.session(name, "ann").head() for name in NAMES}
