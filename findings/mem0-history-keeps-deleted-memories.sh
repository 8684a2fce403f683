#!/usr/bin/env bash
# A user whose memories were all deleted still stands word for word in the memory's second database.
#
# mem0ai 2.2.1 keeps memories in a vector store and what happened to them in a SQLite file of its own, history.db. After
# `delete_all(user_id=...)` the vector store has nothing and `get_all` gives nothing, but each deleted memory has become
# one more row of the history, with its text as `old_memory`, beside the row of when it was added: the words are in the
# file twice instead of once. Only `reset()`, which empties the memory of all users, removes them. Whoever answers a
# request for erasure with `delete_all` keeps what was to be erased, in a file that they may not know of.
#
# Seen: the same attacks on other memories (docs/trust.md), mem0ai 2.2.1, qdrant-client 1.20.0, Python 3.11.
# Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check \
  "mem0ai==2.2.1" "qdrant-client==1.20.0" "langchain==1.5.2" "langchain-core==1.8.3"
cat > "$folder/erase.py" <<'PY'
import pathlib
import sqlite3
import sys

from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from mem0 import Memory

folder = pathlib.Path(sys.argv[1])
store = {"path": str(folder / "vectors"), "embedding_model_dims": 8, "on_disk": True, "collection_name": "c"}
model = FakeListChatModel(responses=["{}"])
memory = Memory.from_config(
    {
        "vector_store": {"provider": "qdrant", "config": store},
        "history_db_path": str(folder / "history.db"),
        "embedder": {"provider": "langchain", "config": {"model": DeterministicFakeEmbedding(size=8)}},
        "llm": {"provider": "langchain", "config": {"model": model}},
    }
)
memory.add("I live in Bergen.", user_id="nora", infer=False)
memory.delete_all(user_id="nora")
print("memories:", len(memory.get_all(filters={"user_id": "nora"})["results"]))
for row in sqlite3.connect(folder / "history.db").execute("SELECT event, old_memory, new_memory FROM history ORDER BY rowid"):
    print("history:", *row)
memory.vector_store.client.close()
PY
MEM0_TELEMETRY=False MEM0_DIR="$folder" "$python" -W ignore "$folder/erase.py" "$folder" 2> "$folder/errors" \
  | tee "$folder/output" || { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
memories: 0
history: ADD None I live in Bergen.
history: DELETE I live in Bergen. None
EXPECTED
echo "as described"
