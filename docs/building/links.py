"""The built site, as a browser reads it: what its links, pictures and scripts point to is there, and not elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

_POINTING = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src", "iframe": "src"}


class Reading(HTMLParser):
    """What one page points to, what can be pointed to in it, and what it would have a browser fetch from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag points to."""
        values = {name: value for name, value in attrs if value is not None}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        target = values.get(_POINTING.get(tag, ""))
        if not target or target.startswith(("mailto:", "data:", "javascript:")):
            return
        if "//" not in target:
            self.targets.append(target)
        elif tag != "a" and values.get("rel") != "canonical":
            self.fetched.append(target)


@cache
def read(page: Path) -> Reading:
    """What stands in one built page."""
    reading = Reading()
    reading.feed(page.read_text("utf-8"))
    return reading


def faults(site: Path) -> Iterator[str]:
    """Each dead link of the site, dead anchor, and thing that a browser would fetch from another place."""
    for page in sorted(site.rglob("*.html")):
        if page.name == "404.html":
            continue
        yield from (f"{page.relative_to(site)}: fetches {one}" for one in read(page).fetched)
        for target in sorted(set(read(page).targets)):
            if why := _dead(page, target):
                yield f"{page.relative_to(site)}: {target}: {why}"


def _dead(page: Path, target: str) -> str:
    path, _, fragment = target.partition("#")
    file = Path(os.path.normpath(page.parent / unquote(path.partition("?")[0]))) if path else page
    if file.is_dir():
        file /= "index.html"
    if not file.is_file():
        return "no such file"
    if fragment and file.suffix == ".html" and unquote(fragment) not in read(file).anchors | {"__skip"}:
        return "no such place in it"
    return ""
