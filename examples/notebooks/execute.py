"""`python -m examples.notebooks.execute`: runs the notebooks here and stores what their cells print.

Cell after cell in one namespace, as a kernel does, without one: a kernel takes seconds to start and a dozen packages.
"""

from __future__ import annotations

import ast
import io
import json
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def executed(notebook: dict[str, Any]) -> dict[str, Any]:
    """*notebook* with the outputs of its cells, run in a folder of its own."""
    names: dict[str, Any] = {"__name__": "__main__"}
    made = json.loads(json.dumps(notebook))
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
        for number, cell in enumerate(code, start=1):
            cell["execution_count"], cell["outputs"] = number, _outputs("".join(cell["source"]), names, number)
    return made


def _outputs(source: str, names: dict[str, Any], number: int) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(keepends=True)})
    if value is not None:
        shown = {"text/plain": [repr(value)]}
        if hasattr(value, "_repr_html_"):
            shown["text/html"] = [value._repr_html_()]
        found.append({"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": shown})
    return found


def main() -> None:
    """Run every notebook and write it back."""
    for file in sorted(HERE.glob("*.ipynb")):
        made = executed(json.loads(file.read_text("utf-8")))
        file.write_text(f"{json.dumps(made, ensure_ascii=False, indent=1)}\n", "utf-8", newline="\n")
        print(f"{file.name}: {len(made['cells'])} cells")


if __name__ == "__main__":
    main()
