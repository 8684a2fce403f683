"""Fakes for the tests of applications: deterministic, offline, and honest about being fakes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tiermem.messages import Message
from tiermem.providers.embedders import HashEmbedder

__all__ = ["HashEmbedder", "ScriptedSummarizer", "StoppedClock"]


class StoppedClock:
    """A clock that stands still until `tick` moves it, forwards or backwards."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime(2025, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time it stands at."""
        return self.now

    def tick(self, seconds: float = 1.0) -> datetime:
        """Move by *seconds* (negative: backwards) and return the new time."""
        self.now += timedelta(seconds=seconds)
        return self.now


class ScriptedSummarizer:
    """A summariser that plays a script: each answer is returned, or raised when it is an exception, the last for ever.

    A callable answer is called with the messages. `asked` keeps what each call was asked about.
    """

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers) or [{"user_goal": "scripted"}]
        self.asked: list[list[Message]] = []

    def __call__(self, messages: Sequence[Message]) -> Any:
        """Play the next answer."""
        self.asked.append(list(messages))
        answer = self._answers[min(len(self.asked), len(self._answers)) - 1]
        if isinstance(answer, BaseException) or (isinstance(answer, type) and issubclass(answer, BaseException)):
            raise answer
        return answer(messages) if callable(answer) else answer
