"""The faces of what is known of a user in short: `Profile`, and `AsyncProfile`, the same verbs with `await`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tiermem.faces.user import AsyncUserFace, UserFace
from tiermem.profiles import asking, deciding
from tiermem.profiles.filling import filled
from tiermem.profiles.lines.line import ProfileLine, Section
from tiermem.records import Decision, Original
from tiermem.validity import telling

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)


class Profile(UserFace):
    """What is known of a user, over all conversations, as lines that fit into a prompt.

        profile = memory.profile("anna")
        profile.text(300)
        profile.correct("home", "Bergen")

    Lines are made of the facts that hold (`memory.facts`), which are read of the user's own words alone, and of what an
    application states. Each says where it is from. Whoever knows better corrects a line, forgets it or pins one; that
    is a decision, which `undo` takes back, and it holds whatever is said or indexed again. What was corrected gives way
    to what the user says later; what was forgotten stays away, but where they say otherwise.

    Only sessions that changed are looked at again, so a question costs the same however many there are. The first one
    of a process reads all stored facts of the user once.
    """

    _of_one_user = "the profile of a user"

    def as_async(self) -> AsyncProfile:
        """The same profile with `await`."""
        return AsyncProfile(self)

    def lines(self, section: Section | None = None) -> list[ProfileLine]:
        """All that is known, the most valuable first, or what stands in one *section* (see `ProfileLine`).

        Raises:
            InvalidMessage: there is no such section.
        """
        return self._run(asking.lines(self._core, self.scope, section))

    def text(self, budget: int = asking.BUDGET) -> str:
        """The most valuable lines in at most *budget* tokens of the memory's counter, as one quoted block; "" where
        nothing is known, or nothing fits.

        It is the same text, byte for byte, until a line changes, for it stands in the part of prompts that providers
        cache. It is data: nothing in it can close the block, or speak as somebody else. A line has its first source
        behind it where that has at most 24 characters.

        Raises:
            InvalidMessage: *budget* is no number of tokens.
        """
        return self._run(asking.text(self._core, self.scope, budget))

    def summary(self) -> str:
        """The user in a sentence, made of the lines; "" where nothing is known."""
        return self._run(asking.summary(self._core, self.scope))

    def fill(self, schema: type[Model]) -> Model:
        """A pydantic model of yours filled from the lines: a field is that of the line whose key is the field's name or
        alias, with "_" for blanks; a list takes all that begin so ("like" those you like). What nobody said is left to
        the field's default, and else None.

        Raises:
            InvalidMessage: *schema* is no pydantic model, or cannot be made with what is empty.
        """
        return filled(schema, self.lines())

    def correct(self, line: ProfileLine | str, value: str | bool, *, reason: str = "") -> Decision:
        """Keep that *line* (or the one of that key or text) is *value*, and never was what it said: True or False of
        what is so or not. `memory.facts` knows it too. Durable when it returns; the decision is what `undo` takes.

        Raises:
            UnknownReference: there is no such line; the nearest is named.
            InvalidMessage, StorageError: nothing was kept.
        """
        return self._run(deciding.correct(self._core, self.scope, line, value, reason))

    def forget(self, line: ProfileLine | str, *, reason: str = "") -> Decision:
        """Leave *line* out from now on, however often it is said again; another value shows. Raises as `correct`."""
        return self._run(deciding.forget(self._core, self.scope, line, reason))

    def pin(self, line: ProfileLine | str, *, reason: str = "") -> Decision:
        """Put *line* first. A text that is no line's key or text becomes one, of at most 300 characters.

        Raises:
            UnknownReference: the line is there no more. InvalidMessage, StorageError: nothing was kept.
        """
        return self._run(deciding.pin(self._core, self.scope, line, reason))

    def undo(self, decision: int | Decision) -> None:
        """Take a decision of `journal` back.

        Raises:
            UnknownReference: there is no such decision, or it is undone already.
        """
        self._run(telling.undo(self._core, self.scope, decision))

    def journal(self) -> list[Decision]:
        """Every decision about the user, in order: "pin", "forget", "replace", and those of `memory.facts`, of which
        `correct` makes one of a fact."""
        return self._run(telling.journal(self.scope))

    def expand(self, ref: str) -> Original:
        """The messages behind the source of a line: "friday/m12", or "f3" of what an application kept.

        Raises:
            UnknownReference: it is none of this user's.
        """
        return self._run(asking.expand(self.scope, ref))


class AsyncProfile(AsyncUserFace):
    """`Profile` with `await`; the docstrings are there."""

    async def lines(self, section: Section | None = None) -> list[ProfileLine]:
        """See `Profile.lines`."""
        return await self._arun(asking.lines(self._core, self.scope, section))

    async def text(self, budget: int = asking.BUDGET) -> str:
        """See `Profile.text`."""
        return await self._arun(asking.text(self._core, self.scope, budget))

    async def summary(self) -> str:
        """See `Profile.summary`."""
        return await self._arun(asking.summary(self._core, self.scope))

    async def fill(self, schema: type[Model]) -> Model:
        """See `Profile.fill`."""
        return filled(schema, await self.lines())

    async def correct(self, line: ProfileLine | str, value: str | bool, *, reason: str = "") -> Decision:
        """See `Profile.correct`."""
        return await self._arun(deciding.correct(self._core, self.scope, line, value, reason))

    async def forget(self, line: ProfileLine | str, *, reason: str = "") -> Decision:
        """See `Profile.forget`."""
        return await self._arun(deciding.forget(self._core, self.scope, line, reason))

    async def pin(self, line: ProfileLine | str, *, reason: str = "") -> Decision:
        """See `Profile.pin`."""
        return await self._arun(deciding.pin(self._core, self.scope, line, reason))

    async def undo(self, decision: int | Decision) -> None:
        """See `Profile.undo`."""
        await self._arun(telling.undo(self._core, self.scope, decision))

    async def journal(self) -> list[Decision]:
        """See `Profile.journal`."""
        return await self._arun(telling.journal(self.scope))

    async def expand(self, ref: str) -> Original:
        """See `Profile.expand`."""
        return await self._arun(asking.expand(self.scope, ref))
