"""What the package's page on an index shows: the README without links into the repository, which are dead there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_CODE = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[([^\]\n]+)\]\((?!https?://)([^)\s]+)\)")


def without_links(text: str) -> str:
    """*text* with each link to a file or a heading as its words, and the name of the file where these do not say it.

    Pictures of the repository are left out; code stays as it is.
    """

    def words(match: re.Match[str]) -> str:
        picture, said, target = match.groups()
        if picture:
            return ""
        return said if target.startswith("#") or said == target else f"{said} ({target})"

    parts = _CODE.split(text)
    return "".join(part if place % 2 else _LINK.sub(words, part) for place, part in enumerate(parts))


class IndexPage(MetadataHookInterface):
    """Gives the field `readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fill in what pyproject.toml leaves open."""
        text = (Path(self.root) / "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": without_links(text)}
