"""One writer a process: threads that write at the same time share one transaction, and so one fsync.

Rule 1: a call returns only after the commit that holds its work, or raises and has left nothing.
Rule 2: one body's failure rolls back that body only (a savepoint each, where several share a transaction).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from tiermem.errors import StorageError
from tiermem.storage.connecting.lock import AT_ONCE, PROMPT, NotNow

T = TypeVar("T")
LARGEST_GROUP = 64  # bodies that share a commit; more would make the first of them wait for the last


class _Job:
    __slots__ = ("body", "done", "error", "turn", "value")

    def __init__(self, body: Callable[[sa.Connection], Any]) -> None:
        self.body = body
        self.value: Any = None
        self.error: BaseException | None = None
        self.done = False
        self.turn = threading.Lock()  # free once the job is done, or its thread is to commit the next group
        self.turn.acquire()


class Writer:
    """Runs bodies on the one connection that writes. Thread-safe; not re-entrant from inside a body.

    The thread that finds nobody writing leads: it commits a group, and hands over to the one that waits longest. With
    a lock alone newcomers overtake those who wait, and those whose work is done wait again to hear of it.
    """

    def __init__(self, connect: Callable[[], sa.Connection]) -> None:
        self._connect = connect
        self._connection: sa.Connection | None = None
        self._waiting: deque[_Job] = deque()
        self._led = False
        self._lock = threading.Lock()  # of the two above
        self._using = threading.Lock()  # of the connection

    def run(self, body: Callable[[sa.Connection], T]) -> T:
        """What *body* returns, once it is committed."""
        job = _Job(body)
        with self._lock:
            self._waiting.append(job)
            leads, self._led = not self._led, True
        if not leads:
            job.turn.acquire()
        if not job.done:
            self._lead(job)
        if job.error is not None:
            raise job.error
        value: T = job.value
        return value

    def run_at_once(self, body: Callable[[sa.Connection], T]) -> tuple[bool, T | None]:
        """Whether *body* was run and committed with nobody waited for, and what it returned; else nothing was done."""
        job = _Job(body)
        with self._lock:
            if self._led or self._waiting or self._connection is None or PROMPT not in self._connection.info:
                return False, None
            self._led = True
        try:
            with self._using:
                self._connection.info[AT_ONCE] = True
                try:
                    self._commit([job])
                finally:
                    self._connection.info.pop(AT_ONCE, None)
        finally:
            self._hand_over()
        if isinstance(job.error, NotNow):
            return False, None
        if job.error is not None:
            raise job.error
        return True, job.value

    def aside(self, body: Callable[[sa.Connection], T]) -> T:
        """What *body* returns of the connection outside of a transaction, while nobody writes by it."""
        with self._using:
            if self._connection is None:
                self._connection = self._connect()
            return body(self._connection)

    def close(self) -> None:
        """Close the connection; a later `run` opens another."""
        with self._using:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _lead(self, job: _Job) -> None:
        """Commit groups until *job* is done, mostly one; then the one that waits longest leads, or nobody."""
        try:
            while not job.done:
                with self._using:
                    self._commit_group()
        finally:
            self._hand_over()

    def _hand_over(self) -> None:
        with self._lock:
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].turn.release()

    def _commit_group(self) -> None:
        with self._lock:
            jobs = [self._waiting.popleft() for _ in range(min(LARGEST_GROUP, len(self._waiting)))]
        self._commit(jobs)

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            with self._connection.begin():
                for job in jobs:
                    self._run_one(job, alone=len(jobs) == 1)
                    self._check_alive(job)
        except BaseException as error:
            for job in jobs:
                job.error = job.error or error
            if not isinstance(error, Exception):
                raise
        finally:
            for job in jobs:
                job.done = True
                job.turn.release()

    def _run_one(self, job: _Job, *, alone: bool) -> None:
        connection = self._connection
        assert connection is not None  # noqa: S101  # set by the caller
        if alone:
            job.value = job.body(connection)
            return
        try:
            with connection.begin_nested():
                job.value = job.body(connection)
        except Exception as error:  # noqa: BLE001  # handed to the thread that asked for it
            job.error = error

    def _check_alive(self, job: _Job) -> None:
        """Raise when the transaction is gone: SQLite rolls all of it back where the disk is full or fails.

        Going on would commit the rest of the group without those before, and acknowledge them.
        """
        connection = self._connection
        assert connection is not None  # noqa: S101  # set by the caller
        if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
            raise job.error or StorageError("the transaction was rolled back by the database")
