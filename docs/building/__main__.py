"""Builds the site, in an environment with what requirements.txt names: `python -m docs.building`, or `make site`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from docs.building import links, reference
from docs.building.configuration import configuration
from docs.building.navigation import LANGUAGES, ROOT
from docs.building.sources import lay

WORK, SITE = ROOT / ".site", ROOT / "site"


def build(language: str, generated: dict[str, str]) -> str:
    """Build the part of the site that is in *language*, and hand back what the generator said.

    Raises:
        CalledProcessError: it found something that does not hold.
    """
    folder = WORK / language
    lay(language, folder / "docs", generated)
    (folder / "zensical.toml").write_text(configuration(language), "utf-8")
    tomllib.loads(configuration(language))
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict", "--clean"]
    done: Any = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{language}: {done.stdout}{done.stderr}")
    return str(done.stdout)


def main() -> None:
    """Build both languages into site/, and read the result once more."""
    generated = reference.generated()
    for language in LANGUAGES:
        print(build(language, generated), end="")
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(WORK / "en" / "site", SITE)
    shutil.copytree(WORK / "zh" / "site", SITE / "zh")
    found = list(links.faults(SITE))
    print(*found, sep="\n", end="\n" if found else "")
    pages = len(list(SITE.rglob("*.html")))
    print(f"{pages} pages in site/, {len(found)} faults")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
