"""Pages that are made of the code, read as text and never run: settings, and public names with their docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from docs.building.commands import commands_page
from docs.building.navigation import ROOT

FIRST = (
    "Memory",
    "Session",
    "AsyncMemory",
    "AsyncSession",
    "Message",
    "Settings",
    "TieredMemoryMiddleware",
    "TieredChatMemory",
)
# What the faces of a memory hand out, by module, in the order of the page. Users name few of them, and use them all.
FACES = (
    ("Documents, objects, notes", ("tiermem.knowledge.knowledge.Knowledge", "tiermem.items.items.Items",
                                   "tiermem.notes.notes.Notes", "tiermem.notes.kinds.Episode",
                                   "tiermem.notes.kinds.Concept", "tiermem.notes.kinds.Procedure")),
    ("What is known of a user", ("tiermem.validity.facts.Facts", "tiermem.profiles.profile.Profile",
                                 "tiermem.graph.graph.Graph", "tiermem.media.media.Media")),
    ("Life and erasure", ("tiermem.life.life.Life", "tiermem.life.forgetting.Forgetting",
                          "tiermem.erasure.retention.Retention", "tiermem.erasure.receipt.Receipt")),
    ("Parts to hand over", ("tiermem.redaction.redactor.Redactor", "tiermem.compression.compactor.Compactor",
                            "tiermem.life.placement.Placement", "tiermem.routing.router.Router")),
    ("Errors", ("tiermem.errors",)),
)  # fmt: skip
_HEAD = """# Settings and options

All are keyword arguments of `Memory.open`, and of every class of the adapters that opens a memory itself. What makes no
sense is refused when it is opened (`InvalidSettings`), and so is a name that is misspelt. Which of them to touch first:
[choose settings](../howto/settings.md). This table is made from the code.
"""


def settings_page() -> str:
    """The page of all settings and options of `Memory.open`, with their types, defaults and what they mean.

    Raises:
        KeyError: the code says of one of them nothing.
    """
    options, opening = _class("runtime/options.py", "OpenOptions"), _class("memory.py", "Memory")
    settings = [_class("settings.py", name) for name in ("Thresholds", "Settings", "Weights")]
    types = {name: kind for name, (kind, _) in _fields(options).items()}
    numbers = {name for one in settings[:2] for name in _fields(one)}
    parts = _meanings(next(one for one in opening.body if isinstance(one, ast.FunctionDef) and one.name == "open"))
    lines = [_HEAD, *_table("Parts", ("option", "type", "what it is"))]
    lines += [_row(name, _code(kind), parts[name]) for name, kind in types.items() if name not in numbers]
    for one in settings:
        said = _meanings(one)
        lines += _table(one.name, ("name", "type", "default", "what it is"))
        lines += [_row(name, _code(kind), _code(default), said[name]) for name, (kind, default) in _fields(one).items()]
    return "\n".join([*lines, ""])


def _table(title: str, heads: tuple[str, ...]) -> list[str]:
    return ["", f"## {title}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]


def _row(name: str, *cells: str) -> str:
    return f"| `{name}` | {' | '.join(cells)} |"


def _code(text: str) -> str:
    return "`" + text.replace("'", '"') + "`"


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / "core" / "tiermem" / path).read_text("utf-8"))


def _class(path: str, name: str) -> ast.ClassDef:
    return next(one for one in _tree(path).body if isinstance(one, ast.ClassDef) and one.name == name)


def _fields(of: ast.ClassDef) -> dict[str, tuple[str, str]]:
    """Each field of a class with its type and its default, "" where it has none."""
    found = [one for one in of.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    return {ast.unparse(one.target): (ast.unparse(one.annotation), _default(one.value)) for one in found}


def _default(value: ast.expr | None) -> str:
    if isinstance(value, ast.Call) and value.keywords:  # field(default_factory=Weights)
        return f"{ast.unparse(value.keywords[0].value)}()"
    if isinstance(value, ast.Constant) and isinstance(value.value, int) and value.value >= 10_000:
        return f"{value.value:_}"
    return "" if value is None else ast.unparse(value)


def _meanings(documented: ast.ClassDef | ast.FunctionDef) -> dict[str, str]:
    """What the section Args says of each name; "a, b: …" says it of both."""
    said: dict[str, str] = {}
    for name, text in _arguments(ast.get_docstring(documented) or ""):
        said |= dict.fromkeys(name.split(", "), text)
    return said


def _arguments(docstring: str) -> Iterator[tuple[str, str]]:
    section = docstring.partition("Args:\n")[2].partition("\n\n")[0]
    name, words = "", [""]
    for line in section.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            if name:
                yield name, " ".join(words)
            name, _, first = line.strip().partition(": ")
            words = [first]
        else:
            words.append(line.strip())
    yield name, " ".join(words)


def public_names(package: str) -> list[str]:
    """The public names of a package of the repository, in the order in which its `__init__` imports them."""
    folder = ROOT / "core" / package if package == "tiermem" else ROOT / package
    tree = ast.parse((folder / "__init__.py").read_text("utf-8"))
    imported = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package
        for alias in node.names
    ]
    return [f"{package}.{name}" for name in sorted(set(imported) - {"names_of"}, key=_place)]


def _place(name: str) -> tuple[int, str]:
    """What is used first stands first, the rest by name."""
    return (FIRST.index(name) if name in FIRST else len(FIRST)), name


def api_page(title: str, intro: str, names: list[str]) -> str:
    """A page with the docstring and signature of each of *names*."""
    return "\n".join([f"# {title}", "", intro, "", *(f"::: {name}\n" for name in names)])


def generated() -> dict[str, str]:
    """All pages that are made of the code, by their path."""
    faces = "\n".join(
        f"## {title}\n\n" + "\n".join(f"::: {name}\n    options:\n      heading_level: 3\n" for name in names)
        for title, names in FACES
    )
    made = {"reference/settings.md": settings_page(), "reference/commands.md": commands_page()}
    made["reference/tiermem.md"] = api_page("tiermem", "What `from tiermem import …` gives.", public_names("tiermem"))
    made["reference/faces.md"] = f"# What a memory hands out\n\nFaces of a memory, and parts for it.\n\n{faces}"
    for framework in ("langchain", "llamaindex"):
        package, comes = f"{framework}_tiered_memory", f'Comes with `pip install "tiermem[{framework}]"`.'
        made[f"reference/{framework}.md"] = api_page(package, comes, public_names(package))
    return made
