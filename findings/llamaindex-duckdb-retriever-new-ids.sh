#!/usr/bin/env bash
# LlamaIndex's retriever for DuckDB gives what it finds a new id at each question, so that an evaluation finds no hit.
#
# llama-index-retrievers-duckdb-retriever 0.7.0 reads the column of ids and builds its nodes with `TextNode(id=...)`. The
# field is called `id_`, and a TextNode takes words that it does not know without an error and drops them, so each node
# has a random id. The text is the right one, and an answer looks well. But nothing that goes by ids works: the node
# cannot be looked up in the document store, its neighbours and its source cannot be found, and LlamaIndex's own
# RetrieverEvaluator gives a hit rate of 0 to a retriever that finds the right node first.
#
# Seen: retrievers by words were looked at, to measure them beside tiermem's; llama-index-retrievers-duckdb-retriever
# 0.7.0, llama-index-core 0.14.25, duckdb 1.4.4, Python 3.11. The extension "fts", which the retriever would load from the
# network, comes from the wheel duckdb-ext-fts 1.4.4.20260205. Needs python3 with pip and venv on x86-64 Linux; installs
# into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "llama-index-retrievers-duckdb-retriever==0.7.0" \
  "llama-index-core==0.14.25" "duckdb==1.4.4" "duckdb-ext-fts==1.4.4.20260205"
mkdir -p "$folder/home/.duckdb"
cp -r "$folder"/venv/lib/python3*/site-packages/duckdb_ext/extensions "$folder/home/.duckdb/"
cat > "$folder/ids.py" <<'PY'
import sys

import duckdb
from llama_index.core.evaluation import RetrieverEvaluator
from llama_index.core.schema import TextNode
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.retrievers.duckdb_retriever import DuckDBRetriever

nodes = [
    TextNode(id_=f"n{number}", text=text)
    for number, text in enumerate(("The boiler leaks.", "The garden gate squeaks.", "Tulips bloom in May."))
]
store = SimpleDocumentStore()
store.add_documents(nodes)
with duckdb.connect(f"{sys.argv[1]}/nodes.duckdb") as connection:
    connection.execute("CREATE TABLE documents (node_id VARCHAR, text VARCHAR)")
    connection.executemany("INSERT INTO documents VALUES (?, ?)", [(one.node_id, one.text) for one in nodes])

retriever = DuckDBRetriever(database_name="nodes.duckdb", persist_dir=sys.argv[1])
first, second = (retriever.retrieve("What about the boiler?")[0].node for _ in range(2))
print("found:", first.text, "stored as n0, found as n0:", first.node_id == "n0")
print("the same id when asked again:", first.node_id == second.node_id)
print("in the document store:", store.document_exists(first.node_id))
evaluator = RetrieverEvaluator.from_metric_names(["hit_rate", "mrr"], retriever=retriever)
print("evaluated:", evaluator.evaluate("What about the boiler?", expected_ids=["n0"]).metric_vals_dict)
PY
HOME="$folder/home" "$python" -W ignore "$folder/ids.py" "$folder/home" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
found: The boiler leaks. stored as n0, found as n0: False
the same id when asked again: False
in the document store: False
evaluated: {'hit_rate': 0.0, 'mrr': 0.0}
EXPECTED
echo "as described"
