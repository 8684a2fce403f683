#!/usr/bin/env bash
# In LangGraph's store for DynamoDB what is kept for "user:7" is not found again, and goes when "7" of "user" is
# written.
#
# langgraph-store-dynamodb 0.2.1 reads what its older versions wrote, which joined the parts of a namespace with colons:
# a key with a colon and without the new separator is split at the colons. A namespace of one part has no separator, so
# ("user:7",), written today, counts as old and comes back as ("user", "7"): a search in ("user:7",), which then
# compares namespaces, finds nothing, `list_namespaces` names a namespace in which nobody wrote, and `get` of ("user",
# "7") gives what belongs to the other. And each write there removes the "old copy": the item of ("user:7",) under the
# same key. `get` with ("user:7",) itself works until then. The page tells of colons only that older items are still
# read.
#
# Seen: what stores make of the parts of a namespace was compared; langgraph-store-dynamodb 0.2.1, langgraph-store-core
# 0.1.1, langgraph-checkpoint 4.3.2, boto3 1.44.8 with moto 5.2.5 in place of DynamoDB, Python 3.11. Needs python3 with
# pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "langgraph-store-dynamodb==0.2.1" \
  "langgraph-store-core==0.1.1" "langgraph-checkpoint==4.3.2" "boto3==1.44.8" "moto[dynamodb]==5.2.5"
cat > "$folder/colons.py" <<'PY'
from langgraph.store.memory import InMemoryStore
from langgraph_store_dynamodb import DynamoDBStore
from moto import mock_aws


def value(item):
    return item.value["city"] if item else None


def told(when):
    print(f"{type(store).__name__}, {when}:")
    print("  namespaces", sorted(store.list_namespaces()))
    found = [value(one) for one in store.search(("user:7",))]
    print("  found in user:7", found, "got", value(store.get(("user:7",), "home")))
    print("  got in user, 7", value(store.get(("user", "7"), "home")))


with mock_aws():
    for store in (InMemoryStore(), DynamoDBStore("memories")):
        store.put(("user:7",), "home", {"city": "Bergen"})
        told("one written")
        store.put(("user", "7"), "home", {"city": "Oslo"})
        told("the other written")
PY
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1
"$python" -W ignore "$folder/colons.py" 2> "$folder/errors" | tee "$folder/output" || { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
InMemoryStore, one written:
  namespaces [('user:7',)]
  found in user:7 ['Bergen'] got Bergen
  got in user, 7 None
InMemoryStore, the other written:
  namespaces [('user', '7'), ('user:7',)]
  found in user:7 ['Bergen'] got Bergen
  got in user, 7 Oslo
DynamoDBStore, one written:
  namespaces [('user', '7')]
  found in user:7 [] got Bergen
  got in user, 7 Bergen
DynamoDBStore, the other written:
  namespaces [('user', '7')]
  found in user:7 [] got None
  got in user, 7 Oslo
EXPECTED
echo "as described"
