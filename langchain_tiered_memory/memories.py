"""Open memories, shared by every object of a process that names the same database with the same settings.

LangChain makes a history for every call of a chain. Opening a database for each would cost more than the turn itself,
so the last few memories are held open between two calls.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from tiermem import Memory
from tiermem.index.cache import fork_lock
from tiermem.runtime.options import OpenOptions

MAX_HELD = 8  # databases kept open between two calls: a few file handles each
T = TypeVar("T")
FileId: TypeAlias = tuple[int, int]  # device and inode


@dataclass
class _Shelf:
    lock: threading.RLock = field(default_factory=threading.RLock)
    held: OrderedDict[int, Memory] = field(default_factory=OrderedDict)
    files: weakref.WeakKeyDictionary[Memory, FileId | None] = field(default_factory=weakref.WeakKeyDictionary)


_shelf = _Shelf()


def open_memory(path: str | os.PathLike[str] | None, options: OpenOptions) -> Memory:
    """The open memory of *path* with *options*, opened if need be.

    ":memory:" is never shared: as with a SQLite connection, each one is a memory of its own.

    Raises:
        StorageError: the database cannot be opened.
    """
    target = None if path is None else os.fspath(path)
    if target == ":memory:":
        return Memory.open(target, **options)
    with _shelf.lock:
        memory = Memory.shared(target, **options)
        if memory in _shelf.files and _shelf.files[memory] != _file_of(memory):
            memory.close()  # its file was deleted or replaced: those who hold it are told, new ones start afresh
            memory = Memory.shared(target, **options)
        _hold(memory)
    return memory


def close_all() -> None:
    """Closes every memory that this package opened by `path=`; objects that still use one raise `Closed`."""
    with _shelf.lock:
        memories = list(_shelf.files)
        _shelf.held.clear()
        _shelf.files.clear()
    for memory in memories:
        memory.close()


def _hold(memory: Memory) -> None:
    _shelf.files.setdefault(memory, _file_of(memory))
    _shelf.held[id(memory)] = memory
    _shelf.held.move_to_end(id(memory))
    while len(_shelf.held) > MAX_HELD:
        _shelf.held.popitem(last=False)


def _file_of(memory: Memory) -> FileId | None:
    if "://" in memory.path:
        return None
    try:
        found = Path(memory.path).stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


class PerMemory(Generic[T]):
    """What *make* makes for each open memory, kept as long as the memory lives. Thread-safe."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: weakref.WeakKeyDictionary[Memory, T] = weakref.WeakKeyDictionary()
        self._lock = fork_lock(self)

    def of(self, memory: Memory) -> T:
        """That of *memory*."""
        with self._lock:
            if memory not in self._made:
                self._made[memory] = self._make()
            return self._made[memory]


def _new_lock() -> None:
    """In a child process: the thread that held the lock may not exist there. The memories themselves survive a fork."""
    _shelf.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)
atexit.register(close_all)
