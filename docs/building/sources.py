"""The pages of one language, as the generator reads them: links turned to where their targets stand on the site."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath

from docs.building.navigation import DOCS, GENERATED, LANGUAGES, ROOT, pages, source, there

_CODE = re.compile(r"(^```.*?^```|``[^\n]+?``|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[((?:[^\[\]\n]|\[[^\]\n]*\])*)\]\(([^)\s]+)\)")
# A line break between two Chinese characters would be shown as a space.
_BROKEN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef“”‘’…])\n(?=[\u3000-\u9fff\uff00-\uffef“”‘’…])")
PICTURES = (".png", ".svg")


def homes() -> dict[Path, tuple[str, str]]:
    """Each source file of the site -> the language and the page that it becomes."""
    found = {source(page.path, language): (language, page.path) for language in LANGUAGES for page in pages()}
    return {path: home for path, home in found.items() if home[1] in GENERATED or path.is_file()}


def relinked(text: str, page: str, language: str) -> str:
    """*text* of a page with links that hold on the site.

    A link to a page of the same language stays one between sources, which the generator checks; one to the other
    language goes to the built page; one to a file of the repository that is no page becomes its words and its name.
    """
    here, where = source(page, language), homes()

    def turned(match: re.Match[str]) -> str:
        picture, said, target = match.groups()
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            return match[0]
        path, mark, fragment = target.partition("#")
        file = Path(os.path.normpath(here.parent / path))
        if file in where:
            return f"[{said}]({_href(where[file], (language, page))}{mark}{fragment})"
        if picture:
            return f"![{said}]({_picture(file, page)})"
        return said if path in said else f"{said} (`{file.relative_to(ROOT)}`)"

    parts = _CODE.split(text)
    return "".join(part if place % 2 else _BROKEN.sub("", _LINK.sub(turned, part)) for place, part in enumerate(parts))


def _href(target: tuple[str, str], page: tuple[str, str]) -> str:
    """The way from one page to another one, each with its language."""
    if target[0] == page[0]:
        return os.path.relpath(target[1], PurePosixPath(page[1]).parent)
    return os.path.relpath(built(*target), PurePosixPath(built(*page)).parent)


def built(language: str, page: str) -> str:
    """Where a page stands below site/."""
    return ("" if language == "en" else f"{language}/") + page.removesuffix(".md") + ".html"


def _picture(file: Path, page: str) -> str:
    """The way from a page to a picture; see `lay`."""
    return os.path.relpath(_place(file), PurePosixPath(page).parent)


def _place(picture: Path) -> str:
    if picture.is_relative_to(DOCS):
        return str(picture.relative_to(DOCS))
    return f"assets/{picture.name}"


def lay(language: str, folder: Path, generated: dict[str, str]) -> None:
    """Put all sources of *language* into *folder*, which is emptied before: its pages, those *generated*, pictures.

    Raises:
        FileNotFoundError: a page shows a picture that is not there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DOCS / "assets", folder / "assets")
    for page in pages():
        if there(page.path, language):
            text = generated.get(page.path) or source(page.path, language).read_text("utf-8")
            write(folder / page.path, relinked(text, page.path, language))
            _bring_pictures(text, source(page.path, language), folder)


def _bring_pictures(text: str, here: Path, folder: Path) -> None:
    for picture, _, target in _LINK.findall(text):
        if picture and target.endswith(PICTURES) and ":" not in target:
            file = Path(os.path.normpath(here.parent / target))
            shutil.copyfile(file, folder / _place(file))


def write(path: Path, text: str) -> None:
    """*text* into a file, whose folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
