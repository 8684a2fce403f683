#!/usr/bin/env bash
# A chat memory that could be saved with one pydantic cannot be saved with a later one of the same major version.
#
# llama-index-core 0.14.25 allows any pydantic from 2.8.0 on. The wrapping serialiser of its SimpleChatStore hands its
# third argument, what is known of the dump, on to the serialiser that it wraps, whose second argument is an index or a
# key. pydantic 2.12 takes anything there, 2.14 does not: `to_string()` and `to_dict()` of every ChatMemoryBuffer that
# holds a message raise. Whoever keeps such dumps learns it when the first one is written after an upgrade.
#
# Seen: LlamaIndex's stock memory beside tiermem's, llama-index-core 0.14.25, pydantic 2.12.5 and 2.14.3, Python 3.11.
# Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
cat > "$folder/dump.py" <<'PY'
import pydantic
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer

memory = ChatMemoryBuffer.from_defaults(token_limit=1000)
memory.put(ChatMessage(role="user", content="Remember the milk."))
try:
    outcome = "saved" if "Remember the milk." in memory.to_string() else "saved without its words"
except Exception as error:
    outcome = type(error).__name__
print(f"pydantic {pydantic.VERSION}: {outcome}")
PY
for version in 2.12.5 2.14.3; do
  "$python" -m pip install --quiet --disable-pip-version-check "llama-index-core==0.14.25" "pydantic==$version"
  "$python" -W ignore "$folder/dump.py" | tee -a "$folder/output"
done
diff - "$folder/output" <<'EXPECTED'
pydantic 2.12.5: saved
pydantic 2.14.3: PydanticSerializationError
EXPECTED
echo "as described"
