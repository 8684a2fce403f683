#!/usr/bin/env bash
# What a user of the Agent Development Kit takes back by rewinding is remembered all the same.
#
# `Runner.rewind_async` of google-adk 2.13.0 takes a session back to before a turn: state and artifacts are restored, and
# the model is not shown what came after. The events stay in the session, with one more that says so; whoever reads them
# has to apply it. The runner does. The memory services do not: `add_session_to_memory`, with which an application keeps a
# session for later ones, puts the turn that was taken back into the user's memory, and later sessions find it as
# something that the user said. So it is with the service in RAM and with that for SQLite.
#
# Seen: undo and rewinding were compared, before tiermem's fork and rewind; google-adk 2.13.0, Python 3.11. Needs python3
# with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "google-adk==2.13.0" "aiosqlite==0.22.1"
cat > "$folder/rewind.py" <<'PY'
import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.memory import InMemoryMemoryService, SqliteMemoryService
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.genai.types import Content, Part

shown: list[str] = []


class Model(BaseLlm):
    async def generate_content_async(self, llm_request: Any, stream: bool = False) -> AsyncIterator[LlmResponse]:
        shown[:] = [part.text for content in llm_request.contents for part in content.parts]
        yield LlmResponse(content=Content(role="model", parts=[Part(text="noted")]))


async def main() -> None:
    for memory in (InMemoryMemoryService(), SqliteMemoryService(":memory:")):
        sessions = InMemorySessionService()
        agent = LlmAgent(name="agent", model=Model(model="none"))
        runner = Runner(app_name="app", agent=agent, session_service=sessions, memory_service=memory)
        session = await sessions.create_session(app_name="app", user_id="ann")

        async def say(text: str) -> str:
            message = Content(role="user", parts=[Part(text=text)])
            events = [e async for e in runner.run_async(user_id="ann", session_id=session.id, new_message=message)]
            return events[0].invocation_id

        await say("I live in Bergen")
        second = await say("I want to leave Bergen in May")
        await runner.rewind_async(user_id="ann", session_id=session.id, rewind_before_invocation_id=second)
        await say("Which ferries are there?")
        print("the model is shown:", *(f"{text!r}" for text in shown if text != "noted"))
        now = await sessions.get_session(app_name="app", user_id="ann", session_id=session.id)
        await memory.add_session_to_memory(now)
        found = await memory.search_memory(app_name="app", user_id="ann", query="Bergen May")
        print(f"{type(memory).__name__}:", *(f"{one.content.parts[0].text!r}" for one in found.memories))
        if isinstance(memory, SqliteMemoryService):
            await memory.close()


asyncio.run(main())
PY
"$python" -W ignore "$folder/rewind.py" 2> "$folder/errors" | tee "$folder/output" || { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
the model is shown: 'I live in Bergen' 'Which ferries are there?'
InMemoryMemoryService: 'I want to leave Bergen in May' 'I live in Bergen'
the model is shown: 'I live in Bergen' 'Which ferries are there?'
SqliteMemoryService: 'I want to leave Bergen in May' 'I live in Bergen'
EXPECTED
echo "as described"
