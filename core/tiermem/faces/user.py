"""What all faces of a user's things hold: `UserFace` of those that block, `AsyncUserFace` of those with `await`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tiermem.settings import Scope, refuse_unnamed

if TYPE_CHECKING:
    from tiermem.flows.services import Core
    from tiermem.runtime.opening import Opened


class UserFace:
    """A face of a user's things; made by a verb of `Memory`.

    Raises:
        MissingNamespace: the things are of one user, and none was named.
    """

    _of_one_user: ClassVar[str] = ""
    """What needs a user who is named; "" where everybody without a namespace may share it."""

    def __init__(self, memory: Opened, scope: Scope, core: Core | None = None) -> None:
        if self._of_one_user:
            refuse_unnamed(scope, self._of_one_user)
        self.memory = memory
        self.scope = scope
        self._core = memory.wiring[0] if core is None else core
        self._run = memory.drive

    @property
    def core(self) -> Core:
        """The wiring of its memory, for its user's zone; of no use outside this package."""
        return self._core

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.scope.user!r}>"


class AsyncUserFace:
    """The same things as a `UserFace`; each of its verbs has its docstring there."""

    def __init__(self, face: UserFace) -> None:
        self.memory = face.memory
        self.scope = face.scope
        self._core = face.core
        self._arun = face.memory.drive_async

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.scope.user!r}>"
