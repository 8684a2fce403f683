"""tiermem through its public face: a real SQLite file, every message with its time, name and role."""

from __future__ import annotations

from collections.abc import Callable

from tiermem.evaluation.asking import FILE, SESSION, USER, text_of
from tiermem.evaluation.asking import BlockMemory as Recall
from tiermem.evaluation.asking import ContextMemory as WholeContext
from tiermem.evaluation.asking import FedMemory as Tiered
from tiermem.evaluation.asking import UserMemory as User

__all__ = ["FILE", "MEMORIES", "SESSION", "USER", "Recall", "Tiered", "User", "WholeContext", "text_of"]

MEMORIES: dict[str, Callable[..., Tiered]] = {
    "tiermem": Recall,
    "tiermem-user": User,
    "tiermem-context": WholeContext,
}
