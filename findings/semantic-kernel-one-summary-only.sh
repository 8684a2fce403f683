#!/usr/bin/env bash
# A summarising chat history that was told to keep its summaries apart rewrites them into one once it has a system message.
#
# `ChatHistorySummarizationReducer(use_single_summary=False)` of semantic-kernel 1.45.0 is to summarise each message once:
# summaries that exist stay as they are, in front of what follows. It looks for them from the first message on, and the
# first message is the system message, which is no summary. So it finds none, as soon as there is a system message, and
# gives what it wrote before to the model again with what is new: each fact goes through as many rewritings as there were
# reductions, which is what the setting was to prevent. Without a system message the setting works.
#
# Seen: how often the summaries of other libraries are made from summaries (tiermem makes each from what was said);
# semantic-kernel 1.45.0, Python 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "semantic-kernel==1.45.0"
cat > "$folder/summaries.py" <<'PY'
import asyncio
from typing import Any

from semantic_kernel.connectors.ai.chat_completion_client_base import ChatCompletionClientBase
from semantic_kernel.contents import ChatHistorySummarizationReducer, ChatMessageContent


class Brackets(ChatCompletionClientBase):
    """Answers with what it was given, in brackets, without the instructions at the end."""

    async def get_chat_message_content(self, chat_history: Any, settings: Any, **_: Any) -> ChatMessageContent:
        given = [one.content for one in chat_history.messages[:-1]]
        return ChatMessageContent(role="assistant", content=f"({' '.join(given)})")


async def reduced(system: bool, single: bool) -> list[str]:
    history = ChatHistorySummarizationReducer(
        service=Brackets(ai_model_id="none"), target_count=3, threshold_count=0, use_single_summary=single
    )
    if system:
        history.add_system_message("system")
    for turn in range(1, 6):
        history.add_user_message(f"q{turn}")
        history.add_assistant_message(f"a{turn}")
        await history.reduce()
    return [one.content for one in history.messages]


for system in (False, True):
    for single in (True, False):
        words = f"{'with' if system else 'without'} a system message, {'one summary' if single else 'summaries apart'}"
        print(f"{words}:", *asyncio.run(reduced(system, single)))
PY
"$python" -W ignore "$folder/summaries.py" 2> "$folder/errors" | tee "$folder/output" || { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
without a system message, one summary: ((((q1) a1 q2) a2 q3) a3 q4) a4 q5 a5
without a system message, summaries apart: (q1) (a1 q2) (a2 q3) (a3 q4) a4 q5 a5
with a system message, one summary: system ((((q1 a1) q2 a2) q3 a3) q4 a4) q5 a5
with a system message, summaries apart: system ((((q1 a1) q2 a2) q3 a3) q4 a4) q5 a5
EXPECTED
echo "as described"
