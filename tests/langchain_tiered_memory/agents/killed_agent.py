"""An agent that reads page after page and kills its own process; a program of `test_langchain_kill.py`, and a saver.

python killed_agent.py DATABASE CHECKPOINTS DURABILITY POINT NUMBER
"""

import os
import pickle
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import TieredMemoryMiddleware
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, call, read_page, thread

LIMIT = 4_000
TASK = "Read the guide book."


class FileSaver(InMemorySaver):
    """LangGraph's saver in RAM, written to a file with every checkpoint and every task's writes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path, self._lock = path, threading.Lock()
        if path.exists():
            storage, writes, blobs = pickle.loads(path.read_bytes())
            for name, spaces in storage.items():
                self.storage[name].update(spaces)
            self.writes.update(writes)
            self.blobs.update(blobs)

    def _kept(self) -> None:
        storage = {name: {space: dict(made) for space, made in spaces.items()} for name, spaces in self.storage.items()}
        writes = {place: dict(made) for place, made in self.writes.items()}
        beside = self._path.with_suffix(".new")
        beside.write_bytes(pickle.dumps((storage, writes, dict(self.blobs))))
        beside.replace(self._path)

    def put(self, *given: Any, **named: Any) -> Any:
        with self._lock:
            made = super().put(*given, **named)
            self._kept()
        return made

    def put_writes(self, *given: Any, **named: Any) -> None:
        with self._lock:
            super().put_writes(*given, **named)
            self._kept()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    """Kills this process when it is called for the *number*-th time."""

    def __init__(self, number: int) -> None:
        self._left = number

    def __call__(self, *_: Any) -> None:
        self._left -= 1
        if self._left == 0:
            die()


def main(database: str, checkpoints: str, durability: str, point: str, number: int) -> None:
    countdown = Countdown(number)

    def script(messages: list[Any], turn: int) -> AIMessage:
        if point == "model":
            countdown()
        return call(turn)

    @tool("read_page")
    def deadly(number: int) -> str:
        """Read one page of the guide book."""
        if point == "tool":
            countdown()
        return str(read_page.invoke({"number": number}))

    middleware = TieredMemoryMiddleware(database, max_tokens=LIMIT)
    if point == "commit":  # right before it, whatever the transaction is about
        sa.event.listen(sa.Engine, "commit", countdown)
    if point == "stored":  # right behind it
        middleware.memory.subscribe(lambda event: countdown() if event.kind == "added" else None)
    options = {"checkpointer": FileSaver(Path(checkpoints))} if checkpoints else {}
    how = {"durability": durability} if checkpoints else {}
    one = agent(Scripted(script=script), middleware, tools=[deadly], **options)
    one.invoke({"messages": [HumanMessage(TASK)]}, thread(), **how)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:5], int(sys.argv[5]))
