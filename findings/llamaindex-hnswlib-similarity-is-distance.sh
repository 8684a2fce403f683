#!/usr/bin/env bash
# A cutoff on similarity removes the nearest nodes and keeps the furthest, in LlamaIndex's store for hnswlib.
#
# `HnswlibVectorStore.query` of llama-index-vector-stores-hnswlib 0.6.0 hands hnswlib's distances on as `similarities`,
# for each of its spaces: 0 for the same direction, 2 for the opposite one. The nodes come in the right order, so a look
# at what is retrieved shows nothing wrong. Whatever goes by the score goes the wrong way: SimilarityPostprocessor, with
# which one keeps out what has nothing to do with the question, keeps that alone, and QueryFusionRetriever, which merges
# several retrievers, turns the order round, so that of its two results neither is the nearest of three.
#
# Seen: stores for vectors were compared by what their scores mean; llama-index-vector-stores-hnswlib 0.6.0, hnswlib
# 0.8.0, llama-index-core 0.14.25, Python 3.11. Needs python3 with pip and venv and a compiler for C++, if pip finds no
# wheel of hnswlib; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "llama-index-vector-stores-hnswlib==0.6.0" \
  "hnswlib==0.8.0" "llama-index-core==0.14.25"
cat > "$folder/cutoff.py" <<'PY'
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores import SimpleVectorStore
from llama_index.vector_stores.hnswlib import HnswlibVectorStore

VECTORS = {"question": [1.0, 0.0], "near": [0.96, 0.28], "aside": [0.6, 0.8], "opposite": [-1.0, 0.0]}


class Looks(BaseEmbedding):
    def _get_query_embedding(self, query: str) -> list[float]:
        return VECTORS[query]

    def _get_text_embedding(self, text: str) -> list[float]:
        return VECTORS[text]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return VECTORS[query]


def told(nodes):
    return ", ".join(f"{one.node.text} {one.score:.2f}" for one in nodes)


for store in (SimpleVectorStore(), HnswlibVectorStore.from_params("cosine", 2, 100)):
    nodes = [TextNode(text=text) for text in ("opposite", "near", "aside")]
    context = StorageContext.from_defaults(vector_store=store)
    index = VectorStoreIndex(nodes=nodes, storage_context=context, embed_model=Looks())
    retriever = index.as_retriever(similarity_top_k=3)
    fused = QueryFusionRetriever(
        [retriever], llm=MockLLM(), mode="relative_score", num_queries=1, similarity_top_k=2, use_async=False
    )
    found = retriever.retrieve("question")
    print(f"{type(store).__name__}:", told(found))
    print("  similar by 0.7 at least:", told(SimilarityPostprocessor(similarity_cutoff=0.7).postprocess_nodes(found)))
    print("  the two best, fused:", ", ".join(one.node.text for one in fused.retrieve("question")))
PY
"$python" -W ignore "$folder/cutoff.py" 2> "$folder/errors" | tee "$folder/output" || { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
SimpleVectorStore: near 0.96, aside 0.60, opposite -1.00
  similar by 0.7 at least: near 0.96
  the two best, fused: near, aside
HnswlibVectorStore: near 0.04, aside 0.40, opposite 2.00
  similar by 0.7 at least: opposite 2.00
  the two best, fused: opposite, aside
EXPECTED
echo "as described"
