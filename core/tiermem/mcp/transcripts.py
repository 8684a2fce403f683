"""Sessions as resources: a page of a conversation as text, by an address that names no user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from tiermem.messages import Message
from tiermem.plain_json import dumps

if TYPE_CHECKING:
    from tiermem.mcp.offer import Whose
    from tiermem.memory import AsyncMemory

SCHEME = "tiermem://session/"
TEMPLATE = "tiermem://session/{session}/{first}"
PAGE = 200  # messages of one page, and sessions of one list


class Page(NamedTuple):
    """A page of the list of sessions, and where the next one begins; "" at the end."""

    sessions: list[str]
    following: str


def address(session: str, first: int = 1) -> str:
    """The address of the page of *session* that begins with message *first*."""
    return f"{SCHEME}{quote(session, safe='')}" + (f"/{first}" if first > 1 else "")


async def listed(memory: AsyncMemory, whose: Whose, cursor: str | None) -> Page:
    """The sessions of the user from *cursor* on, in the order of their names, so that a page stays where it is."""
    names = sorted(await memory.sessions(whose.namespace))
    rest = [name for name in names if cursor is None or name > unquote(cursor)]
    return Page(rest[:PAGE], quote(rest[PAGE - 1]) if len(rest) > PAGE else "")


async def read(memory: AsyncMemory, whose: Whose, uri: str) -> str | None:
    """The page behind the address *uri*; None where nothing of this user stands there."""
    if not uri.startswith(SCHEME):
        return None
    name, _, number = uri.removeprefix(SCHEME).partition("/")
    first = int(number) if number.isdecimal() and len(number) < 10 else 1 if not number else 0
    session = unquote(name)
    if first < 1 or session not in await memory.sessions(whose.namespace):
        return None
    opened = memory.session(session, whose.namespace, whose.timezone)
    messages = await opened.messages(first, first + PAGE - 1)
    every = (await opened.stats()).messages
    return "\n\n".join(_lines(session, messages, first, every))


def _lines(session: str, messages: list[Message], first: int, every: int) -> Iterator[str]:
    yield f"Session {session}, messages {first} to {min(first + PAGE - 1, every)} of {every}."
    yield from map(_line, messages)
    if first + PAGE <= every:
        yield f"It goes on at {address(session, first + PAGE)}"


def _line(message: Message) -> str:
    when = f", {message.when:%Y-%m-%d %H:%M %Z}".rstrip() if message.when else ""
    who = f"{message.acts_as} {message.name}" if message.name else message.acts_as
    calls = "".join(f"\n→ {call.name} {_told(call.arguments)}" for call in message.calls)
    return f"[m{message.sequence}] {who}{when}:\n{message.text}{calls}"


def _told(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else dumps(arguments).decode("utf-8", "replace")
