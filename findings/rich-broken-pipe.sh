#!/usr/bin/env bash
# A program that prints with rich ends with status 1 where its reader has had enough, and sees no BrokenPipeError.
#
# Python raises BrokenPipeError where a pipe's reader is gone (`program | head -1`), and programs catch it. rich's Console
# catches it first, points standard output to /dev/null and raises SystemExit(1): `except BrokenPipeError` and `except
# Exception` around the printing do nothing, what stands behind the loop is not run, and with `set -o pipefail` a script
# takes it for a failure. Only a subclass with another `on_broken_pipe`, or `except SystemExit`, decides otherwise.
#
# Seen: a command line whose `show | head -1` had the status 1, in spite of its handler; rich 13.8.0 and 15.0.0, Python
# 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
cat > "$folder/printing.py" <<'PY'
import sys
from importlib.metadata import version

if sys.argv[1] == "rich":
    from rich.console import Console

    say, name = Console().print, f"rich {version('rich')}"
else:
    say, name = print, "print"
try:
    for number in range(100_000):
        say(number)
except BaseException as error:
    print(f"{name}: {error!r}", file=sys.stderr)
PY
: > "$folder/output"
"$python" "$folder/printing.py" print 2>> "$folder/output" | head -n 1 > "$folder/first" || true
for version in 13.8.0 15.0.0; do
  "$python" -m pip install --quiet --disable-pip-version-check "rich==$version"
  "$python" "$folder/printing.py" rich 2>> "$folder/output" | head -n 1 > "$folder/first" || true
done
cat "$folder/output"
diff - "$folder/output" <<'EXPECTED'
print: BrokenPipeError(32, 'Broken pipe')
rich 13.8.0: SystemExit(1)
rich 15.0.0: SystemExit(1)
EXPECTED
echo "as described"
