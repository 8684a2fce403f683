"""Whose memory a running agent has: the user, the thread, and for a sub-agent an address space of its own (SPEC B)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeAlias

from langgraph.config import get_config

from tiermem.errors import InvalidSettings
from tiermem.settings import MAX_NAME_BYTES

Namespace: TypeAlias = str | tuple[str, str]
SessionOf: TypeAlias = str | Callable[[Any], str] | None
NamespaceOf: TypeAlias = Namespace | Callable[[Any], Namespace]


def session_of(given: SessionOf, runtime: Any) -> str:
    """The session of the agent that runs now: what the caller says, else the thread; "" where nothing names one.

    A sub-agent, which runs inside a node or a tool of another graph, gets a session beside its caller's. A callable
    decides for itself.

    Raises:
        InvalidSettings: the callable returned no name.
    """
    if callable(given):
        return _named(given(runtime), "session_id")
    own = given or _configured("thread_id")
    inside = _inside()
    return _beside(own, inside) if own and inside else own


def replayed() -> bool:
    """Whether the caller named the checkpoint to go on from; LangGraph says so in the metadata alone."""
    return bool(get_config().get("metadata", {}).get("checkpoint_id"))


def _beside(own: str, inside: str) -> str:
    """The name of a sub-agent's session; where it would be too long a digest stands for the graphs around it."""
    name = f"{own}|{inside}"
    if len(name.encode("utf-8", "surrogatepass")) <= MAX_NAME_BYTES:
        return name
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    cut = own.encode("utf-8", "surrogatepass")[: MAX_NAME_BYTES - len(digest) - 1].decode("utf-8", "ignore")
    return f"{cut}|{digest}"


def namespace_of(given: NamespaceOf, runtime: Any) -> Namespace:
    """The user, or (tenant, user), whose memory this is.

    Raises:
        InvalidSettings: the callable returned neither.
    """
    if not callable(given):
        return given
    found = given(runtime)
    return found if isinstance(found, tuple) else _named(found, "namespace")


def _named(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidSettings(f"{what}= returned {value!r}; it must return a non-empty string")
    return value


def _configured(name: str) -> str:
    value = get_config().get("configurable", {}).get(name)
    return "" if value is None else str(value)


def _inside() -> str:
    """The graphs around this one, as LangGraph names them; "" for an agent that nobody else runs."""
    own_node = _configured("checkpoint_ns")
    return own_node.rpartition("|")[0]
