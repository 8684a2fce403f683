"""The page of all commands, made of their functions, read as text and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

from docs.building.navigation import ROOT

CLI = ROOT / "core" / "tiermem" / "cli"
# The options that most commands have stand once, above; what each of them has beside stands with it.
SHARED = ("SessionOption", "NamespaceOption", "TenantOption", "PathOption", "JsonOption")
GROUPS = (
    ("Bring in, take out, decide", "writing.py"),
    ("Ask and find", "finding.py"),
    ("Look", "reading.py"),
    ("A user", "profile.py"),
    ("What was talked about", "talk.py"),
    ("Erase, and prove it", "erasing.py"),
    ("Measure", "asking/evaluating.py"),
    ("Serve, and show", "serving.py"),
)
_HEAD = """# Commands

`pip install "tiermem[cli]"`. `tiermem COMMAND --help` says the same. Where a command has them, these options mean:

| option | what it is |
|---|---|
"""


def commands_page() -> str:
    """Every command with what it does, its arguments and options."""
    shared = (_row(_annotated(ast.Name(name)), "") for name in SHARED)
    lines = [_HEAD + "\n".join(shared), "", _exits()]
    for title, file in GROUPS:
        lines += ["", f"## {title}"]
        for name, function in commands(file):
            lines += ["", f"### tiermem {name}", "", " ".join((ast.get_docstring(function) or "").split())]
            if rows := list(_rows(function)):
                lines += ["", "| argument or option | what it is |", "|---|---|", *rows]
    return "\n".join([*lines, ""])


def commands(file: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The commands of one file of the command line: name, function."""
    for function in _tree(file).body:
        if isinstance(function, ast.FunctionDef) and (name := _named(function)):
            yield name, function


def _named(function: ast.FunctionDef) -> str:
    if function.name == "evaluate_chat":  # registered where the commands are put together
        return "eval"
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "app.command":
            given = [one.value for one in decorator.args if isinstance(one, ast.Constant)]
            return str(given[0]) if given else function.name.replace("_", "-")
    return ""


def _rows(function: ast.FunctionDef) -> Iterator[str]:
    for argument in function.args.args:
        known = argument.annotation
        if not (isinstance(known, ast.Name) and known.id in SHARED):
            yield _row(_annotated(known), argument.arg)


def _row(told: ast.Call, name: str) -> str:
    given = [str(one.value) for one in told.args if isinstance(one, ast.Constant)]
    flags = [flag for one in given for flag in one.split("/") if flag.startswith("-")]  # "--hidden/--no-hidden"
    words = [_text(one.value) for one in told.keywords if one.arg == "help"]
    if not flags:
        flags = [name.upper() if ast.unparse(told.func).endswith("Argument") else f"--{name.replace('_', '-')}"]
    return f"| {', '.join(f'`{flag}`' for flag in flags)} | {' '.join(words)} |"


def _text(value: ast.expr) -> str:
    """A string as it is written: plain, or with names of other strings of the command line in it."""
    if isinstance(value, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.FormattedValue) else one for one in value.values)
        return "".join(_text(_assigned()[one.id]) if isinstance(one, ast.Name) else _text(one) for one in parts)
    return str(ast.literal_eval(value))


def _annotated(annotation: ast.expr | None) -> ast.Call:
    """The call of typer.Option or typer.Argument behind an annotation, or behind the name of one."""
    if isinstance(annotation, ast.Name):
        annotation = _assigned()[annotation.id]
    return next(one for one in ast.walk(annotation or ast.Tuple()) if isinstance(one, ast.Call))


@cache
def _assigned() -> dict[str, ast.expr]:
    """What stands behind each name of the command line's modules."""
    lines = (one for file in sorted(CLI.rglob("*.py")) for one in ast.parse(file.read_text("utf-8")).body)
    return {ast.unparse(one.targets[0]): one.value for one in lines if isinstance(one, ast.Assign)}


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse((CLI / file).read_text("utf-8"))


def _exits() -> str:
    parts = _text(_assigned()["EXITS"]).split("\n\n")
    return "\n\n".join(f"- {part}" if part[0].isdigit() else part for part in parts)
