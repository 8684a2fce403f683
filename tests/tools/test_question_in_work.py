"""`search_memory` while a question is answered: it is no answer to itself, and nothing relevant is told as nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Open
from tiermem import Message, ToolCall
from tiermem.tools.tools import memory_tools

START = datetime(2024, 3, 1, 9, tzinfo=UTC)


def said(day: float, text: str, role: str = "user", **more: Any) -> Message:
    return Message(role=role, content=text, created_at=START + timedelta(days=day), **more)


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("What is the door code?", "door code"),
        ("Please tell me the door code of the cellar.", "door code cellar"),
        ("Good morning. Look up the door code, I am outside.", "door code"),
        ("请告诉我地下室的门禁密码", "门禁密码"),
    ],
)
def test_where_only_the_question_has_the_words_nothing_is_relevant(store: Open, question: str, query: str) -> None:
    session = store().session("s")
    session.add([said(n, f"Small talk {n} about tea.", ("user", "assistant")[n % 2]) for n in range(12)])
    session.add(said(20, question))
    tools = memory_tools(session)
    assert "Nothing in memory is relevant" in tools["search_memory"].call(query=query)
    calls = (ToolCall("c1", "search_memory", {"query": query}),)
    session.add(Message(role="assistant", content="", tool_calls=calls))
    assert "Nothing in memory is relevant" in tools["search_memory"].call(query=query)
    session.add([said(21, "Thanks all the same.", "assistant"), said(22, "The door code is 4711. 门禁密码是4711。")])
    assert f"[m{session.stats().messages}]" in tools["search_memory"].call(query=query)


def test_a_long_mail_that_asks_something_is_searched_for_it_may_be_clipped(store: Open) -> None:
    session = store().session("s")
    mail = " ".join(f"Line {n} is about pumps." for n in range(600))
    session.add([said(0, "Good morning."), said(1, f"{mail} The door code is 4711. {mail} What does it say?")])
    assert "4711" in memory_tools(session)["search_memory"].call(query="door code")
