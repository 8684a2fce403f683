#!/usr/bin/env bash
# pytest compiles every module of a distribution that has a pytest plugin anew, with its assertions rewritten, not the
# plugin alone, in every test run that imports any of them, also where the plugin is switched off with `-p no:`.
# So a library that brings a plugin beside itself slows the first run of all its users, and each where nothing may be
# written beside it. pytest 9.0.1, hypothesis 6.150.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pytest==9.0.1 hypothesis==6.150.0 2>/dev/null
echo 'def test_nothing(): import hypothesis' > "$folder/test_nothing.py"
unset PYTHONDONTWRITEBYTECODE
cd "$folder"
"$folder/venv/bin/python" -m pytest -q -p no:hypothesispytest -p no:cacheprovider test_nothing.py
rewritten=$(find "$folder/venv" -path '*/hypothesis/*' -name '*-pytest-*.pyc' | wc -l)
echo "$rewritten modules of hypothesis were rewritten, none of which is its plugin"
[ "$rewritten" -gt 30 ]
