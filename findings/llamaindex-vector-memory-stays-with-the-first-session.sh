#!/usr/bin/env bash
# A LlamaIndex memory block that serves several sessions gives each of them what the first that asked had said.
#
# `VectorMemoryBlock` keeps messages that left the window in a vector store, each with the id of its session, and
# `Memory` hands it the session's id with each question, so that one block can serve all. llama-index-core 0.14.25
# writes the filter for that id into the block's own settings, `query_kwargs`, and leaves it there when the next
# question comes from another session, since a filter for a session is there already. Messages are stored under the
# right session; what Bob's agent is told of earlier is what Ann said, and what Bob said is never found. Whoever tries
# it with one session, or makes a block for each, sees nothing of it. It is told as issue 22701 of
# run-llama/llama_index, which is open.
#
# Seen: how other memories keep sessions apart was compared, what is asked in turn above all; llama-index-core 0.14.25,
# llama-index-vector-stores-qdrant 0.10.4, qdrant-client 1.20.0 in its local mode, Python 3.11. Needs python3 with pip
# and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "llama-index-core==0.14.25" \
  "llama-index-vector-stores-qdrant==0.10.4" "qdrant-client==1.20.0" "aiosqlite==0.22.1"
cat > "$folder/sessions.py" <<'PY'
import asyncio
import re

from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import Memory, VectorMemoryBlock
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import AsyncQdrantClient


class Alike(BaseEmbedding):
    def _get_query_embedding(self, query: str) -> list[float]:
        return [1.0, 0.0]

    def _get_text_embedding(self, text: str) -> list[float]:
        return [1.0, 0.0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return [1.0, 0.0]


def opened(name: str) -> Memory:
    return Memory.from_defaults(
        session_id=name,
        token_limit=12,
        token_flush_size=4,
        chat_history_token_ratio=0.5,
        memory_blocks=[block],
        tokenizer_fn=str.split,
    )


async def main() -> None:
    names = ("ann", "bob")
    memories = {name: opened(name) for name in names}
    for name, memory in memories.items():
        for number in (1, 2, 3):
            await memory.aput(ChatMessage(role="user", content=f"{name} said {number}"))
            await memory.aput(ChatMessage(role="assistant", content="noted"))
    for name in ("ann", "bob", "ann"):
        system, *window = await memories[name].aget()
        earlier = ", ".join(sorted(re.findall(r"\w+ said \d", system.content)))
        print(f"{name} is asked: in the window {window[0].content}, told of earlier {earlier}")


store = QdrantVectorStore("messages", aclient=AsyncQdrantClient(":memory:"))
block = VectorMemoryBlock(vector_store=store, embed_model=Alike(), similarity_top_k=5)
asyncio.run(main())
PY
"$python" -W ignore "$folder/sessions.py" 2> "$folder/errors" | tee "$folder/output" || { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
ann is asked: in the window ann said 3, told of earlier ann said 1, ann said 2
bob is asked: in the window bob said 3, told of earlier ann said 1, ann said 2
ann is asked: in the window ann said 3, told of earlier ann said 1, ann said 2
EXPECTED
echo "as described"
