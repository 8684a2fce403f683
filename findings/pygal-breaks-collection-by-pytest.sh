#!/usr/bin/env bash
# Once a test has imported pygal, pytest with `--import-mode=importlib` cannot collect the next folder that is a package.
#
# pygal 3.1.3 puts an object into `sys.meta_path`, so that packages of maps are found under `pygal.maps`. It has `find_module`
# and `load_module`, the protocol that Python 3.12 dropped, and no `find_spec`. Python itself passes such an object over. pytest
# 9.2.0 asks each finder by `find_spec` where it imports a folder of tests with an `__init__.py` by `importlib`, the mode that it
# recommends for new projects, and stops with AttributeError in a file that has nothing to do with charts. Each folder alone
# passes: which one fails is a matter of the order.
#
# Seen: tiermem's own tests, pygal 3.1.3, pytest 9.2.0, Python 3.11 on x86-64 Linux. Needs python3.11 or python3.12 with
# pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "pygal==3.1.3" "pytest==9.2.0"
mkdir -p "$folder/tests/charts" "$folder/tests/words"
printf 'import pygal\n\n\ndef test_drawing():\n    assert b"<svg" in pygal.Line().render()\n' > "$folder/tests/charts/test_drawing.py"
touch "$folder/tests/words/__init__.py"
printf 'def test_words():\n    assert "a b".split() == ["a", "b"]\n' > "$folder/tests/words/test_words.py"
cd "$folder"
run() {
  venv/bin/python -m pytest -q --import-mode=importlib -p no:cacheprovider "$@" 2>&1 |
    grep -E "^E  |passed" | sed -E 's/ in [0-9.]+s//' | tail -n 1 | sed -E 's/^E +//' || true
  echo
}
{
  echo "charts alone: $(run tests/charts)"
  echo "words alone: $(run tests/words)"
  echo "both: $(run tests)"
} | sed 's/ *$//' | tee output
diff - output <<'EXPECTED'
charts alone: 1 passed
words alone: 1 passed
both: AttributeError: 'PluginImportFixer' object has no attribute 'find_spec'
EXPECTED
echo "as described"
