#!/usr/bin/env bash
# The messages that a Strands agent has pinned are gone when its session is opened again, and other ones are pinned.
#
# `SlidingWindowConversationManager(pin_first=2)` keeps the first two messages whatever else leaves the window. A session
# manager writes all messages down and, beside them, how many were removed. On opening, strands-agents 1.62.0 leaves out
# that many from the front, as if what was removed had stood there: it leaves out the pinned ones and brings back as many
# that had been removed. A pin is a mark in the message, set at the first reduction, when the message has long been
# written, so no mark comes back either; and that the first were pinned already is not kept, so the next reduction pins
# the two that now stand first, for good. As long as the process lives the pinned messages are there, so a trial shows
# nothing of it. It is told as issue 4087 of strands-agents/harness-sdk, which is closed; this version still does it.
#
# Seen: how other memories keep what must never leave the context was compared with tiermem's pins, what happens after a
# restart above all; strands-agents 1.62.0, Python 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "strands-agents==1.62.0"
cat > "$folder/pins.py" <<'PY'
import logging
import sys
from typing import Any

from strands import Agent
from strands.agent.conversation_manager import SlidingWindowConversationManager
from strands.models import Model
from strands.session import FileSessionManager

logging.disable(logging.WARNING)


class Says(Model):
    stateful = False

    def update_config(self, **_: Any) -> None: ...

    def get_config(self) -> dict[str, Any]:
        return {}

    def structured_output(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    async def stream(self, messages: Any, *_: Any, **__: Any) -> Any:
        asked = messages[-1]["content"][0]["text"]
        yield {"messageStart": {"role": "assistant"}}
        yield {"contentBlockDelta": {"delta": {"text": f"to {asked}"}}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "end_turn"}}


def opened():
    return Agent(
        model=Says(),
        callback_handler=None,
        agent_id="a",
        conversation_manager=SlidingWindowConversationManager(window_size=4, pin_first=2),
        session_manager=FileSessionManager(session_id="s", storage_dir=sys.argv[1]),
    )


def told(when, agent):
    pins = [one.get("metadata", {}).get("custom", {}).get("pinned") for one in agent.messages]
    texts = [one["content"][0]["text"] for one in agent.messages]
    print(f"{when}:", ", ".join(f"[{text}]" if pin else text for text, pin in zip(texts, pins, strict=True)))


agent = opened()
for question in ("rule", "q2", "q3", "q4", "q5"):
    agent(question)
told("one process", agent)
agent = opened()
told("opened again", agent)
agent("q6")
told("one turn later", agent)
PY
"$python" -W ignore "$folder/pins.py" "$folder/session" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
one process: [rule], [to rule], q4, to q4, q5, to q5
opened again: q3, to q3, q4, to q4, q5, to q5
one turn later: [q3], [to q3], q5, to q5, q6, to q6
EXPECTED
echo "as described"
