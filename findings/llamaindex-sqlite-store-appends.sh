#!/usr/bin/env bash
# LlamaIndex's chat store for SQLite appends what it is told to set, so a memory that is saved as it is has all twice.
#
# `BaseChatStore.set_messages(key, messages)` makes these messages all that a key has; the store that comes with
# LlamaIndex, and those for Redis, MongoDB and PostgreSQL, do so. That of llama-index-storage-chat-store-sqlite 0.4.0
# inserts them behind what is there. `ChatMemoryBuffer.set`, which agents and chat engines call with the `chat_history`
# that a caller hands over, then leaves the old history in place and the new one behind it, and every further call does
# so again; nothing is raised. An empty list, which `set([])` hands over, is an insert without values and raises IntegrityError.
# The number that `delete_message` takes is the position in other stores, and the row's id in the whole table here: of
# a conversation that began as the second, position 0 deletes nothing, and says None.
#
# Seen: a store of a user's, kept in step with a memory's log, had each message several times;
# llama-index-storage-chat-store-sqlite 0.4.0, llama-index-core 0.14.25, Python 3.11. Needs python3 with pip and venv;
# installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check \
  "llama-index-storage-chat-store-sqlite==0.4.0" "llama-index-core==0.14.25"
cat > "$folder/stores.py" <<'PY'
import sys

from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.storage.chat_store.sqlite import SQLiteChatStore

said = [ChatMessage(role="user", content=word) for word in ("one", "two", "three")]
for store in (SimpleChatStore(), SQLiteChatStore.from_params(database=sys.argv[1])):
    store.add_message("who came first", said[0])
    memory = ChatMemoryBuffer.from_defaults(chat_store=store, chat_store_key="ann", token_limit=3000)
    memory.put_messages(said)
    memory.set(memory.get_all()[1:])
    print(type(store).__name__, "after set of the last two:", *(one.content for one in memory.get_all()))
    removed = store.delete_message("ann", 0)
    print("  delete_message at 0:", removed and removed.content)
    try:
        memory.set([])
        print("  set of none:", [one.content for one in memory.get_all()])
    except Exception as error:
        print("  set of none:", type(error).__name__)
PY
"$python" -W ignore "$folder/stores.py" "$folder/chats.db" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
SimpleChatStore after set of the last two: two three
  delete_message at 0: two
  set of none: []
SQLiteChatStore after set of the last two: one two three two three
  delete_message at 0: None
  set of none: IntegrityError
EXPECTED
echo "as described"
