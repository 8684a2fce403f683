"""The thread in the background: what was named is seen to, fairly, and nothing waits for it for long."""

from __future__ import annotations

import gc
import threading
import weakref
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from tests.waiting import PATIENCE, until
from tiermem.runtime import background
from tiermem.runtime.background import Follower
from tiermem.runtime.handler import _kept
from tiermem.runtime.loops import Tasks
from tiermem.settings import Scope

A, B, C = (Scope("", "u", name) for name in "abc")


def test_it_starts_when_it_is_first_woken() -> None:
    one = Follower(lambda _: False)
    assert not one.running
    one.wake(A)
    assert one.running
    one.close()
    assert not one.running


def test_sessions_with_much_to_do_take_turns() -> None:
    seen: list[Scope] = []
    ready = threading.Event()

    def step(scope: Scope) -> bool:
        ready.wait(PATIENCE)
        seen.append(scope)
        return seen.count(scope) < 5

    one = Follower(step)
    one.wake(A)
    one.wake(B)
    ready.set()
    until(lambda: len(seen) == 10)
    assert abs(seen[:6].count(A) - seen[:6].count(B)) <= 1
    one.close()


def test_a_scope_that_is_woken_while_it_is_stepped_is_stepped_again() -> None:
    seen: list[Scope] = []
    going, ready = threading.Event(), threading.Event()

    def step(scope: Scope) -> bool:
        going.set()
        ready.wait(PATIENCE)
        seen.append(scope)
        return False

    one = Follower(step)
    one.wake(A)
    going.wait(PATIENCE)
    for _ in range(50):
        one.wake(A)
    ready.set()
    until(lambda: len(seen) == 2)
    one.wake(B)  # behind whatever is left of A
    until(lambda: B in seen)
    assert seen == [A, A, B]
    one.close()


def test_what_failed_is_tried_again_while_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AGAIN", 0.02)
    seen: list[Scope] = []

    def step(scope: Scope) -> bool | None:
        seen.append(scope)
        return None if scope == C or (scope == A and seen.count(A) < 3) else False

    one = Follower(step)
    for scope in (A, B, C):
        one.wake(scope)
    until(lambda: seen.count(A) == 3)
    rounds = seen.count(C) + 3
    until(lambda: seen.count(C) == rounds)  # C fails for ever; what else is to be tried again had its turn
    assert seen.count(A) == 3
    assert seen.count(B) == 1
    one.close()


def test_close_waits_for_the_step_and_ends_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "JOIN", PATIENCE)
    begun, ended = threading.Event(), list[Scope]()

    def step(scope: Scope) -> bool:
        begun.set()
        until(lambda: one.closed)
        ended.append(scope)
        return True

    one = Follower(step)
    one.wake(A)
    begun.wait(PATIENCE)
    one.close()
    assert ended == [A]
    assert not one.running
    one.wake(B)
    assert not one.running
    assert ended == [A]


def test_close_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "JOIN", 0.05)
    hangs = threading.Event()
    one = Follower(lambda _: hangs.wait(PATIENCE))
    one.wake(A)
    one.close()
    assert one.running
    hangs.set()
    until(lambda: not one.running)


def test_it_may_be_closed_from_its_own_thread() -> None:
    closed = threading.Event()

    def step(_: Scope) -> bool:
        one.close()
        closed.set()
        return True

    one = Follower(step)
    one.wake(A)
    assert closed.wait(PATIENCE)
    until(lambda: not one.running)


def test_its_thread_ends_with_its_owner() -> None:
    one = Follower(lambda _: False)
    one.wake(A)
    thread, gone = one._thread, weakref.ref(one)
    assert thread is not None
    del one
    until(lambda: gc.collect() >= 0 and gone() is None and not thread.is_alive())


def test_all_that_failed_are_tried_again_when_their_time_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    class Bell(SimpleQueue[Scope | None]):
        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            try:
                return super().get(block, timeout)
            except Empty:
                waited.append(timeout or 0.0)
                raise

    monkeypatch.setattr(background, "AGAIN", 0.3)
    monkeypatch.setattr(background, "SimpleQueue", Bell)
    seen: dict[Scope, int] = {}

    def step(scope: Scope) -> bool | None:
        seen[scope] = seen.get(scope, 0) + 1
        return None if seen[scope] == 1 else False

    one = Follower(step)
    every = [Scope("", "u", str(number)) for number in range(100)]
    for scope in every:
        one.wake(scope)
    until(lambda: sum(seen.values()) == 200)
    assert sum(waited) < 10  # seconds that it meant to wait; one at a time would be 30
    assert set(seen) == set(every)
    one.close()


def test_a_scope_that_failed_many_times_waits_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AGAIN", 0.1)
    seen: list[bool | None] = []
    answer: list[bool | None] = [None]
    rounds: list[Scope] = []

    def step(scope: Scope) -> bool | None:
        if scope == C:
            return rounds.append(scope)
        seen.append(answer[0])
        return answer[0]

    one = Follower(step)
    for number in range(1, 21):
        one.wake(A)
        until(lambda: len(seen) >= number)  # noqa: B023  # called here
    answer[0] = False
    until(lambda: False in seen)
    one.wake(C)
    until(lambda: len(rounds) == 3)  # C fails for ever; what else is to be tried again had its turn
    assert seen.count(False) == 1
    one.close()


def test_a_busy_scope_does_not_keep_one_that_failed_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AGAIN", 0.02)
    seen: list[Scope] = []

    def step(scope: Scope) -> bool | None:
        seen.append(scope)
        return None if scope == A else True

    one = Follower(step)
    one.wake(A)
    one.wake(B)
    until(lambda: seen.count(A) == 3)
    one.close()


def test_after_a_step_that_ended_its_thread_a_new_one_goes_on() -> None:
    """Panics of Rust libraries are no `Exception`."""
    seen: list[Scope] = []

    def step(scope: Scope) -> bool:
        seen.append(scope)
        if len(seen) == 1:
            raise SystemExit
        return False

    one = Follower(step)
    one.wake(A)
    until(lambda: not one.running)
    one.wake(B)
    until(lambda: seen == [A, B])
    one.close()


def test_the_thread_manages_a_window_of_loops_only_when_a_caller_without_one_left_it() -> None:
    tasks = Tasks(lambda _: iter(()), lambda: None)  # type: ignore[arg-type, return-value]
    assert not tasks.taken(A)  # a loop wakes the thread for words alone
    tasks.leave(A)
    assert [tasks.taken(A), tasks.taken(A)] == [True, False]
    assert Tasks(None, lambda: None).taken(A)  # nothing belongs to a loop


def test_a_step_with_more_to_do_goes_on_managing_and_one_that_is_woken_meanwhile_too() -> None:
    tasks = Tasks(lambda _: iter(()), lambda: None)  # type: ignore[arg-type, return-value]
    managed: list[bool] = []
    answers: list[bool | None] = [True, None, False, False]

    def keep(scope: Scope, manages: bool) -> bool | None:
        managed.append(manages)
        if len(managed) == 3:
            tasks.leave(scope)  # another caller adds during the step
        return answers[len(managed) - 1]

    tasks.leave(A)
    for _ in answers:
        _kept(keep, tasks, A)
    assert managed == [True, True, True, True]
    assert not tasks.taken(A)
