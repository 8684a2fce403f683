#!/usr/bin/env bash
# "Twenty-one days ago" is yesterday for parsedatetime, "a year and a half ago" is now, and both count as dates found.
#
# parsedatetime 2.6 knows the words for numbers up to twenty, without twelve, and takes the part of a text that it
# knows: of "twenty-one days ago" the end, "one days ago". "In twenty-five minutes" is at once, "half a year ago" is a
# year ago. The second value that `parseDT` returns, which says whether a date or a time was found, is as for "21 days
# ago", so nothing tells a right answer from a wrong one. Of "a year and a half ago" the answer is not even reckoned
# from the time that was given as `sourceTime`: it is what the machine's clock says, so what was said in an old
# conversation moves on with each reading. Where it knows nothing, as with "twelve days ago", it says 0 and returns the
# time it was given.
#
# Seen: readers of relative dates were compared, for what was said to be about when; parsedatetime 2.6, Python 3.11.
# Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "parsedatetime==2.6"
cat > "$folder/ago.py" <<'PY'
from datetime import datetime, timedelta

import parsedatetime

said = datetime(2023, 5, 31, 12, 0)
calendar = parsedatetime.Calendar()
for text in (
    "21 days ago",
    "twenty days ago",
    "twenty-one days ago",
    "thirty-two days ago",
    "twelve days ago",
    "in twenty-five minutes",
    "half a year ago",
    "a year and a half ago",
    "an hour and a half ago",
):
    found, kind = calendar.parseDT(text, sourceTime=said)
    clock = abs(datetime.now() - found) < timedelta(minutes=1)
    print(f"{text}: {'what the clock says' if clock else said - found}, found: {bool(kind)}")
PY
"$python" "$folder/ago.py" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
21 days ago: 21 days, 0:00:00, found: True
twenty days ago: 20 days, 0:00:00, found: True
twenty-one days ago: 1 day, 0:00:00, found: True
thirty-two days ago: 2 days, 0:00:00, found: True
twelve days ago: 0:00:00, found: False
in twenty-five minutes: 0:00:00, found: True
half a year ago: 365 days, 0:00:00, found: True
a year and a half ago: what the clock says, found: True
an hour and a half ago: what the clock says, found: True
EXPECTED
echo "as described"
