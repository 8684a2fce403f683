"""The faces of a user's media: `Media`, and `AsyncMedia`, the same verbs with `await`; and how a memory gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.faces.user import AsyncUserFace, UserFace
from tiermem.media import describing, listing
from tiermem.media.listing import StoredMedium
from tiermem.settings import scope_of

if TYPE_CHECKING:
    from tiermem.runtime.opening import Opened


Namespace = str | tuple[str, str]


class Media(UserFace):
    """The pictures, sound, films and files in what a user said.

        media = memory.media("anna")
        for one in media.listed():
            print(one.type, one.size, one.caption, one.references)
        picture = media.read(one.sha256)

    Whoever adds a message whose blocks hold bytes (base64, data URLs) finds them here, stored once. `messages`,
    `restore` and `expand` give the messages back as they were added; stubs and quotes name the message.
    """

    def as_async(self) -> AsyncMedia:
        """The same with `await`."""
        return AsyncMedia(self)

    def listed(self, session_id: str | None = None) -> list[StoredMedium]:
        """All of them, the oldest conversation first, or those of one, as they stand there; without their bytes, and
        without those that stand in hidden messages alone, or in messages from before tiermem stored media apart."""
        return self._run(listing.listed(self.scope, session_id))

    def read(self, sha256: str) -> bytes:
        """The bytes with that SHA-256, in hexadecimal.

        Raises:
            UnknownReference: no message of this user has them.
            StorageCorrupt: they are lost or damaged.
        """
        return self._run(listing.read(self.scope, sha256))

    def describe(self) -> int:
        """Ask `describe=` now about all media that it was not asked about, where it failed too; how many it described.

        Else that is done in the background after each add; `settle` waits for it.

        Raises:
            InvalidSettings: the memory was opened without `describe=`.
        """
        return self._run(describing.describe(self._core, self.scope))


class AsyncMedia(AsyncUserFace):
    """`Media` with `await`; the docstrings are there."""

    async def listed(self, session_id: str | None = None) -> list[StoredMedium]:
        """See `Media.listed`."""
        return await self._arun(listing.listed(self.scope, session_id))

    async def read(self, sha256: str) -> bytes:
        """See `Media.read`."""
        return await self._arun(listing.read(self.scope, sha256))

    async def describe(self) -> int:
        """See `Media.describe`."""
        return await self._arun(describing.describe(self._core, self.scope))


class HoldingMedia:
    """The verb by which `Memory` gives a user's media."""

    def media(self: Opened, namespace: Namespace = "default") -> Media:  # type: ignore[misc]  # of which `Memory` is one
        """The pictures, sound, films and files in what a user, or (tenant, user), said; their bytes are stored once."""
        return Media(self, scope_of("-", namespace))


class AsyncHoldingMedia:
    """`HoldingMedia` for `AsyncMemory`."""

    def media(self: Opened, namespace: Namespace = "default") -> AsyncMedia:  # type: ignore[misc]
        """The media of a user; no I/O. See `Memory.media`."""
        return AsyncMedia(Media(self, scope_of("-", namespace)))
