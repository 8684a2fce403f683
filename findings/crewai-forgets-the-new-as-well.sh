#!/usr/bin/env bash
# To forget what is old in one scope of a CrewAI memory removes what is new in it, a namesake's memories and everyone's.
#
# `Memory.forget(scope=..., older_than=...)` of crewai 1.15.30 builds for its usual store, LanceDB, the condition `scope
# LIKE '/ann%' OR scope = '/' AND created_at < ...`. AND binds first, so the date holds only for the root scope: of
# "/ann" everything goes, however new. The root, which holds what belongs to nobody in particular, is in it whatever
# scope one asks for; without a date the whole of it goes with "/ann". And "/annabel" begins with "/ann": her memories
# go as well, and a recall in the scope "/ann" finds them. The documentation calls scopes a tree, like that of a file
# system, of which one branch is searched; the number that is returned is all that tells of it. With `categories` or
# `metadata_filter`, another path of the code, the date holds and the root stays.
#
# Seen: ways to forget were compared, by age and by person, for tiermem's retention; crewai 1.15.30, lancedb 0.40.0,
# Python 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "crewai==1.15.30" "lancedb==0.40.0"
cat > "$folder/forget.py" <<'PY'
import sys
from datetime import datetime

from crewai.memory.unified_memory import Memory


class Model:
    def call(self, *_: object, **__: object) -> str:
        raise AssertionError("no model is needed here")


def embed(texts: list[str]) -> list[list[float]]:
    return [[float(sum(map(ord, text)) % 97), float(len(text)), 1.0] for text in texts]


def kept() -> str:
    return ", ".join(sorted(f"{one.scope}: {one.content}" for one in memory.list_records()))


def remember(*scopes_and_texts: tuple[str, str]) -> None:
    for scope, text in scopes_and_texts:
        memory.remember(text, scope=scope, categories=["note"], metadata={"by": "hand"}, importance=0.5)


memory = Memory(llm=Model(), storage=sys.argv[1], embedder=embed)
remember(("/ann", "old"), ("/bob", "old"), ("/", "old, for all"))
then = datetime.utcnow()
remember(("/ann", "new"), ("/annabel", "new"), ("/bob", "new"), ("/", "new, for all"))
print("kept:", kept())
found = memory.recall("new", scope="/ann", depth="shallow")
print("recalled in /ann:", ", ".join(sorted({one.record.scope for one in found})))
print("forgotten of what is old in /ann:", memory.forget(scope="/ann", older_than=then))
print("kept:", kept())
print("forgotten of /carol, of whom there is nothing:", memory.forget(scope="/carol"))
print("kept:", kept())
PY
export CREWAI_DISABLE_TELEMETRY=true CREWAI_TRACING_ENABLED=false OTEL_SDK_DISABLED=true
export CREWAI_STORAGE_DIR="$folder/home"
HOME="$folder" "$python" -W ignore "$folder/forget.py" "$folder/memory" > "$folder/all" 2> "$folder/errors" ||
  { cat "$folder/errors"; exit 1; }
grep -E '^(kept|recalled|forgotten)' "$folder/all" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
kept: /: new, for all, /: old, for all, /ann: new, /ann: old, /annabel: new, /bob: new, /bob: old
recalled in /ann: /ann, /annabel
forgotten of what is old in /ann: 4
kept: /: new, for all, /bob: new, /bob: old
forgotten of /carol, of whom there is nothing: 1
kept: /bob: new, /bob: old
EXPECTED
echo "as described"
