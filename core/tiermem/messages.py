"""Messages: immutable values, and the exact bytes by which they are kept.

Rule 1: a message is valid once it exists; everything that could not be kept exactly is refused here.
Rule 2: `canonical()` and `from_canonical()` are inverse for every message, including lone surrogates and U+0000.
Rule 3: what the store adds (sequence, tokens, stored_at, zone) is not part of a message's identity.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timezone, tzinfo
from typing import Any, Generic, Self, TypeAlias, TypeVar, overload

from tiermem.blocks import linking
from tiermem.blocks.reading import words
from tiermem.blocks.roles import folded, known, nearest
from tiermem.errors import InvalidMessage, brief_repr
from tiermem.plain_json import dumps, loads, plain

V = TypeVar("V")
Content: TypeAlias = "str | list[str | dict[str, Any]] | None"

COMPACTION_KEY = "__compaction__"


class kept(Generic[V]):  # noqa: N801  # used as a decorator
    """A value computed once and kept. `functools.cached_property` has a lock for each class in Python 3.11, which a
    forked child inherits locked; here two threads may compute the same value twice."""

    def __init__(self, compute: Callable[[Any], V]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> V: ...
    def __get__(self, instance: object | None, owner: type) -> V | Self:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._compute(instance)
        return value


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that an assistant message asks for. `arguments` is a JSON object, or the raw string of a broken one."""

    id: str
    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)

    def __post_init__(self) -> None:
        _text(self.id, "tool_calls.id")
        _text(self.name, "tool_calls.name")
        object.__setattr__(self, "arguments", plain(self.arguments, "tool_calls.arguments"))


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a conversation.

    Args:
        role: "system", "user", "assistant", "tool", or any other word; kept exactly.
        content: text, a list of strings and JSON blocks, or None.
        id: unique in its session; made when absent. Adding the same id and content twice adds it once.
        name: the speaker, where there are several.
        tool_calls: what an assistant asks for.
        tool_call_id: on a tool message, the call it answers.
        state: the application's own JSON values (for example ``user_goal``).
        origin: where the words come from: "direct_user", "assistant", "tool", "import", …
        created_at: when it was said (aware), where the caller knows; `when` falls back to `stored_at`.
        pinned: always shown verbatim.
        raw: the framework's own form of this message, for an exact way back.

    Raises:
        InvalidMessage: something in it cannot be kept exactly; the message says which path.
    """

    role: str
    content: Content = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    state: dict[str, Any] = field(default_factory=dict)
    origin: str = ""
    created_at: datetime | None = None
    pinned: bool = False
    raw: dict[str, Any] | None = None
    sequence: int = field(default=0, compare=False)
    tokens: int = field(default=0, compare=False)
    stored_at: datetime | None = field(default=None, compare=False)
    pointers: tuple[str, ...] = field(
        default=(), compare=False, repr=False
    )  # in place of the bytes of media: `window/media/`
    zone: tzinfo | None = field(default=None, init=False, compare=False, repr=False)  # see `seen_from`

    __hash__ = None  # type: ignore[assignment]  # content may hold lists

    def __post_init__(self) -> None:
        for name in ("role", "id"):
            if not _text(getattr(self, name), name):
                raise InvalidMessage(f"{name} must not be empty")
        for name in ("name", "tool_call_id"):
            if getattr(self, name) is not None:
                _text(getattr(self, name), name)
        _text(self.origin, "origin")
        if not isinstance(self.pinned, bool):
            raise InvalidMessage(f"pinned must be True or False, not {type(self.pinned).__name__}")
        put = object.__setattr__
        put(self, "created_at", None if self.created_at is None else moment(self.created_at))
        put(self, "content", _content(self.content))
        put(self, "tool_calls", _calls(self.tool_calls))
        put(self, "state", _mapping(self.state, "state"))
        put(self, "raw", None if self.raw is None else _mapping(self.raw, "raw"))
        if not self.origin:
            put(self, "origin", _ORIGINS.get(self.role, "model_inference"))

    @kept
    def text(self) -> str:
        """The readable text: strings, and the words of blocks, one a line; not what is thought, nor called."""
        return content_text(self.content)

    @kept
    def calls(self) -> tuple[ToolCall, ...]:
        """What it asks for: `tool_calls`, and the calls that stand only in its content, as with Anthropic."""
        known = [(call.id, call.name) for call in self.tool_calls]
        return (*self.tool_calls, *(ToolCall(*call) for call in linking.calls(self.content, known)))

    @kept
    def answers(self) -> tuple[str, ...]:
        """The ids of the calls that it answers, also those that stand only in its content."""
        own = (self.tool_call_id,) if self.tool_call_id else ()
        return tuple(dict.fromkeys([*own, *linking.answers(self.content)]))

    @kept
    def acts_as(self) -> str:
        """The role that it plays: "tool" for what is nothing but results of tools, which Anthropic, Bedrock and Google
        put on the user's side; else its role in our word. No other word for "system" gives a message its authority."""
        role = folded(self.role)
        if role == "user" and linking.only_results(self.content):
            return "tool"
        return self.role if role in _ORDERS else role or self.role

    @property
    def when(self) -> datetime | None:
        """When it was said, or else when it was stored; by the user's clock, where the session knows their zone."""
        known = self.created_at or self.stored_at
        return known.astimezone(self.zone) if known is not None and self.zone is not None else known

    def seen_from(self, zone: tzinfo) -> Message:
        """A copy whose `when` is by the clocks of *zone*; it is the same message."""
        return self.beside(zone=zone)

    def as_stored(self, sequence: int, tokens: int, stored_at: datetime | None) -> Message:
        """A copy with what the store adds; it is the same message."""
        return self.beside(sequence=sequence, tokens=tokens, stored_at=stored_at)

    def beside(self, **added: Any) -> Message:
        """A copy with other values of fields that are no part of its identity, which need no second check."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, **added)
        return made

    @kept
    def canonical(self) -> bytes:
        """The bytes that are stored: sorted JSON, UTF-8 with lone surrogates passed through."""
        return dumps(to_json(self))

    @kept
    def sha256(self) -> bytes:
        """SHA-256 of `canonical` (32 bytes)."""
        return hashlib.sha256(self.canonical).digest()

    def shown_as(self, content: Content, **changes: Any) -> Message:
        """A copy with other content, for views; the original is untouched."""
        return replace(self, content=content, **changes)


_ORDERS = frozenset({"", "system", "developer"})
_ORIGINS = {"user": "direct_user", "human": "direct_user", "assistant": "assistant", "tool": "tool"}


_FIELDS = tuple(field.name for field in fields(Message) if field.compare)


def to_json(message: Message) -> dict[str, Any]:
    """*message* as a JSON object of what is part of its identity, without what is absent; `from_json` reads it."""
    body: dict[str, Any] = {
        "role": message.role,
        "content": message.content,
        "id": message.id,
        "origin": message.origin,
    }
    calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls]
    optional: dict[str, Any] = {
        "name": message.name,
        "tool_calls": calls or None,
        "tool_call_id": message.tool_call_id,
        "state": message.state or None,
        "created_at": message.created_at.isoformat() if message.created_at else None,
        "pinned": message.pinned or None,
        "raw": message.raw,
    }
    return body | {key: value for key, value in optional.items() if value is not None}


def from_json(values: Mapping[str, Any], **kept: Any) -> Message:
    """The message whose `to_json` is *values*; *kept* are the fields that a store adds (sequence, tokens, stored_at).

    Raises:
        InvalidMessage: *values* are not the fields of a message, or one cannot be kept exactly.
    """
    if unknown := sorted(str(name) for name in values if name not in _FIELDS):
        named = ", ".join(map(brief_repr, unknown[:3]))
        raise InvalidMessage(f"not the fields of a message: {named}; there are {', '.join(_FIELDS)}")
    try:
        given = dict(values)
        if "tool_calls" in given:
            calls = given["tool_calls"] or ()
            given["tool_calls"] = tuple(call if isinstance(call, ToolCall) else ToolCall(**call) for call in calls)
        if isinstance(given.get("created_at"), str):
            given["created_at"] = datetime.fromisoformat(given["created_at"])
        return Message(**given, **kept)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, InvalidMessage):
            raise
        raise InvalidMessage(f"not the fields of a message: {error}") from error


def from_canonical(body: bytes, *, sequence: int = 0, tokens: int = 0, stored_at: datetime | None = None) -> Message:
    """The message whose `canonical` is *body*.

    Raises:
        InvalidMessage: *body* is not the canonical form of a message.
    """
    try:
        return from_json(loads(body), sequence=sequence, tokens=tokens, stored_at=stored_at)
    except (ValueError, TypeError) as error:
        raise InvalidMessage(f"not the stored form of a message: {type(error).__name__}") from error


def content_text(content: Content) -> str:
    """The readable text of *content*: strings and the words of blocks, joined by line ends."""
    return content if isinstance(content, str) else "\n".join(words(content))


def _content(value: Any) -> Content:
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, Sequence) or isinstance(value, (bytes, bytearray)):
        raise InvalidMessage(f"content must be text, a list of blocks or None, not {type(value).__name__}")
    blocks = [plain(block, f"content[{index}]", depth=1) for index, block in enumerate(value)]
    if not all(isinstance(block, (str, dict)) for block in blocks):
        raise InvalidMessage("content blocks must be strings or objects")
    return blocks


def _mapping(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidMessage(f"{path} must be an object, not {type(value).__name__}")
    copied: dict[str, Any] = plain(value, path)
    return copied


def moment(value: Any, name: str = "created_at") -> datetime:
    """*value* as a plain datetime: subclasses, such as those of pandas, hold what its stored form would lose."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise InvalidMessage(f"{name} must be an aware datetime")
    try:
        value.astimezone(UTC)
    except OverflowError as error:
        raise InvalidMessage(f"{name} is no time of the years 1 to 9999 in UTC: {value}") from error
    plainly: datetime = value
    if type(value) is not datetime:
        zone = timezone(value.utcoffset())  # type: ignore[arg-type]  # there is one
        day, clock = (value.year, value.month, value.day), (value.hour, value.minute, value.second, value.microsecond)
        plainly = datetime(*day, *clock, tzinfo=zone)
    text = plainly.isoformat()  # offsets of microseconds are written, but not read
    return plainly if datetime.fromisoformat(text).isoformat() == text else plainly.astimezone(UTC)


