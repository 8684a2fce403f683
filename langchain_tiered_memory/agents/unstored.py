"""Ends of runs that could not be stored: where no checkpointer keeps the state, a later run stores them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_tiered_memory.agents.listing import roster_of
from tiermem import Session
from tiermem.agents.note import Note
from tiermem.agents.reconcile import marks

MOST = 64  # sessions whose last state is held


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The messages of a state, and the note that they were to be compared by."""

    messages: Sequence[BaseMessage]
    note: Note

    def begins(self, messages: Sequence[BaseMessage]) -> bool:
        """Whether *messages* go on from these, so that they bring all of it along."""
        mine, theirs = (roster_of(each, owned=True).listed for each in (self.messages, messages))
        return len(mine) <= len(theirs) and marks(theirs, len(mine))[0] == marks(mine, len(mine))[1]


class RunEnds:
    """By session, as long as the process lives."""

    def __init__(self) -> None:
        self._ends: OrderedDict[Any, RunEnd] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, session: Session, end: RunEnd) -> None:
        """Holds *end*; of more than 64 sessions the newest are held."""
        with self._lock:
            self._ends[_place(session)] = end
            while len(self._ends) > MOST:
                self._ends.popitem(last=False)

    def take(self, session: Session, messages: Sequence[BaseMessage]) -> RunEnd | None:
        """What is held of *session*, where *messages*, the state of now, do not bring it along."""
        with self._lock:
            end = self._ends.pop(_place(session), None)
        return None if end is None or end.begins(messages) else end


def _place(session: Session) -> tuple[Any, Any]:
    memory = session.memory
    return (memory if memory.path == ":memory:" else memory.path), session.scope


ENDS = RunEnds()
