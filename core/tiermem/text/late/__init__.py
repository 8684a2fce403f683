"""Regular expressions that are compiled when they are first used.

The rules of facts, times and names are four hundred expressions, for which `re` takes a third of the CPU that a process
needs to start. Most processes (a command, a worker that only adds) never use most of them. What is wrong in one is
found by `tests/text/late/test_late.py`, which compiles all of them.
"""

from __future__ import annotations

import re
from typing import Any, cast


class Late:
    """Stands for the compiled expression, and takes its methods over once one is asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = re.compile(self.pattern, self._flags)
        found = getattr(made, name)
        self.__dict__[name] = found  # from now on as fast as the expression itself
        return found

    def __repr__(self) -> str:
        return f"<Late {self.pattern[:60]!r}>"


def compile(pattern: str, flags: int = 0) -> re.Pattern[str]:  # noqa: A001  # called as late.compile, as re's is
    """`re.compile`, when it is first used; the functions of `re` do not take it, its own methods are there."""
    return cast("re.Pattern[str]", Late(pattern, int(flags)))
