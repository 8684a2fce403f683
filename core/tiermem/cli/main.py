"""The command `tiermem`, where it starts: without the extra `cli` it says what to install."""

from __future__ import annotations

import io
import sys

_NEEDED = {"typer", "rich", "click"}


def main() -> None:
    """Runs the command line; exit code 2 where its packages are missing."""
    try:
        from tiermem.cli.commands import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        print('The command line needs two more packages: pip install "tiermem[cli]"', file=sys.stderr)
        raise SystemExit(2) from None
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a Windows code page has no Chinese
    app(prog_name="tiermem")
