"""A summariser with a sync and an async face is asked in the way of the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.conftest import Open
from tests.flows.writing.test_summarizer_failures import GOOD, SMALL, talk, texts
from tiermem import Message


class Twins:
    def __init__(self) -> None:
        self.loops: list[bool] = []

    def __call__(self, messages: Sequence[Message]) -> dict[str, Any]:
        self.loops.append(False)
        return GOOD

    async def acall(self, messages: Sequence[Message]) -> dict[str, Any]:
        self.loops.append(asyncio.get_running_loop() is not None)
        return GOOD


async def test_an_object_with_an_async_twin_is_asked_by_it_in_async_code_alone(store: Open) -> None:
    twins = Twins()
    memory = store(**SMALL, summarizer=twins)
    await asyncio.to_thread(talk, memory.session("sync"))
    assert set(twins.loops) == {False}
    twins.loops.clear()
    for text in texts():
        await memory.session("async").as_async().add(text)
    assert set(twins.loops) == {True}
    assert memory.session("async").stats().summarizer_failures == 0
