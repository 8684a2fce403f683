#!/usr/bin/env bash
# How different the documents of a question are to be has no effect in LangChain's store over scikit-learn.
#
# `SKLearnVectorStore.max_marginal_relevance_search` of langchain-community 0.4.2 takes `lambda_mult`, from 1 for the
# nearest documents to 0 for those that differ most, and hands it on as `lambda_mul`. The method below takes words that
# it does not know and uses its default, 0.5. So a retriever with `search_type="mmr"` gives the same documents whatever
# it is told: who asks for variety because a memory holds one thing many times gets it many times, without a warning,
# and a search for the best setting finds all alike. By vector, `max_marginal_relevance_search_by_vector`, it works. The
# same slip in the store for Chroma was told and mended in 2023, as issue 4861 of langchain-ai/langchain.
#
# Seen: how stores choose among near repeats was compared; langchain-community 0.4.2, langchain-core 1.8.3, scikit-learn
# 1.9.1, Python 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "langchain-community==0.4.2" \
  "langchain-core==1.8.3" "scikit-learn==1.9.1"
cat > "$folder/variety.py" <<'PY'
from langchain_community.vectorstores import SKLearnVectorStore
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore

VECTORS = {
    "question": [1.0, 0.0],
    "likes tea": [0.99, 0.14],
    "is fond of tea": [0.985, 0.17],
    "drinks tea": [0.98, 0.2],
    "lives in Bergen": [0.5, 0.87],
}


class Looks(Embeddings):
    def embed_query(self, text: str) -> list[float]:
        return VECTORS[text]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [VECTORS[text] for text in texts]


def texts(documents):
    return ", ".join(one.page_content for one in documents)


stored = [text for text in VECTORS if text != "question"]
for store in (
    InMemoryVectorStore.from_texts(stored, Looks()),
    SKLearnVectorStore.from_texts(stored, Looks(), metric="cosine"),
):
    print(type(store).__name__)
    for variety in (1.0, 0.5, 0.0):
        wanted = {"k": 2, "fetch_k": 4, "lambda_mult": variety}
        print(f"  {variety}:", texts(store.as_retriever(search_type="mmr", search_kwargs=wanted).invoke("question")))
wanted = {"k": 2, "fetch_k": 4, "lambda_mult": 0.0}
print("  0.0 by vector:", texts(store.max_marginal_relevance_search_by_vector(VECTORS["question"], **wanted)))
PY
"$python" -W ignore "$folder/variety.py" 2> "$folder/errors" | tee "$folder/output" || { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
InMemoryVectorStore
  1.0: likes tea, is fond of tea
  0.5: likes tea, is fond of tea
  0.0: likes tea, lives in Bergen
SKLearnVectorStore
  1.0: likes tea, is fond of tea
  0.5: likes tea, is fond of tea
  0.0: likes tea, is fond of tea
  0.0 by vector: likes tea, lives in Bergen
EXPECTED
echo "as described"
