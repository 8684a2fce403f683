#!/usr/bin/env bash
# faiss-cpu says which numpy it needs, and cannot be imported with the oldest versions that fit.
#
# The metadata of faiss-cpu 1.15.1 ask for `numpy>=1.25`. On Linux its loader looks for what the processor can do in
# `numpy._core`, which numpy has from 1.26.1 on. With numpy 1.26.0 pip finds no conflict, `pip check` neither, and
# `import faiss` raises ModuleNotFoundError. Who keeps an old numpy for another package, or tests with the lowest
# versions that are allowed, gets a vector index that is installed and not there.
#
# Seen: tiermem's tests with the lowest versions of its dependencies; faiss-cpu 1.15.1, numpy 1.26.0 and 1.26.1, Python
# 3.11 on x86-64 Linux. Needs python3.11 or python3.12 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
for version in 1.26.0 1.26.1; do
  "$python" -m pip install --quiet --disable-pip-version-check "faiss-cpu==1.15.1" "numpy==$version"
  checked=$("$python" -m pip check --disable-pip-version-check)
  imported=$("$python" -c "import faiss" 2>&1 | tail -n 1) || true
  echo "numpy $version: $checked ${imported:-It is imported.}" | tee -a "$folder/output"
done
diff - "$folder/output" <<'EXPECTED'
numpy 1.26.0: No broken requirements found. ModuleNotFoundError: No module named 'numpy._core'
numpy 1.26.1: No broken requirements found. It is imported.
EXPECTED
echo "as described"
