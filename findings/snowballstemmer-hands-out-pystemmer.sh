#!/usr/bin/env bash
# One version of snowballstemmer stems words in two ways: it depends on what else is installed.
#
# `snowballstemmer.stemmer("english")` returns PyStemmer's stemmer where that package is installed, of whatever version,
# and its own otherwise; nothing says which. The algorithm differs between versions: PyStemmer 2.2.0.3 takes "university"
# and "universe" for one word, snowballstemmer 3.1.1 does not. A search index keeps stems: after the install of a package
# that brings PyStemmer along, questions are stemmed in one way and the index in another, and words are no longer found,
# though the version of snowballstemmer, which an index may well have noted, is the same. The class itself,
# `snowballstemmer.english_stemmer.EnglishStemmer`, is always its own.
#
# Seen: which stemmer an index was made with had to be part of its name; snowballstemmer 3.1.1, PyStemmer 2.2.0.3, Python
# 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
cat > "$folder/stems.py" <<'PY'
from importlib.metadata import version

import snowballstemmer

stemmer = snowballstemmer.stemmer("english")
stems = [stemmer.stemWord(word) for word in ("university", "universe", "organization", "evening", "added")]
print(f"snowballstemmer {version('snowballstemmer')} gives {type(stemmer).__module__}: {' '.join(stems)}")
PY
"$python" -m pip install --quiet --disable-pip-version-check "snowballstemmer==3.1.1"
"$python" "$folder/stems.py" | tee "$folder/output"
"$python" -m pip install --quiet --disable-pip-version-check "PyStemmer==2.2.0.3"
"$python" "$folder/stems.py" | tee -a "$folder/output"
diff - "$folder/output" <<'EXPECTED'
snowballstemmer 3.1.1 gives snowballstemmer.english_stemmer: universiti univers organiz evening add
snowballstemmer 3.1.1 gives Stemmer: univers univers organ even ad
EXPECTED
echo "as described"
