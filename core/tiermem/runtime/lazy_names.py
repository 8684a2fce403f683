"""Public names of a package, by the modules they stand in -> its `__getattr__` and `__dir__`: loaded when first used.

Beside it a package imports the same names under TYPE_CHECKING, so that editors and type checkers see them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def names_of(
    package: str, names: Mapping[str, Sequence[str]], *, extra: str = "", needed: Sequence[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of *package*.

    Args:
        package: its `__name__`.
        names: for each of its modules, the names in it that are public.
        extra: what brings the libraries *needed* (their first names); where one is missing, or too old for what is
            imported from it, a name raises `MissingExtra`.
    """
    homes = {name: f"{package}.{module}" for module, held in names.items() for name in held}

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            value = getattr(import_module(homes[name]), name)
        except ImportError as error:
            if (error.name or "").split(".")[0] not in needed:
                raise
            from tiermem.errors import MissingExtra

            raise MissingExtra(f"{name}: {error}; pip install 'tiermem[{extra}]'") from error
        setattr(sys.modules[package], name, value)
        return value

    return load, lambda: sorted(sys.modules[package].__all__)