def _calls(value: Any) -> tuple[ToolCall, ...]:
    calls = tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(isinstance(call, ToolCall) for call in calls):
        raise InvalidMessage("tool_calls must be ToolCalls")
    return calls


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidMessage(f"{path} must be a string, not {type(value).__name__}")
    return value


def as_messages(
    value: Message | str | Mapping[str, Any] | Iterable[Any],
    role: str = "user",
    read: Callable[[Mapping[str, Any]], Message] = from_json,
) -> list[Message]:
    """Messages from what a caller hands over: one or many; text becomes a message of *role*, an object what *read*
    makes of it, and ("user", "text") a message of that role. Roles may be others' words for ours ("human", "AI",
    "USER"): they are folded. A `Message` keeps the role that it was made with.

    Raises:
        UnknownRole: what is given as a role is none.
        InvalidMessage: one of them is neither a message, nor text, nor an object with a role and content.
    """
    if isinstance(value, (Message, str, Mapping)) or _is_pair(value):
        return [_as_message(value, role, read)]
    if not isinstance(value, Iterable) or isinstance(value, (bytes, bytearray)):
        raise InvalidMessage(f"neither a Message, text nor an object: {type(value).__name__}")
    return [_as_message(message, role, read) for message in value]


def _is_pair(value: Any) -> bool:
    """Whether *value* is the frameworks' short form of a message: a tuple of a role, or what may be meant by it, and
    text."""
    return _is_short(value) and bool(folded(value[0]) or nearest(value[0]))


def _is_short(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value)


def _as_message(value: Any, role: str, read: Callable[[Mapping[str, Any]], Message]) -> Message:
    if isinstance(value, Message):
        return value
    if isinstance(value, str):
        return Message(role=known(_text(role, "role")), content=value)
    if _is_short(value):  # among others; alone, two texts may as well be two messages
        return Message(role=known(value[0]), content=value[1])
    if not isinstance(value, Mapping):
        raise InvalidMessage(f"neither a Message, text nor an object: {type(value).__name__}")
    if value.get("raw") is None and "origin" not in value and isinstance(value.get("role"), str) and value["role"]:
        value = {**value, "role": known(value["role"])}  # what has an origin is our own form, kept as it is
    return read(value)
