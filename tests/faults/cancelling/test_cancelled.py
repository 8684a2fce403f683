"""A call that is cancelled at any moment is done or not begun, and locks nobody out: every verb, every backend."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Open
from tests.faults.cancelling.talk import OPTIONS, USER, VERBS, Talk
from tiermem import Memory

PATIENCE = 60.0  # seconds after which something hangs, on however slow a machine


async def lived(memory: Memory, seed: int, cancels: int) -> Talk:
    """A talk of which about three calls in four were cancelled, *cancels* in all."""
    talk = Talk(memory, seed)
    for verb in sorted(VERBS):
        async with asyncio.timeout(PATIENCE):
            await talk.step(verb, cancel=False)
        talk.check()
    while sum(talk.cancelled.values()) < cancels:
        async with asyncio.timeout(PATIENCE):
            await talk.step(cancel=talk.chance.random() < 0.75)
        talk.check()
    return talk


def sound(memory: Memory, talk: Talk) -> None:
    """Nothing is left half done, and everything still works."""
    memory.settle(PATIENCE)
    assert all(proof.ok for proof in memory.verify().values())
    session = memory.session("s", USER)
    session.add("The last word is about a xylophone.")
    session.index()
    assert session.search("xylophone", 1)[0].message.sequence == len(talk.said) + 1
    assert session.context("What about the xylophone?", 400).tokens <= 400


async def test_what_is_cancelled_is_done_or_not_begun(store: Open) -> None:
    memory = store(**OPTIONS)
    sound(memory, await lived(memory, 1, 30))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 7))
async def test_a_thousand_cancelled_calls(store: Open, seed: int) -> None:
    memory = store(**OPTIONS)
    talk = await lived(memory, seed, 200)
    assert set(talk.cancelled) == set(VERBS)
    sound(memory, talk)
