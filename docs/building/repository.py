"""The pages made of the code as they stand in the repository, for who reads them there: settings and commands are those
of the site, names are listed with what they are and their file. `python -m docs.building.repository` writes them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from docs.building.navigation import DOCS, GENERATED, ROOT
from docs.building.reference import FACES, generated, public_names

PACKAGES = {
    "tiermem": ("tiermem", "What `from tiermem import …` gives."),
    "langchain": ("langchain_tiered_memory", 'Comes with `pip install "tiermem[langchain]"`.'),
    "llamaindex": ("llamaindex_tiered_memory", 'Comes with `pip install "tiermem[llamaindex]"`.'),
}
_WHOLE = "The documentation site (`make site`) has every docstring in full."
_MARK = "<!-- Made of the code by `python -m docs.building.repository`. -->\n\n"


def written() -> dict[str, str]:
    """All pages of `docs/reference/`, by their path below `docs/`."""
    made = {path: text for path, text in generated().items() if ":::" not in text}
    for page, (package, intro) in PACKAGES.items():
        made[f"reference/{page}.md"] = f"# {package}\n\n{intro} {_WHOLE}\n\n{_table(public_names(package))}"
    faces = "\n".join(f"## {title}\n\n{_table(list(names))}" for title, names in FACES)
    made["reference/faces.md"] = f"# What a memory hands out\n\nFaces, and parts for it. {_WHOLE}\n\n{faces}"
    return {path: _MARK + made[path] for path in GENERATED}


def _table(names: list[str]) -> str:
    rows = [f"| [`{_called(name)}`](../../{_file(name).relative_to(ROOT)}) | {_said(name)} |" for name in names]
    return "\n".join(["| name | what it is |", "|---|---|", *rows, ""])


def _called(name: str) -> str:
    return name.rpartition(".")[2] if name.rpartition(".")[2][:1].isupper() or name.count(".") == 1 else name


def _file(name: str) -> Path:
    """The file in which *name* is defined, or that is the module *name*."""
    module = _module(name)
    place = ROOT / ("core" if module.startswith("tiermem") else "") / module.replace(".", "/")
    return place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"


def _module(name: str) -> str:
    package, _, own = name.rpartition(".")
    root = ROOT / ("core" if package.startswith("tiermem") else "") / package.replace(".", "/")
    if (root / "__init__.py").is_file():
        for node in ast.walk(_tree(root / "__init__.py")):
            if isinstance(node, ast.ImportFrom) and any(alias.name == own for alias in node.names):
                return _module(f"{node.module}.{own}")
        return name
    return package


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _said(name: str) -> str:
    """The first paragraph of a docstring, as a cell."""
    tree, own = _tree(_file(name)), name.rpartition(".")[2]
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = next((node for node in tree.body if isinstance(node, kinds) and node.name == own), tree)
    told = ast.get_docstring(found) or "" if found is not tree or _module(name) == name else ""
    return " ".join(told.partition("\n\n")[0].split()).replace("|", "\\|")


def main() -> None:
    """Write them."""
    for path, text in written().items():
        (DOCS / path).parent.mkdir(exist_ok=True)
        (DOCS / path).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
