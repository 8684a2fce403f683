"""A file of each form that is known: what is expected of it, and what comes in; twice adds nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.histories.shapes import FILES, told
from tiermem import Memory
from tiermem.histories import reading
from tiermem.histories.bringing import bring
from tiermem.histories.parts.contents import ReadOptions

HOT = ("user", "How hot is the kiln?")
# file: the program that is recognised, the session, and role and words of what comes in
EXPECTED: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "adk_session.json": ("Google's Agent Development Kit", "adk-s", [("user", "How hot?")]),
    "agents_sqlite_rows.json": ("OpenAI's Agents SDK", "agents-s", [("user", "How hot?")]),
    "aider.md": ("aider", "aider-2025-01-01 10:00:00", [HOT, ("assistant", "1260 degrees.")]),
    "anthropic_messages.json": (
        "messages",
        "anthropic_messages",
        [
            ("user", "Look up the kiln."),
            ("assistant", "Looking. → lookup toolu_1"),
            ("user", "The kiln fires at 1260 degrees. ← toolu_1"),
            ("assistant", "It fires hot."),
        ],
    ),
    "anthropic_request.json": (
        "messages",
        "anthropic_request",
        [
            ("system", "Be brief about pottery."),
            ("user", "Where is the glaze?"),
            ("assistant", "In the blue cupboard."),
        ],
    ),
    "anthropic_toolresult_string.json": (
        "messages",
        "anthropic_toolresult_string",
        [("user", "The kiln fires at 1260 degrees.\nAnd the glaze? ← toolu_1")],
    ),
    "bedrock.json": (
        "messages",
        "bedrock",
        [
            ("user", "Look up the kiln."),
            ("assistant", "→ lookup t1"),
            ("user", "The kiln fires at 1260 degrees. ← t1"),
        ],
    ),
    "chat_audio_refusal.json": (
        "messages",
        "chat_audio_refusal",
        [
            ("user", ""),
            ("assistant", "The kiln fires at 1260 degrees."),
            ("assistant", "I cannot help with the furnace."),
        ],
    ),
    "chat_tools.json": (
        "messages",
        "chat_tools",
        [
            ("developer", "Answer briefly."),
            ("user", "Kiln?"),
            ("assistant", "→ lookup c1"),
            ("tool", "1260 degrees ← c1"),
            ("assistant", "1260."),
        ],
    ),
    "chatgpt_conversations.json": ("ChatGPT's export", "chatgpt-c", [HOT, ("assistant", "1260 degrees.")]),
    "cline_task.json": (
        "Cline",
        "cline-5245dc36c943",
        [HOT, ("assistant", "→ read_file #0"), ("tool", "heat = 1260 ← #0"), ("assistant", "1260 degrees.")],
    ),
    "claude_code.jsonl": ("Claude Code", "claude-code-s", [HOT, ("assistant", "1260 degrees.")]),
    "claude_conversations.json": ("Claude's export", "claude-c", [HOT]),
    "codex_rollout.jsonl": ("Codex", "codex-s", [HOT, ("assistant", "1260")]),
    "cohere.json": ("messages", "cohere", [("user", "How hot?"), ("assistant", "1260")]),
    "continue_session.json": ("Continue", "continue-s", [HOT]),
    "copilot.csv": ("CSV", "copilot-Kiln", [("user", "How hot?")]),
    "gemini_cli.json": ("Gemini CLI", "gemini-cli-s", [HOT, ("assistant", "1260 degrees.")]),
    "gemini_contents.json": (
        "messages",
        "gemini_contents",
        [("user", "The kiln fires at 1260 degrees."), ("assistant", "Noted.")],
    ),
    "gemini_takeout.json": (
        "Google Takeout (Gemini)",
        "gemini",
        [HOT, ("assistant", "It fires at 1260 degrees.")],
    ),
    "jan_messages.jsonl": (
        "OpenAI's threads",
        "thread-t",
        [("user", "The kiln fires at 1260 degrees."), ("assistant", "Cone 8 it is.")],
    ),
    "langsmith_run.json": ("LangSmith", "langsmith-r", [("user", "How hot?")]),
    "lc_chunk.jsonl": ("messages", "lc_chunk", [("assistant", "1260 degrees."), ("user", "ok")]),
    "lc_state.json": ("messages", "lc_state", [HOT, ("assistant", "1260 degrees. → lookup toolu_1")]),
    "letta.af": (
        "Letta",
        "letta-a",
        [
            ("system", "<base_instructions>You remember.</base_instructions>"),
            ("user", "The kiln fires at 1260 degrees."),
            ("assistant", "Cone 8 it is."),
        ],
    ),
    "librechat.json": ("LibreChat", "librechat-c", [HOT, ("assistant", "1260 degrees")]),
    "lmstudio.json": ("LM Studio", "lmstudio-1720000000000", [HOT, ("assistant", "1260 degrees")]),
    "matrix.json": ("Matrix", "matrix-Kiln", [("user", "The kiln fires at 1260")]),
    "mem0_get_all.json": ("mem0", "mem0-u", [("assistant", "Kiln fires at 1260 degrees")]),
    "oasst.jsonl": ("OpenAssistant", "oasst-1", [("user", "How hot?"), ("assistant", "1260")]),
    "ollama_tools.json": (
        "messages",
        "ollama_tools",
        [
            ("user", "Kiln and glaze?"),
            ("assistant", "→ lookup #0 → lookup #1"),
            ("tool", "1260 degrees ← #0"),
            ("tool", "blue cupboard ← #1"),
        ],
    ),
    "openai_chat_timestamp.json": (
        "messages",
        "openai_chat_timestamp",
        [("user", "The kiln fires at 1260 degrees."), ("assistant", "Noted, cone 8.")],
    ),
    "openai_thread_messages.json": (
        "OpenAI's threads",
        "thread-thread_1",
        [("user", "The kiln fires at 1260 degrees."), ("assistant", "Cone 8 it is, for the kiln.")],
    ),
    "opencode_export.json": (
        "OpenCode",
        "opencode-ses_1",
        [HOT, ("assistant", "→ read call_1"), ("tool", "heat = 1260 ← call_1"), ("assistant", "1260 degrees.")],
    ),
    "openwebui_export.json": ("Open WebUI", "openwebui-1", [HOT, ("assistant", "1260 degrees.")]),
    "responses_items.json": (
        "messages",
        "responses_items",
        [
            ("user", "Look up the kiln."),
            ("assistant", ""),
            ("assistant", "→ lookup call_1"),
            ("tool", "1260 degrees ← call_1"),
            ("assistant", "The kiln fires at 1260."),
        ],
    ),
    "roles_words.json": (
        "messages",
        "roles_words",
        [
            HOT,
            ("assistant", "1260 degrees."),
            ("assistant", "Yes."),
            ("assistant", "Hm."),
            ("assistant", "The model says 1260."),
        ],
    ),
    "sharegpt.json": ("ShareGPT", "sharegpt-1", [("user", "How hot?"), ("assistant", "1260")]),
    "sillytavern.jsonl": ("SillyTavern", "sillytavern-sillytavern", [HOT, ("assistant", "1260 degrees")]),
    "slack_day.json": (
        "Slack",
        "slack-slack_day",
        [("user", "The kiln fires at 1260 & more @U2"), ("assistant", "build ok")],
    ),
    "telegram.json": ("Telegram", "telegram-1", [("user", "The kiln fires at 1260 degrees.")]),
    "vercel_v5.json": (
        "messages",
        "vercel_v5",
        [HOT, ("assistant", 'lookup {"what": "kiln"}\n1260 degrees\n1260 degrees.')],
    ),
    "whatsapp_android.txt": (
        "WhatsApp",
        "whatsapp-whatsapp_android",
        [("user", "The kiln fires at 1260 degrees."), ("user", "ok")],
    ),
    "zoom.vtt": ("WebVTT", "transcript-zoom", [("user", "The kiln fires at 1260 degrees.")]),
}
SEVERAL = {"openai_finetune.jsonl": [["a", "b"], ["c", "d"]], "wildchat.jsonl": [["How hot?", "1260"], ["x"]]}
REFUSED = {"lc_remove.json": "LangChain's RemoveMessage is an order to take a message away"}
WISHES = ReadOptions("day-first")


def test_every_file_is_spoken_of() -> None:
    assert {path.name for path in FILES.iterdir()} == EXPECTED.keys() | SEVERAL.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_it_comes_in_as_it_was_said(name: str) -> None:
    (file,) = reading.read(FILES / name, WISHES)
    (conversation,) = file.conversations
    source, session, said = EXPECTED[name]
    own = conversation.path[1].id if name in {"ollama_tools.json", "cline_task.json"} else "-"
    expected = [(role, words.replace("#", f"{own}:")) for role, words in said]
    assert (file.source, conversation.id, told(conversation.path)) == (source, session, expected)


@pytest.mark.parametrize("name", SEVERAL)
def test_each_conversation_is_one(name: str) -> None:
    (file,) = reading.read(FILES / name, WISHES)
    assert [[one.text for one in conversation.path] for conversation in file.conversations] == SEVERAL[name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_names_the_format_and_the_reason(name: str) -> None:
    (file,) = reading.read(FILES / name)
    assert name in file.refused
    assert REFUSED[name] in file.refused


def test_times_are_those_of_the_file() -> None:
    when = {name: [one.created_at for one in said(name)] for name in ("jan_messages.jsonl", "sillytavern.jsonl")}
    assert when["jan_messages.jsonl"] == [datetime(2023, 11, 3, 8, 26, 40 + 5 * n, tzinfo=UTC) for n in range(2)]
    assert when["sillytavern.jsonl"] == [datetime(2023, 6, 19, 14, 20 + n, tzinfo=UTC) for n in range(2)]


def said(name: str) -> tuple[object, ...]:
    (file,) = reading.read(FILES / name, WISHES)
    return tuple(one for conversation in file.conversations for one in conversation.path)


def test_all_of_them_come_in_once(store: Callable[..., Memory]) -> None:
    memory = store()
    added = [0, 0]
    for turn in range(2):
        for path in sorted(FILES.iterdir()):
            for file in reading.read(path, WISHES):
                for conversation in file.conversations:
                    brought = bring(memory, conversation, "anna")
                    added[turn] += brought.added
                    assert brought.differing == 0
    assert added == [107, 0]
    assert all(proof.ok for proof in memory.verify().values())
    assert memory.session("chatgpt-c~f55ff16f", "anna").messages()[-1].text == "WRONG: 900 degrees."
    assert [one.session for one in memory.session("chatgpt-c", "anna").branches()] == [
        "chatgpt-c",
        "chatgpt-c~f55ff16f",
    ]


def test_an_unclear_date_is_asked_for() -> None:
    (file,) = reading.read(FILES / "whatsapp_android.txt")
    assert file.source == "WhatsApp"
    assert "--dates day-first or --dates month-first" in file.refused
