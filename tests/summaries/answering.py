"""A model that plays a script, for tests of summaries with no framework, and a conversation to summarise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from tiermem import Message, StructuredSummary
from tiermem.flows.summarizer import Answer, Request, SummaryWriter

TALK = [
    Message(role="user", content="Please fix the database timeout in the shop. " * 3, sequence=4),
    Message(role="assistant", content="The pool of 10 is too small, I raise the pool to 50 in src/db.py.", sequence=5),
    Message(role="tool", content="ok, 50 connections", tool_call_id="c", sequence=6),
    Message(role="assistant", content="Done. Next I test under load with 200 users.", sequence=7),
]
GOOD: dict[str, Any] = {
    "user_goal": {"text": "Fix the database timeout", "messages": [4]},
    "key_decisions": [{"text": "Pool raised from 10 to 50", "messages": [5, 6]}],
    "modified_files": [{"text": "src/db.py", "messages": [5]}],
    "critical_context": [{"label": "load", "text": "tested with 200 users", "messages": [7]}],
    "last_step": {"text": "Test under load", "messages": [7]},
}
FLAT: dict[str, Any] = {
    "user_goal": "Fix the database timeout",
    "key_decisions": ["Pool raised from 10 to 50"],
    "modified_files": ["src/db.py"],
    "critical_context": {"load": "tested with 200 users"},
    "last_step": "Test under load",
    "sources": {
        "user_goal": [4], "key_decisions.0": [5, 6], "modified_files.0": [5], "critical_context.load": [7],
        "last_step": [7],
    },
}  # fmt: skip
WRITTEN = json.dumps(GOOD)


class Model:
    """Plays its answers to structured and to plain requests, the last of each for ever; `asked` are the requests."""

    def __init__(self, structured: Sequence[Any] = (NotImplementedError(),), plain: Sequence[Any] = (WRITTEN,)) -> None:
        self.answers = {True: list(structured), False: list(plain)}
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        left = self.answers[request.structured]
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Answer):
            return answer
        return Answer(text=answer) if isinstance(answer, str) else Answer(value=answer)

    async def ask(self, request: Request) -> Answer:
        await asyncio.sleep(0)
        return self(request)

    @property
    def kinds(self) -> str:
        return "".join("s" if one.structured else "p" for one in self.asked)


def wrote(model: Model, messages: Sequence[Message] = TALK, **options: Any) -> StructuredSummary:
    return SummaryWriter(**options).run(messages, model)
