#!/usr/bin/env bash
# LangGraph's store for SQLite finds the least similar items first when it measures by Euclidean distance.
#
# `distance_type` may be "cosine", "l2" or "inner_product". langgraph-checkpoint-sqlite 3.1.2 takes the best score to be
# the highest one. With "l2" the score is the distance itself, not its negative, so the items come furthest first, and
# with more items than `limit` the nearest are not among them. With "inner_product" it is the negative of the sum of the
# absolute differences, not a product: below, the item with the largest product comes last. Only the default, "cosine",
# ranks as it says.
#
# Seen: the stores of LangGraph and tiermem's were run through the same tests; langgraph-checkpoint-sqlite 3.1.2,
# langgraph-checkpoint 4.3.2, Python 3.11. The Python's own sqlite3 may be built without extensions, so pysqlite3 stands
# for it. Needs python3 with pip and venv on x86-64 Linux; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "langgraph-checkpoint-sqlite==3.1.2" \
  "langgraph-checkpoint==4.3.2" "pysqlite3-binary==0.5.4"
cat > "$folder/order.py" <<'PY'
import sys

import pysqlite3

sys.modules["sqlite3"] = pysqlite3

from langgraph.store.sqlite import SqliteStore  # noqa: E402

VECTORS = {"question": [1.0, 0.0], "same": [1.0, 0.0], "longer": [4.0, 1.0], "aside": [0.6, 0.8], "opposite": [-1.0, 0.0]}


def opened(embed, measure="cosine"):
    index = {"dims": 2, "embed": embed, "text_fields": ["text"], "distance_type": measure}
    return SqliteStore.from_conn_string(":memory:", index=index)


for measure in ("cosine", "l2", "inner_product"):
    with opened(lambda texts: [VECTORS[text] for text in texts], measure) as store:
        store.setup()
        for name in ("aside", "longer", "opposite", "same"):
            store.put(("ann",), name, {"text": name})
        found = store.search(("ann",), query="question", limit=4)
        print(f"{measure}:", *(f"{one.key} {one.score:.1f}" for one in found))
PY
"$python" -W ignore "$folder/order.py" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
cosine: same 1.0 longer 1.0 aside 0.6 opposite -1.0
l2: longer 3.2 opposite 2.0 aside 0.9 same 0.0
inner_product: same -0.0 aside -1.2 opposite -2.0 longer -4.0
EXPECTED
echo "as described"
