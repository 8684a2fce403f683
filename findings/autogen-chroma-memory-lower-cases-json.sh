#!/usr/bin/env bash
# What AutoGen's memory over Chroma is given as JSON comes back in lower case, and is JSON no more.
#
# `ChromaDBVectorMemory.add` of autogen-ext 0.7.5 stores `str(content).lower()` of a dictionary, beside a comment that
# says "original JSON string". What is found, and what the agent is shown, is that text: names, ticket numbers and
# addresses have lost their capitals, and with Python's quotes and `true`, `none` no parser reads it, Python's neither.
# The kind of content is stored as "MemoryMimeType.JSON", the name in place of the value "application/json", so it
# equals no kind that there is, and what a query gives cannot be added again, plain text neither. AutoGen's ListMemory
# gives back what it was given. A search by meaning finds the fact all the same, so a trial shows nothing.
#
# Seen: how memories of agent frameworks keep structured facts was compared; autogen-ext 0.7.5, chromadb 1.5.9, Python
# 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "autogen-ext[chromadb]==0.7.5" "chromadb==1.5.9"
cat > "$folder/fact.py" <<'PY'
import ast
import asyncio
import json
import logging
import sys
from typing import Any

import numpy as np
from autogen_core.memory import ListMemory, MemoryContent, MemoryMimeType
from autogen_ext.memory.chromadb import (
    ChromaDBVectorMemory,
    CustomEmbeddingFunctionConfig,
    PersistentChromaDBVectorMemoryConfig,
)
from chromadb import EmbeddingFunction

logging.disable(logging.ERROR)
FACT = {"Name": "Ann McKay", "Ticket": "aB3xQ", "paid": True, "until": None}


class Counts(EmbeddingFunction):
    def __init__(self) -> None: ...

    def __call__(self, input: list[str]) -> Any:
        return [np.array([len(text), 1.0], dtype=np.float32) for text in input]

    @staticmethod
    def name() -> str:
        return "counts"

    def get_config(self) -> dict[str, Any]:
        return {}


def chroma() -> ChromaDBVectorMemory:
    counts = CustomEmbeddingFunctionConfig(function=Counts, params={})
    return ChromaDBVectorMemory(
        PersistentChromaDBVectorMemoryConfig(persistence_path=sys.argv[1], embedding_function_config=counts)
    )


async def main() -> None:
    for memory in (ListMemory(), chroma()):
        await memory.add(MemoryContent(content=FACT, mime_type=MemoryMimeType.JSON))
        found = (await memory.query("Who has which ticket?")).results[0]
        print(f"{type(memory).__name__}: {found.content!r}, is JSON: {found.mime_type == MemoryMimeType.JSON}")
    for reader in (json.loads, ast.literal_eval):
        try:
            reader(found.content)
            print(f"{reader.__name__} reads it")
        except ValueError:
            print(f"{reader.__name__} does not read it")
    await memory.add(MemoryContent(content="Ann lives in Bergen", mime_type=MemoryMimeType.TEXT))
    for again in (await memory.query("Ann lives in Bergen")).results:
        try:
            await memory.add(again)
        except ValueError as error:
            print("added again:", error)


asyncio.run(main())
PY
HOME="$folder" ANONYMIZED_TELEMETRY=False "$python" -W ignore "$folder/fact.py" "$folder/memory" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
ListMemory: {'Name': 'Ann McKay', 'Ticket': 'aB3xQ', 'paid': True, 'until': None}, is JSON: True
ChromaDBVectorMemory: "{'name': 'ann mckay', 'ticket': 'ab3xq', 'paid': true, 'until': none}", is JSON: False
loads does not read it
literal_eval does not read it
added again: Unsupported content type: MemoryMimeType.TEXT
added again: Unsupported content type: MemoryMimeType.JSON
EXPECTED
echo "as described"
