#!/usr/bin/env bash
# A CAMEL agent with a long-term memory is shown the messages of its conversation twice.
#
# `LongtermAgentMemory` of camel-ai 0.2.90 writes each message into the history and into a store of vectors, and its
# context is the whole history with what is found by the user's last message between. What is found is mostly the
# conversation itself, the last message first, and nothing takes out what is in the history already; then all is sorted
# by time, so each stands beside its double. Up to `retrieve_limit` messages are paid for twice in each call, which is
# three unless set, two user messages follow one another, which some models refuse, and what the agent is to learn from
# the store, what is no longer in the history, is crowded out by what it knows.
#
# Seen: what memories add to a context that has it already was compared; camel-ai 0.2.90, qdrant-client 1.20.0 in its
# local mode, Python 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "camel-ai==0.2.90" "qdrant-client==1.20.0"
cat > "$folder/twice.py" <<'PY'
from camel.embeddings import BaseEmbedding
from camel.memories import (
    ChatHistoryBlock,
    ChatHistoryMemory,
    LongtermAgentMemory,
    MemoryRecord,
    ScoreBasedContextCreator,
    VectorDBBlock,
)
from camel.messages import BaseMessage
from camel.storages import QdrantStorage
from camel.types import OpenAIBackendRole
from camel.utils import BaseTokenCounter


class Looks(BaseEmbedding):
    def embed_list(self, objs, **_):
        return [[1.0, 1.0 if "tea" in text else 0.0] for text in objs]

    def get_output_dim(self):
        return 2


class Words(BaseTokenCounter):
    def count_tokens_from_messages(self, messages):
        return sum(len(one["content"].split()) for one in messages)

    def encode(self, text):
        return []

    def decode(self, token_ids):
        return ""


def said(role, text):
    maker = BaseMessage.make_user_message if role == OpenAIBackendRole.USER else BaseMessage.make_assistant_message
    return MemoryRecord(message=maker("somebody", text), role_at_backend=role)


creator = ScoreBasedContextCreator(Words(), 1_000)
store = QdrantStorage(vector_dim=2, collection_name="messages")
vectors = VectorDBBlock(embedding=Looks(), storage=store)
for memory in (ChatHistoryMemory(creator), LongtermAgentMemory(creator, ChatHistoryBlock(), vectors)):
    memory.write_records([said(OpenAIBackendRole.SYSTEM, "You help")])
    for question, answer in (("Which tea", "Green tea"), ("How hot is tea", "At 80")):
        memory.write_records([said(OpenAIBackendRole.USER, question)])
        memory.write_records([said(OpenAIBackendRole.ASSISTANT, answer)])
    messages, words = memory.get_context()
    print(f"{type(memory).__name__}, {words} words:", ", ".join(one["content"] for one in messages))
PY
HOME="$folder" "$python" -W ignore "$folder/twice.py" 2> "$folder/errors" | tee "$folder/output" ||
  { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
ChatHistoryMemory, 12 words: You help, Which tea, Green tea, How hot is tea, At 80
LongtermAgentMemory, 20 words: You help, Which tea, Which tea, Green tea, Green tea, How hot is tea, How hot is tea, At 80
EXPECTED
echo "as described"
