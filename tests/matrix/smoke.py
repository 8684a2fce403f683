"""Use every public name of what is installed, or see it ask for the right extra.

`python -m tests.matrix.smoke [ABSENT ...]`: the packages ABSENT must not be installed. ``--forbid`` makes them absent
for this process, where they are.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ADAPTERS = {
    "langchain_tiered_memory": "tests.matrix.uses_langchain",
    "llamaindex_tiered_memory": "tests.matrix.uses_llamaindex",
}


class Forbid(MetaPathFinder):
    """Stands for packages that are not installed, whatever is."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".", maxsplit=1)[0] in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r} (forbidden)", name=fullname)
        return None


class Count(NamedTuple):
    """Names that were used, and names that asked for their extra."""

    used: int = 0
    refused: int = 0


def main(arguments: Sequence[str]) -> int:
    """Smoke test of the core and both adapters; the last line says what was counted."""
    absent = [one for one in arguments if one != "--forbid"]
    if "--forbid" in arguments:
        sys.meta_path.insert(0, Forbid(absent))
    there = [name for name in absent if present(name)]
    assert not there, f"{there} should not be installed here"
    core()
    telemetry()
    said = []
    for adapter, uses in ADAPTERS.items():
        counted = every_name(adapter, uses)
        said.append(f"{adapter.split('_', maxsplit=1)[0]} {counted.used} used, {counted.refused} ask for their extra")
    loaded = [name for name in absent if name in sys.modules]
    assert not loaded, f"{loaded} were loaded"
    print("; ".join(said))
    return 0


def raised(kind: type[Exception], call: Callable[[], object]) -> Exception:
    """The error of *kind* that *call* raises; there is no pytest here."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def present(name: str) -> bool:
    """Whether package *name* can be imported."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def core() -> None:
    """A conversation kept, shown, found again; nothing but the core is needed."""
    import tiermem

    for name in tiermem.__all__:
        getattr(tiermem, name)
    with tempfile.TemporaryDirectory() as folder, tiermem.Memory.open(Path(folder) / "chat.db") as memory:
        session = memory.session("s")
        session.add([{"role": "user", "content": "The ferry to Oslo leaves at nine."}])
        assert "ferry" in session.context(budget=2_000).messages[-1].text
        assert session.search("ferry to Oslo", 1)[0].message.sequence == 1


def telemetry() -> None:
    """OpenTelemetry's API is used where it is installed, and asked for where it is not."""
    import tiermem
    from tiermem.errors import MissingExtra
    from tiermem.telemetry import to_opentelemetry

    with tiermem.Memory.open(":memory:") as memory:
        if not present("opentelemetry"):
            error = raised(MissingExtra, lambda: to_opentelemetry(memory, tracer_provider=object()))
            assert "tiermem[otel]" in str(error)
            return
        from opentelemetry.trace import NoOpTracerProvider

        end = to_opentelemetry(memory, tracer_provider=NoOpTracerProvider())
        memory.session("s").add([{"role": "user", "content": "The ferry to Oslo leaves at nine."}])
        end()


def every_name(adapter: str, uses: str) -> Count:
    """Use each public name of *adapter* in the way that the module *uses* says."""
    module = importlib.import_module(adapter)
    known = importlib.import_module(uses)
    names = set(module.__all__)
    assert names == set(known.NEEDS), f"{adapter}: {sorted(names ^ set(known.NEEDS))} used, or public, but not both"
    missing = {name for name, needed in known.NEEDS.items() if not all(map(present, needed))}
    for name in sorted(missing):
        _asks(module, name, known.EXTRA)
    for name in sorted(names - missing):
        with tempfile.TemporaryDirectory() as folder:
            getattr(known, f"use_{name}")(getattr(module, name), Path(folder))
    return Count(len(names) - len(missing), len(missing))


def _asks(module: ModuleType, name: str, extra: str) -> None:
    from tiermem.errors import MissingExtra

    error = raised(MissingExtra, lambda: getattr(module, name))
    assert f"tiermem[{extra}]" in str(error), error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
