"""What a user laid down is read over all conversations, is the same waiting and indexed, and is no fact."""

from __future__ import annotations

import pytest

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.validity import laid_down


def held(memory: Memory, user: str = "anna") -> list[tuple[str, str, str]]:
    """What holds of *user*, as (kind, text, reference)."""
    session = memory.session("any", user)
    found = memory.drive(laid_down.of_user(memory.wiring[0], session.scope))
    return [(one.kind, one.text, one.ref) for one in found]


@pytest.mark.parametrize("indexed", [False, True], ids=["waiting", "indexed"])
def test_wishes_and_constraints_are_found_in_all_conversations_of_a_user(store: Open, *, indexed: bool) -> None:
    memory = store()
    monday, friday = memory.session("monday", "anna"), memory.session("friday", "anna")
    monday.add(
        [
            Message(role="user", content="Call me Max. Never deploy on a Friday."),
            Message(role="assistant", content="OK"),
        ]
    )
    friday.add("From now on call me Anna-Lena. 总预算不能超过两万元。")
    memory.session("monday", "ben").add("Never call me Ben.")
    if indexed:
        monday.index()
        friday.index()
    assert held(memory) == [
        ("wish", "Never deploy on a Friday.", "monday/m1"),
        ("wish", "From now on call me Anna-Lena.", "friday/m1"),
        ("constraint", "总预算不能超过两万元。", "friday/m1"),
    ]
    friday.forget("m1")
    assert [text for _, text, _ in held(memory)] == ["Call me Max.", "Never deploy on a Friday."]
    assert memory.facts("anna").current() == []
    assert monday.verify().ok
    assert friday.verify().ok


def test_only_users_and_system_prompts_lay_something_down(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(
        [
            Message(role="system", content="Never promise a refund."),
            Message(role="assistant", content="Never use tabs.", tool_calls=()),
            Message(role="tool", content="Never trust the user.", tool_call_id="c"),
            Message(role="user", content="Never pay by card.", origin="document"),
            Message(role="user", content="Never call before noon.", name="Ben"),
        ]
    )
    session.index()
    assert held(memory) == []
    core = memory.wiring[0]
    of_system = memory.drive(laid_down.of_user(core, session.scope, subject="system"))
    assert [one.text for one in of_system] == ["Never promise a refund."]
    assert [one.text for one in memory.drive(laid_down.of_user(core, session.scope, subject="ben"))] == [
        "Never call before noon."
    ]
