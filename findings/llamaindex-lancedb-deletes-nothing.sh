#!/usr/bin/env bash
# LlamaIndex's store for LanceDB can neither remove nor look up a node: it writes ids as names of columns.
#
# llama-index-vector-stores-lancedb 0.6.0 asks for lancedb without an upper bound. `delete`, `delete_nodes` and `get_nodes`
# write the filter `id in ("n0")`. In SQL a word in double quotes is the name of a column, and so lancedb 0.40.0 reads it: each
# of the three raises ValueError for every id, and the rows stay. An index over that store refreshes no document, and who has
# to remove somebody's text from it finds it there afterwards. Adding and asking work, so a trial shows nothing of it.
# It imports pandas as well, which neither package asks for, so it is installed here beside them.
#
# Seen: tiermem's comparison of vector stores behind its archive; Python 3.11 on x86-64 Linux. Needs python3.11 or
# python3.12 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  "llama-index-vector-stores-lancedb==0.6.0" "llama-index-core==0.14.25" "lancedb==0.40.0" "pandas==2.3.3"
cat > "$folder/store.py" <<'PYTHON'
import sys

import lancedb
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.vector_stores.lancedb import LanceDBVectorStore

folder = sys.argv[1]
store = LanceDBVectorStore(uri=folder, table_name="nodes", mode="overwrite")
store.add(
    [
        TextNode(
            id_=f"n{number}",
            text=f"text {number}",
            embedding=[float(number), 1.0],
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"doc{number}")},
        )
        for number in range(3)
    ]
)
calls = {
    "delete_nodes": lambda: store.delete_nodes(["n0"]),
    "delete": lambda: store.delete("doc1"),
    "get_nodes": lambda: store.get_nodes(["n2"]),
}
for name, call in calls.items():
    try:
        call()
        said = "returned"
    except ValueError as error:
        said = next(part for part in str(error).split(": ") if part.startswith("No field named")).split(".")[0]
    rows = sorted(lancedb.connect(folder).open_table("nodes").to_arrow()["id"].to_pylist())
    print(f"{name}: {said}; rows {', '.join(rows)}")
PYTHON
"$folder/venv/bin/python" "$folder/store.py" "$folder/data" 2>"$folder/errors" | grep -v "^Table nodes" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
delete_nodes: No field named n0; rows n0, n1, n2
delete: No field named doc1; rows n0, n1, n2
get_nodes: No field named n2; rows n0, n1, n2
EXPECTED
echo "as described"
