"""A disk as a loss of power may leave it, from the system calls that a process made.

What a call wrote is certain only after the next sync of the same file, and what a name in a folder means only after a
sync of that folder. Everything later may be there or missing, and a write may be there up to some sector: disks and
file systems reorder. Two habits of file systems are tried: "strict" (POSIX: the names of a folder come on the disk
one by one, in any order, by a sync of the folder alone) and "journaled" (as ext4: in their order, and a sync of a
file brings the names up to its own).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Habit = Literal["strict", "journaled"]
HABITS: tuple[Habit, ...] = ("strict", "journaled")
SECTOR = 512  # bytes that every disk writes as a whole; those of newer disks are larger and lose no more by it
RECORDED = "openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink"

_CALL = re.compile(r"(?P<pid>\d+)\s+(?P<name>\w+)\((?P<arguments>.*?)(?:\) += (?P<answer>-?\d+)| <unfinished)")
_RESUMED = re.compile(r"(?P<pid>\d+)\s+<\.\.\. \w+ resumed>.*\) += (?P<answer>-?\d+)")
_DESCRIPTOR = re.compile(r"(?P<number>\d+)<(?P<path>[^>]*)>")
_TEXT = re.compile(r"\"((?:\\x[0-9a-f]{2})*)\"")


@dataclass(frozen=True)
class DiskCall:
    """One call that wrote, cut, named, removed or synced *path*; or said *data* on descriptor *number*."""

    name: str
    path: str
    data: bytes = b""
    place: int = 0
    number: int = -1


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def calls(lines: Iterable[str]) -> Iterator[DiskCall]:
    """The calls of a log of `strace -f -y -xx -e trace=RECORDED`, in the order in which they took effect.

    A write counts from its beginning (then some of it may be on the disk), a sync from its end.
    """
    waiting: dict[str, DiskCall] = {}
    for line in lines:
        if resumed := _RESUMED.match(line):
            call = waiting.pop(resumed["pid"], None)
            if call and int(resumed["answer"]) >= 0:
                yield call
        elif (found := _CALL.match(line)) and (call := _read(found["name"], found["arguments"])):
            if found["answer"] is None and call.name == "sync":
                waiting[found["pid"]] = call
            elif found["answer"] is None or int(found["answer"]) >= 0:
                yield call


def _read(name: str, arguments: str) -> DiskCall | None:
    texts = [_bytes(text) for text in _TEXT.findall(arguments)]
    if name == "unlink":
        return DiskCall(name, texts[0].decode())
    if name == "openat":
        return DiskCall("create", texts[0].decode()) if "O_CREAT" in arguments else None
    descriptor = _DESCRIPTOR.match(arguments)
    if descriptor is None:
        raise ValueError(f"no descriptor in {name}({arguments[:200]})")
    number, path = int(descriptor["number"]), _bytes(descriptor["path"]).decode()
    last = arguments.rpartition(", ")[2]
    if name == "ftruncate":
        return DiskCall(name, path, place=int(last))
    if name == "pwrite64":
        return DiskCall(name, path, texts[0], int(last))
    return DiskCall("write" if name == "write" else "sync", path, *texts, number=number)


@dataclass
class Content:
    """The bytes of a file: those that are certain, and the calls since its last sync."""

    certain: bytearray = field(default_factory=bytearray)
    since: list[DiskCall] = field(default_factory=list)

    def sync(self) -> None:
        for call in self.since:
            _apply(self.certain, call)
        self.since.clear()

    def left(self, chance: random.Random) -> bytes:
        """What a loss of power may leave: each later call wholly, up to a sector, or not at all."""
        data, kept = bytearray(self.certain), chance.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        for call in self.since:
            if chance.random() < kept:
                _apply(data, call, chance.choice((None, None, chance.randrange(9))))
        return bytes(data)


def _apply(data: bytearray, call: DiskCall, sectors: int | None = None) -> None:
    if call.name == "ftruncate":
        del data[call.place :]
        data.extend(bytes(call.place - len(data)))
        return
    written = call.data if sectors is None else call.data[: sectors * SECTOR]
    data.extend(bytes(max(0, call.place - len(data))))
    data[call.place : call.place + len(written)] = written


class Disk:
    """One folder, as the running programs see it and as it certainly is."""

    def __init__(self, folder: str, habit: Habit) -> None:
        self.folder = folder
        self.habit = habit
        self.seen: dict[str, Content] = {}
        self.certain: dict[str, Content] = {}
        self.named: list[tuple[str, Content | None]] = []

    def take(self, call: DiskCall) -> None:
        """*call* happened."""
        if call.name == "sync":
            self._sync(call.path)
        elif call.name == "create":
            if call.path.startswith(f"{self.folder}/") and call.path not in self.seen:
                self._name(call.path, Content())
        elif call.path in self.seen:
            if call.name == "unlink":
                self._name(call.path, None)
            else:
                self.seen[call.path].since.append(call)

    def _name(self, path: str, content: Content | None) -> None:
        self.named.append((path, content))
        _rename(self.seen, path, content)

    def _sync(self, path: str) -> None:
        sure = len(self.named) if path == self.folder else 0
        if content := self.seen.get(path):
            content.sync()
            if self.habit == "journaled":
                sure = 1 + max((place for place, (name, _) in enumerate(self.named) if name == path), default=-1)
        for name, named in self.named[:sure]:
            _rename(self.certain, name, named)
        del self.named[:sure]

    def left(self, chance: random.Random) -> dict[str, bytes]:
        """The files that a loss of power may leave, by their names."""
        names = dict(self.certain)
        if self.habit == "journaled":
            kept = self.named[: chance.randint(0, len(self.named))]
        else:
            kept = [one for one in self.named if chance.random() < 0.5]
        for path, content in kept:
            _rename(names, path, content)
        return {path: content.left(chance) for path, content in names.items()}


def _rename(names: dict[str, Content], path: str, content: Content | None) -> None:
    if content is None:
        names.pop(path, None)
    else:
        names[path] = content
